"""Settings of every part that talks to the database."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr

from cryptostream_model.settings import Duration, PartSettings

DATABASE_URL = "CRYPTOSTREAM_DATABASE_URL"


class DatabaseSettings(PartSettings):
    """Where the database is, how long to wait for it and how long it keeps what."""

    database_url: SecretStr = Field(
        SecretStr("postgresql://localhost:5432/cryptostream"),
        min_length=1,
        description="libpq URL, postgresql://user:password@host:port/database",
    )
    database_patience: Duration = Field(
        timedelta(minutes=1), ge=timedelta(0), description="how long to wait for the database to come up, such as 1m"
    )
    database_flavour: Literal["auto", "plain", "timescale"] = Field(
        "auto", description="auto (timescale where the extension can be had), plain or timescale"
    )
    panes_retention: Duration = Field(timedelta(days=7), ge=timedelta(hours=1), description="at least 1h, such as 7d")
    windows_retention: Duration = Field(timedelta(days=7), ge=timedelta(hours=1), description="at least 1h, such as 7d")
    rollups_retention: Duration = Field(
        timedelta(days=90), ge=timedelta(days=1), description="at least 1d, such as 90d"
    )
    alerts_retention: Duration = Field(timedelta(days=90), ge=timedelta(days=1), description="at least 1d, such as 90d")
