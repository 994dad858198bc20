"""The identity of alerts and their JSON form on the alerts topic."""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal

from cryptostream_job.alerts import alert_id, alert_to_json
from cryptostream_job.state import SymbolState, open_alerts
from cryptostream_model.streams import StreamName
from harness.market_windows import end_of, folded, market_window, ordinary_windows

STREAM = StreamName("default", "local")


def test_the_id_is_the_hash_of_the_contract() -> None:
    text = b"default/local|BTCUSDT|price_spike|1|1700000040000000"
    assert alert_id(STREAM, "BTCUSDT", "price_spike", 1, 1_700_000_040_000_000) == hashlib.sha256(text).hexdigest()[:32]


def test_another_version_symbol_window_or_stream_is_another_alert() -> None:
    ids = {
        alert_id(stream, symbol, "price_spike", version, end)
        for stream in ("default/local", "default/other")
        for symbol in ("BTCUSDT", "ETHUSDT")
        for version in (1, 2)
        for end in (0, 1)
    }
    assert len(ids) == 16


def test_an_alert_is_written_with_exact_prices_and_microseconds() -> None:
    _, (alert,) = folded([*ordinary_windows(30), market_window(30, log_return=0.02)])
    record = json.loads(alert_to_json(replace(alert, price=Decimal("1E-8")), 3, STREAM))
    assert record == {
        "v": 1,
        "type": "alert",
        "id": alert_id(STREAM, "BTCUSDT", "price_spike", 1, end_of(30)),
        "revision": 3,
        "stream": "default/local",
        "exchange": "binance",
        "symbol": "BTCUSDT",
        "detector": "price_spike",
        "version": 1,
        "state": "confirmed",
        "severity": alert.severity,
        "score": alert.score,
        "threshold": 7.0,
        "windowStart": end_of(26),
        "windowEnd": end_of(30),
        "lastWindowEnd": end_of(30),
        "ended": None,
        "price": "0.00000001",
        "backfilled": False,
        "details": alert.details,
    }


def test_an_alert_without_a_price_says_so() -> None:
    _, (alert,) = folded([*ordinary_windows(30), market_window(30, log_return=0.02)])
    assert json.loads(alert_to_json(replace(alert, price=None), 1, STREAM))["price"] is None


def test_an_alert_counts_as_open_while_its_episode_lasts() -> None:
    _, (alert,) = folded([*ordinary_windows(30), market_window(30, log_return=0.02)])
    forms = {
        "lasting": replace(alert, state="confirmed", ended=None),
        "provisional": replace(alert, state="open", ended=None),
        "over": replace(alert, state="confirmed", ended=end_of(40)),
        "withdrawn": replace(alert, state="withdrawn", ended=None),
    }
    symbol = SymbolState(
        symbol="BTCUSDT",
        exchange="binance",
        partition=0,
        origin=0,
        clock=0,
        last_id=None,
        panes_closed_through=0,
        windows_closed_through=0,
        alerts={name: (form, 1) for name, form in forms.items()},
    )
    assert open_alerts({"BTCUSDT": symbol, "ETHUSDT": replace(symbol, symbol="ETHUSDT", alerts={})}) == 2
