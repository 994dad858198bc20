"""The simulated exchange: off by default, and told what its market is."""

from typing import Any

import pytest

from cryptostream_simulator.settings import ENV_PREFIX, SimulatorSettings
from harness.helm_chart import refusal, render

NAME = "cryptostream-simulator"


def market(monkeypatch: pytest.MonkeyPatch, **simulator: Any) -> SimulatorSettings:
    """What the simulator makes of the values."""
    data = render({"simulator": {"enabled": True, **simulator}}).one("ConfigMap", NAME)["data"]
    assert all(name.startswith(ENV_PREFIX) for name in data)
    for name, value in data.items():
        monkeypatch.setenv(name, value)
    return SimulatorSettings.load()


def test_it_is_off_by_default() -> None:
    rendered = render()
    assert NAME not in rendered.names("Deployment") | rendered.names("Service") | rendered.names("ConfigMap")


def test_it_serves_everybody_and_goes_on_after_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    found = market(monkeypatch)
    assert (found.host, found.port) == ("0.0.0.0", 9443)
    assert found.resume
    assert found.origin is not None
    assert [spec.name for spec in found.symbols] == ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"]


def test_the_market_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    found = market(
        monkeypatch,
        exchange="coinbase",
        symbols=["BTC-USD:5", "ETH-USD"],
        events=["BTC-USD:halt@5m", "ETH-USD:price_spike@1m:10"],
        eventsPerHour=0.5,
        speed=2.5,
        seed=9,
        origin="2026-01-01T00:00:00Z",
    )
    assert (found.exchange, found.seed, found.speed, found.events_per_hour) == ("coinbase", 9, 2.5, 0.5)
    assert len(found.events) == 2
    assert str(found.origin) == "2026-01-01 00:00:00+00:00"


def test_its_service_leads_to_the_port_that_it_serves() -> None:
    rendered = render({"simulator": {"enabled": True}})
    pod = rendered.one("Deployment", NAME)["spec"]["template"]["spec"]
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}
    assert ports == {"exchange": 9443}
    assert [(port["port"], port["targetPort"]) for port in rendered.one("Service", NAME)["spec"]["ports"]] == [
        (9443, "exchange")
    ]


def test_a_changed_market_starts_it_again() -> None:
    def checksum(**simulator: Any) -> str:
        deployment = render({"simulator": {"enabled": True, **simulator}}).one("Deployment", NAME)
        return str(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/market"])

    assert checksum() == checksum()
    assert checksum(seed=2) != checksum()


def test_an_origin_that_is_no_time_is_refused() -> None:
    assert "/simulator/origin" in refusal({"simulator": {"enabled": True, "origin": "yesterday"}})
