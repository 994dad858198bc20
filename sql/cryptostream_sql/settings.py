"""Settings of every part that talks to the database."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from cryptostream_model.settings import Duration, PartSettings, parse_duration

DATABASE_URL = "CRYPTOSTREAM_DATABASE_URL"
_SHORTEST = timedelta(days=1)
_KEEPING = "at least 1d, such as 7d, or off to keep for ever"


def _parse_keeping(value: Any) -> Any:
    return None if value == "off" else parse_duration(value)


def _long_enough(value: timedelta | None) -> timedelta | None:
    if value is not None and value < _SHORTEST:
        raise ValueError("too short: chunks are dropped by the day")
    return value


Keeping = Annotated[timedelta | None, BeforeValidator(_parse_keeping), AfterValidator(_long_enough)]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows are kept, seen from now; None for ever."""

    panes: timedelta | None = timedelta(days=7)
    windows: timedelta | None = timedelta(days=7)
    rollups: timedelta | None = timedelta(days=90)
    alerts: timedelta | None = timedelta(days=90)


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
    panes_retention: Keeping = Field(timedelta(days=7), description=_KEEPING)
    windows_retention: Keeping = Field(timedelta(days=7), description=_KEEPING)
    rollups_retention: Keeping = Field(timedelta(days=90), description=_KEEPING)
    alerts_retention: Keeping = Field(timedelta(days=90), description=_KEEPING)

    @property
    def retention(self) -> Retention:
        return Retention(self.panes_retention, self.windows_retention, self.rollups_retention, self.alerts_retention)
