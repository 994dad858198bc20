"""The simulator's settings come from its variables, and errors name variable, value and what is allowed."""

from datetime import UTC, datetime, timedelta

import pytest

from cryptostream_model.settings import SettingsError
from cryptostream_simulator.settings import SimulatorSettings


def test_variables_set_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_SIMULATOR_SYMBOLS", "BTCUSDT:50,HALTUSDT:halted")
    monkeypatch.setenv("CRYPTOSTREAM_SIMULATOR_EVENTS", "BTCUSDT:halt@5s,BTCUSDT:price_spike@60s:9")
    monkeypatch.setenv("CRYPTOSTREAM_SIMULATOR_HISTORY", "90s")
    monkeypatch.setenv("CRYPTOSTREAM_SIMULATOR_ORIGIN", "2025-01-01T00:00:00")
    settings = SimulatorSettings.load(speed=20)
    assert [spec.name for spec in settings.symbols] == ["BTCUSDT", "HALTUSDT"]
    assert [event.type for event in settings.events] == ["halt", "price_spike"]
    assert settings.history == timedelta(seconds=90)
    assert settings.origin == datetime(2025, 1, 1, tzinfo=UTC)
    assert settings.speed == 20


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SYMBOLS", "btc", "upper-case"),
        ("SPEED", "0", "greater than 0"),
        ("HISTORY", "1500ms", "whole seconds"),
        ("HISTORY", "long", "number and a unit"),
        ("EVENTS", "BTCUSDT:moon@5s", "price_spike"),
        ("EVENTS", "NOUSDT:halt@5s", "not traded: NOUSDT"),
        ("PORT", "70000", "65535"),
    ],
)
def test_a_wrong_variable_is_named_with_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"CRYPTOSTREAM_SIMULATOR_{name}", value)
    with pytest.raises(SettingsError) as failure:
        SimulatorSettings.load()
    message = str(failure.value)
    assert message.startswith(f"CRYPTOSTREAM_SIMULATOR_{name} = ")
    assert value in message
    assert reason in message


def test_events_and_a_recording_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match="leave out either"):
        SimulatorSettings.load(tape="recording.csv", events="BTCUSDT:halt@5s")
