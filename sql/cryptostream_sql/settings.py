"""Settings of every part that talks to the database."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from cryptostream_model.settings import ENV_PREFIX, Duration, PartSettings, SettingsError, parse_duration

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


class ReachSettings(PartSettings):
    """Where the database is and how long to wait for it."""

    database_url: SecretStr = Field(
        SecretStr("postgresql://localhost:5432/cryptostream"),
        min_length=1,
        description="libpq URL, postgresql://user:password@host:port/database",
    )
    database_patience: Duration = Field(
        timedelta(minutes=1), ge=timedelta(0), description="how long to wait for the database to come up, such as 1m"
    )


class DatabaseSettings(ReachSettings):
    """Where the database is, how long to wait for it and how long it keeps what."""

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


@dataclass(frozen=True, slots=True)
class Login:
    """A login to be made, and the variable that names it."""

    name: str
    password: SecretStr
    variable: str


# PostgreSQL cuts longer names off.
LoginName = Annotated[str, Field(min_length=1, max_length=63)]


class LoginSettings(ReachSettings):
    """The logins of the job and of dashboards, whose passwords somebody else made up."""

    writer_login: LoginName = Field("cryptostream_job", description="login of the job")
    writer_password: SecretStr | None = Field(None, description="its password; without one the login is left alone")
    reader_login: LoginName = Field("cryptostream_grafana", description="login of dashboards")
    reader_password: SecretStr | None = Field(None, description="its password; without one the login is left alone")

    def logins(self) -> dict[str, Login]:
        """The logins that have a password, by group role. Raises SettingsError for none, or for one name twice."""
        given = {
            "cryptostream_writer": ("WRITER", self.writer_login, self.writer_password),
            "cryptostream_reader": ("READER", self.reader_login, self.reader_password),
        }
        found = {
            role: Login(name, password, f"{ENV_PREFIX}{part}_LOGIN")
            for role, (part, name, password) in given.items()
            if password is not None and password.get_secret_value()
        }
        if not found:
            raise SettingsError(f"{ENV_PREFIX}WRITER_PASSWORD, {ENV_PREFIX}READER_PASSWORD: give at least one of them")
        if len({login.name for login in found.values()}) < len(found):
            raise SettingsError(
                f"{ENV_PREFIX}READER_LOGIN = {self.reader_login!r}: the reader needs another login than the writer"
            )
        return found
