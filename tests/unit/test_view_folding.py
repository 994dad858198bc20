"""What Kafka and the database tell, folded into one snapshot."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_model.records import Gap, Progress, Trade
from cryptostream_view.alert_book import AlertBook
from cryptostream_view.decoding import decode
from cryptostream_view.folded import FoldedStream
from cryptostream_view.market import TREND_PANES, Market
from cryptostream_view.rows import AlertRow, BatchRow, DatabasePoll, GapTotals, PaneRow, SymbolRow, WindowRow
from cryptostream_view.snapshot import Snapshot, SourceSnapshot, SymbolSnapshot
from cryptostream_view.tickers import Rate

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOW = 1_700_000_040 * SECOND
PANE = 10 * SECOND
UP = SourceSnapshot("Kafka", True), SourceSnapshot("database", True)


def trade(id_: int, price: str = "100.50", symbol: str = "BTCUSDT", sent: int = NOW, backfilled: bool = False) -> Trade:
    return Trade("binance", symbol, "aggTrade", id_, price, "1.0", "buy", 1, sent, sent, sent, backfilled)


def records(*values: Trade | Gap | Progress) -> list[tuple[bytes | None, bytes | None]]:
    return [(value.symbol.encode(), value.to_json()) for value in values]


def pane(start: int, close: str | None, volume: float = 1.0, closed: bool = True, symbol: str = "BTCUSDT") -> PaneRow:
    price = None if close is None else Decimal(close)
    traded = 0.0 if price is None else volume
    return PaneRow(symbol, start, start + PANE, price, price, traded, traded * float(price or 0), closed)


def base(through: int, **fields: Any) -> SymbolRow:
    whole = SymbolRow("BTCUSDT", PANE, through, through, None, None, 0.0, 0.0)
    return replace(whole, **fields)


def alert(**fields: Any) -> AlertRow:
    whole: dict[str, Any] = {
        "id": "a",
        "symbol": "BTCUSDT",
        "detector": "price_spike",
        "state": "open",
        "revision": 1,
        "severity": "info",
        "score": 7.5,
        "threshold": 7.0,
        "window_end": NOW + 20 * SECOND,
        "ended": None,
        "price": Decimal("100.5"),
        "backfilled": False,
        "direction": "up",
        "ratio": None,
        "updated_at": NOW,
    }
    return AlertRow(**{**whole, **fields})


def only_symbol(shown: Snapshot) -> SymbolSnapshot:
    (symbol,) = shown.symbols
    return symbol


def test_records_become_last_prices_and_trades_to_measure() -> None:
    arrivals = decode(
        records(
            trade(5, "99", backfilled=True),
            trade(6, "100", backfilled=True),
            trade(7, "101.25", sent=NOW + 1),
            trade(1, "0.00001234", symbol="PEPEUSDT"),
            Gap("binance", "BTCUSDT", "aggTrade", 8, 9, "unavailable", NOW),
            Progress("binance", "HALTUSDT", "aggTrade", NOW),
        )
    )
    bitcoin = arrivals.symbols["BTCUSDT"]
    assert (bitcoin.ids, bitcoin.sent) == ([7], [NOW + 1]), "history has no time of sending"
    assert (bitcoin.last_id, bitcoin.price) == (7, Decimal("101.25"))
    assert arrivals.symbols["PEPEUSDT"].price == Decimal("0.00001234")
    assert arrivals.symbols["HALTUSDT"].last_id is None
    assert arrivals.unreadable == 0


def test_of_history_only_the_last_trade_of_a_symbol_is_looked_at() -> None:
    arrivals = decode(records(*(trade(number, str(number + 1), backfilled=True) for number in range(1000))))
    assert arrivals.symbols["BTCUSDT"].price == Decimal(1000)
    assert arrivals.symbols["BTCUSDT"].ids == []


@given(st.integers(0, 2**53), st.booleans())
def test_the_order_of_fields_does_not_matter(id_: int, backfilled: bool) -> None:
    fields = orjson.loads(trade(id_, backfilled=backfilled).to_json())
    turned = orjson.dumps(dict(reversed(fields.items())))
    ((key, value),) = records(trade(id_, backfilled=backfilled))
    assert decode([(key, turned)]) == decode([(key, value)])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        None,
        b"{}",
        b"[1]",
        b"not json",
        trade(1).to_json().replace(b'"v":1', b'"v":2'),
        trade(1).to_json().replace(b'"id":1', b'"id":"1"'),
        trade(1).to_json().replace(b'"id":1', b'"id":99999999999999999999'),
        trade(1).to_json().replace(b'"100.50"', b'"NaN"'),
        trade(1).to_json().replace(b'"100.50"', b'"dear"'),
        trade(1).to_json().replace(b'"symbol":"BTCUSDT"', b'"symbol":[]'),
    ],
)
def test_a_record_that_cannot_be_read_is_counted_and_passed_over(value: bytes | None) -> None:
    arrivals = decode([(b"BTCUSDT", value), *records(trade(2, "101"))])
    assert arrivals.unreadable == 1
    assert arrivals.symbols["BTCUSDT"].price == Decimal(101)


@given(st.binary(max_size=60))
def test_no_bytes_at_all_stop_the_view(value: bytes) -> None:
    assert decode([(None, value)]).unreadable <= 1


def test_a_rate_is_a_mean_over_ten_seconds() -> None:
    rate = Rate()
    assert rate.per_second(100.0) == 0.0
    for second in range(100, 105):
        rate.add(30, second + 0.5)
    assert rate.per_second(105.0) == 30.0, "shorter, where there are fewer seconds"
    assert rate.per_second(112.0) == pytest.approx(9.0)
    assert rate.per_second(130.0) == 0.0


def test_figures_are_those_of_the_day_and_of_the_panes_since() -> None:
    market = Market()
    through = NOW - NOW % MINUTE
    market.take_symbols([base(through, first=through - 30 * MINUTE, open=Decimal(80), volume=10.0, quote_volume=900.0)])
    assert market.cursors() == {"BTCUSDT": through - TREND_PANES * PANE}
    market.take_panes(
        [
            pane(through - 2 * PANE, "90"),
            pane(through - PANE, None),
            pane(through, "100"),
            pane(through + PANE, "110", closed=False),
        ]
    )
    figures = market.figures("BTCUSDT")
    assert figures.open == 80
    assert figures.close == 110
    assert figures.vwap == pytest.approx((900 + 100 + 110) / 12), "panes before the day's end are in its sums"
    assert figures.quote_volume == pytest.approx(1110)
    assert figures.trend == (90, 90, 100, 110), "a pane without trades stays where the one before it was"
    assert figures.span == 30 * MINUTE + 2 * PANE
    assert market.cursors() == {"BTCUSDT": through + PANE}, "a pane is asked for again until it is closed"


def test_newer_sums_change_nothing_that_is_shown() -> None:
    market = Market()
    through = NOW - NOW % MINUTE
    market.take_symbols([base(through)])
    market.take_panes([pane(through + number * PANE, str(100 + number)) for number in range(12)])
    before = market.figures("BTCUSDT")
    later = through + MINUTE
    sums = sum(float(100 + number) for number in range(6))
    market.take_symbols(
        [base(later, closed_through=later, first=through, open=Decimal(100), volume=6.0, quote_volume=sums)]
    )
    assert market.figures("BTCUSDT") == before


def test_memory_is_bounded_by_the_trend_and_the_last_minutes() -> None:
    market = Market()
    for number in range(2000):
        start = NOW + number * PANE
        through = start - start % MINUTE
        market.take_symbols([base(through, closed_through=start)])
        market.take_panes([pane(start, "100")])
    assert len(market.figures("BTCUSDT").trend) == TREND_PANES
    assert market.cursors()["BTCUSDT"] == NOW + 2000 * PANE


def test_an_alert_is_shown_at_its_highest_revision_in_any_order() -> None:
    book = AlertBook()
    opened = alert()
    confirmed = alert(state="confirmed", revision=2, updated_at=NOW + 20 * SECOND)
    book.take([confirmed, opened])
    book.take([opened])
    (shown,) = book.newest_first(NOW + 30 * SECOND)
    assert (shown.state, shown.revision) == ("confirmed", 2)
    assert shown.age == 30.0, "since it opened, though its window ended later"
    assert shown.direction == "up"


def test_the_last_alert_to_open_comes_first_and_the_oldest_are_forgotten() -> None:
    book = AlertBook()
    book.take([alert(id=str(number), updated_at=NOW + number * SECOND, window_end=2 * NOW) for number in range(700)])
    shown = book.newest_first(NOW + 700 * SECOND)
    assert [row.id for row in shown[:2]] == ["699", "698"]
    assert len(shown) == 500


def folded_at(seconds: float, folded: FoldedStream) -> Snapshot:
    return folded.snapshot(NOW + int(seconds * SECOND), 1000.0 + seconds, *UP)


def test_a_symbol_is_live_then_quiet_then_stale() -> None:
    folded = FoldedStream("demo/majors", ["BTCUSDT"])
    assert only_symbol(folded_at(0, folded)).condition == "waiting"
    folded.take_arrivals(decode(records(trade(1))), 1000.0)
    assert only_symbol(folded_at(2, folded)).condition == "live"
    assert only_symbol(folded_at(2, folded)).age == 2.0
    folded.take_arrivals(decode(records(Progress("binance", "BTCUSDT", "aggTrade", NOW))), 1039.0)
    assert only_symbol(folded_at(40, folded)).condition == "quiet"
    assert only_symbol(folded_at(60, folded)).condition == "stale", "no progress record either"


def test_listed_symbols_come_first_and_others_follow() -> None:
    folded = FoldedStream("demo/majors", ["SOLUSDT", "BTCUSDT"])
    folded.take_arrivals(decode(records(trade(1, symbol="XRPUSDT"), trade(1, symbol="ADAUSDT"), trade(1))), 1000.0)
    assert [symbol.symbol for symbol in folded_at(0, folded).symbols] == ["SOLUSDT", "BTCUSDT", "ADAUSDT", "XRPUSDT"]


def test_everything_meets_in_the_snapshot() -> None:
    folded = FoldedStream("demo/majors", ["BTCUSDT"])
    folded.meter.mark_live(NOW)
    folded.take_arrivals(decode(records(trade(1, "100"), trade(2, "110"), trade(3, "120"))), 1000.0)
    through = NOW - NOW % MINUTE
    folded.take_poll(DatabasePoll(covered_before=({}, True), symbols=(base(through),)), 1000.1)
    folded.take_poll(
        DatabasePoll(
            batches=(BatchRow(NOW + SECOND // 2, {"BTCUSDT": 1}), BatchRow(NOW + SECOND, {"BTCUSDT": 2})),
            panes=(pane(through, "100", volume=2.0, closed=False),),
            windows=(WindowRow("BTCUSDT", NOW - 120 * SECOND, NOW, 0.0015),),
            alerts=(alert(),),
            gaps=GapTotals(2, 30),
        ),
        1000.5,
    )
    shown = folded_at(1.0, folded)
    symbol = only_symbol(shown)
    assert symbol.price == 120
    assert symbol.change == pytest.approx(0.2)
    assert symbol.vwap == 100
    assert symbol.vwap_deviation == pytest.approx(0.2)
    assert symbol.volatility == 0.0015
    assert shown.window == 120.0
    assert [row.id for row in shown.alerts] == ["a"]
    health = shown.health
    assert (health.gaps, health.missing_ids) == (2, 30)
    assert (health.last_minute.trades, health.last_minute.maximum) == (2, 1.0)
    assert health.behind_trades == 1
    assert health.batch_seconds == 0.5
    assert health.last_batch_age == 0.0
    assert health.trades_per_second == pytest.approx(3.0)


def test_without_a_look_at_the_database_the_lag_grows() -> None:
    folded = FoldedStream("demo/majors", ["BTCUSDT"])
    folded.take_poll(DatabasePoll(covered_before=({"BTCUSDT": 9}, True)), 1000.0)
    for second in range(8):
        folded.take_arrivals(decode(records(trade(10 + second, sent=NOW + second * SECOND))), 1000.0 + second)
    assert folded_at(1, folded).health.behind_trades == 0
    assert folded_at(7, folded).health.behind_trades == 8
    assert folded_at(7, folded).health.behind_seconds == 7.0
