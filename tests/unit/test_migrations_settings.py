"""Settings of the database: what is allowed, and what never reaches a log."""

from datetime import timedelta

import pytest

from cryptostream_model.settings import SettingsError
from cryptostream_sql.connection import without_password
from cryptostream_sql.settings import DatabaseSettings, Retention


def test_panes_and_windows_are_kept_a_week_and_the_rest_for_ninety_days(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PANES", "WINDOWS", "ROLLUPS", "ALERTS"):
        monkeypatch.delenv(f"CRYPTOSTREAM_{name}_RETENTION", raising=False)
    week, quarter = timedelta(days=7), timedelta(days=90)
    assert DatabaseSettings.load().retention == Retention(week, week, quarter, quarter)


def test_retention_can_be_set_and_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_PANES_RETENTION", "36h")
    monkeypatch.setenv("CRYPTOSTREAM_ALERTS_RETENTION", "off")
    retention = DatabaseSettings.load().retention
    assert (retention.panes, retention.alerts) == (timedelta(hours=36), None)


@pytest.mark.parametrize("value", ["1h", "never", "0d", "-3d"])
def test_a_retention_that_cannot_be_is_refused_with_its_name_its_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_WINDOWS_RETENTION", value)
    with pytest.raises(SettingsError, match=rf"CRYPTOSTREAM_WINDOWS_RETENTION = '{value}'.*at least 1d.*or off"):
        DatabaseSettings.load()


def test_an_unknown_flavour_is_refused_with_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_DATABASE_FLAVOUR", "mysql")
    with pytest.raises(SettingsError, match=r"CRYPTOSTREAM_DATABASE_FLAVOUR = 'mysql'.*auto.*plain.*timescale"):
        DatabaseSettings.load()


def test_settings_do_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_DATABASE_URL", "postgresql://writer:hunter2@db/crypto")
    assert "hunter2" not in repr(DatabaseSettings.load())


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://writer:hunter2@db:5433/crypto",
        "host=db port=5433 user=writer password=hunter2 dbname=crypto",
        "postgresql://db:5433/crypto?user=writer&password=hunter2",
    ],
)
def test_a_connection_string_is_shown_without_its_password(dsn: str) -> None:
    shown = without_password(dsn)
    assert "hunter2" not in shown
    assert {"user=writer", "dbname=crypto", "host=db", "port=5433"} == set(shown.split())


def test_a_connection_string_that_cannot_be_read_is_not_shown_at_all() -> None:
    assert "hunter2" not in without_password("postgresql://writer:hunter2@db:port/crypto")
    assert "hunter2" not in without_password("writer:hunter2")
