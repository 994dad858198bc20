"""A simulator that starts again goes on with the same market, at the time that it would have."""

from datetime import UTC, datetime, timedelta

from cryptostream_simulator.clock import host_microseconds
from cryptostream_simulator.market import Market, open_market
from cryptostream_simulator.settings import SimulatorSettings

ORIGIN = datetime.now(UTC) - timedelta(minutes=10)
MINUTE = 60_000_000


def market(**settings: object) -> Market:
    return open_market(SimulatorSettings.load(symbols="BTCUSDT:20", history="1m", origin=ORIGIN, **settings))


def test_it_goes_on_at_the_hosts_time() -> None:
    before = host_microseconds()
    now = market(resume=True).clock.now()
    assert before <= now <= host_microseconds() + MINUTE


def test_it_goes_on_at_its_own_speed() -> None:
    origin = int(ORIGIN.timestamp() * 1_000_000)
    before = host_microseconds()
    passed = market(resume=True, speed=2.0).clock.now() - origin
    assert 2 * (before - origin) <= passed <= 2 * (host_microseconds() - origin) + MINUTE


def test_the_ids_go_on_where_they_were() -> None:
    first, again = market(resume=True), market(resume=True)
    now = again.clock.now()
    last = again.last_id("BTCUSDT", now)
    assert last is not None and last > 5_000
    assert last == first.last_id("BTCUSDT", now)
    rows = [list(each.rows("BTCUSDT", "aggTrade", last - 20, last)) for each in (first, again)]
    assert rows[0] == rows[1]


def test_without_it_every_start_is_at_the_origin() -> None:
    assert market().clock.now() < host_microseconds() - 9 * MINUTE


def test_an_origin_to_come_is_where_it_starts() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    assert (
        open_market(SimulatorSettings.load(origin=later, resume=True)).clock.now() > host_microseconds() + 50 * MINUTE
    )
