"""What the producer reads out of Binance's frames and answers, on real captures and by hand."""

from collections import Counter

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_producer.exchanges.base import (
    BadMessageError,
    ExchangeTrade,
    IgnoredFrame,
    InvalidRow,
    ShutdownNotice,
    SubscriptionReply,
)
from cryptostream_producer.exchanges.binance import BINANCE
from harness.captures import captured_frames

AGGREGATE = {
    "e": "aggTrade", "E": 1700000000000512, "s": "BTCUSDT", "a": 26129, "p": "0.01633102", "q": "4.70443515",
    "f": 27781, "l": 27783, "T": 1700000000000000, "m": True, "M": True,
}  # fmt: skip
TRADE = {
    "e": "trade", "E": 1700000000000512, "s": "BTCUSDT", "t": 12345, "p": "1.5", "q": "2", "T": 1700000000000000,
    "m": False, "M": True,
}  # fmt: skip


def combined(data: dict[str, object]) -> bytes:
    return orjson.dumps({"stream": "btcusdt@aggTrade", "data": data})


@pytest.mark.parametrize(
    ("name", "trades"),
    [
        ("BINANCE.ws.1.0", 2),
        ("BINANCE_US.ws.1.0", 11),
        ("BINANCE_FUTURES.ws.1.0", 91),
        ("BINANCE_DELIVERY.ws.1.0", 51),
        ("COINBASE.ws.28.0", 0),
    ],
)
def test_captured_frames_are_trades_or_ignored_and_never_raise(name: str, trades: int) -> None:
    kinds = Counter(type(BINANCE.parse_frame(frame, "aggTrade")) for frame in captured_frames(name))
    assert kinds[ExchangeTrade] == trades
    assert set(kinds) <= {ExchangeTrade, IgnoredFrame}


def test_captured_aggregates_are_contiguous_and_their_fills_add_up() -> None:
    frames = [BINANCE.parse_frame(frame, "aggTrade") for frame in captured_frames("BINANCE_FUTURES.ws.1.0")]
    by_symbol: dict[str, list[ExchangeTrade]] = {}
    for trade in frames:
        if isinstance(trade, ExchangeTrade):
            by_symbol.setdefault(trade.symbol, []).append(trade)
    assert len(by_symbol) == 4
    for trades in by_symbol.values():
        assert [trade.id for trade in trades] == list(range(trades[0].id, trades[0].id + len(trades)))
        assert all(trade.fills >= 1 and trade.time <= trade.event_time for trade in trades)


def test_a_captured_aggregate_is_read_in_full() -> None:
    [first, _] = [
        trade
        for frame in captured_frames("BINANCE.ws.1.0")
        if isinstance(trade := BINANCE.parse_frame(frame, "aggTrade"), ExchangeTrade)
    ]
    assert first.symbol == "NKNUSDT"
    assert (first.id, first.price, first.quantity) == (15683430, "0.35280000", "58.00000000")
    assert first.event_time == 1633998523963000, "milliseconds become microseconds"


def test_a_message_of_another_protocol_is_bad_and_not_an_exception_of_another_kind() -> None:
    frames = captured_frames("KRAKEN.ws.48.0")
    outcomes = Counter[str]()
    for frame in frames:
        try:
            outcomes[type(BINANCE.parse_frame(frame, "aggTrade")).__name__] += 1
        except BadMessageError as error:
            outcomes[error.reason] += 1
    assert outcomes["not a JSON object"] > 0
    assert outcomes["ExchangeTrade"] == 0


def test_an_aggregate_has_its_own_id_its_fills_and_the_taker_side() -> None:
    assert BINANCE.parse_frame(combined(AGGREGATE), "aggTrade") == ExchangeTrade(
        "BTCUSDT", 26129, "0.01633102", "4.70443515", "sell", 3, 1700000000000000, 1700000000000512
    )


def test_a_trade_has_the_trade_id_and_one_fill() -> None:
    assert BINANCE.parse_frame(orjson.dumps(TRADE), "trade") == ExchangeTrade(
        "BTCUSDT", 12345, "1.5", "2", "buy", 1, 1700000000000000, 1700000000000512
    )


def test_old_order_ids_are_not_confused_with_the_aggregate_id() -> None:
    trade = BINANCE.parse_frame(orjson.dumps({**TRADE, "b": 88, "a": 50}), "trade")
    assert isinstance(trade, ExchangeTrade)
    assert trade.id == 12345


def test_frames_of_other_kinds_are_told_apart() -> None:
    assert BINANCE.parse_frame(b'{"result":null,"id":1}', "aggTrade") == SubscriptionReply(1, None)
    refused = BINANCE.parse_frame(b'{"code":2,"msg":"Invalid request","id":3}', "aggTrade")
    assert refused == SubscriptionReply(3, "2: Invalid request")
    nested = BINANCE.parse_frame(b'{"error":{"code":1,"msg":"no"},"id":4}', "aggTrade")
    assert nested == SubscriptionReply(4, "1: no")
    assert BINANCE.parse_frame(b'{"e":"serverShutdown","E":1}', "aggTrade") == ShutdownNotice()
    notice = {"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": 1}}
    assert BINANCE.parse_frame(orjson.dumps(notice), "aggTrade") == ShutdownNotice()
    assert BINANCE.parse_frame(combined({**TRADE, "e": "blockTrade"}), "trade") == IgnoredFrame("blockTrade")
    assert BINANCE.parse_frame(combined(TRADE), "aggTrade") == IgnoredFrame("trade")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("p", "0"), ("p", "0.000"), ("p", "-1"), ("p", "1e5"), ("p", "NaN"), ("p", 1.5), ("p", None), ("p", ""),
        ("p", "1" * 21), ("q", "0.1234567890123456789"), ("q", "Infinity"), ("a", -1), ("a", "26129"), ("a", None),
        ("a", True), ("a", 2**63), ("T", 0), ("T", 1230767999999), ("T", "now"), ("E", None), ("m", "true"),
        ("m", None), ("f", 27790), ("l", None), ("s", 7),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_true_makes_the_message_bad(field: str, value: object) -> None:
    with pytest.raises(BadMessageError):
        BINANCE.parse_frame(combined({**AGGREGATE, field: value}), "aggTrade")


def test_a_bad_message_still_names_its_symbol_and_id() -> None:
    with pytest.raises(BadMessageError) as caught:
        BINANCE.parse_frame(combined({**AGGREGATE, "p": "free"}), "aggTrade")
    assert (caught.value.symbol, caught.value.trade_id) == ("BTCUSDT", 26129)


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5) | st.sampled_from(["aggTrade"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["e", "data", "stream", "id", "result", "code", "s", "a", "p", "T"]), inner),
    max_leaves=8,
).map(orjson.dumps))  # fmt: skip
def test_any_bytes_are_read_or_called_bad(frame: bytes) -> None:
    for feed in BINANCE.feeds:
        try:
            BINANCE.parse_frame(frame, feed)
        except BadMessageError as error:
            assert error.reason
        try:
            BINANCE.parse_page("BTCUSDT", feed, frame)
        except BadMessageError as error:
            assert error.reason


def test_rest_rows_of_both_feeds_become_the_same_trade() -> None:
    aggregates = b'[{"a":5,"p":"1.0","q":"2.0","f":8,"l":9,"T":1700000000000000,"m":false,"M":true}]'
    trades = b'[{"id":5,"price":"1.0","qty":"2.0","quoteQty":"2","time":1700000000000000,"isBuyerMaker":false}]'
    at = 1700000000000000
    assert BINANCE.parse_page("BTCUSDT", "aggTrade", aggregates) == [
        ExchangeTrade("BTCUSDT", 5, "1.0", "2.0", "buy", 2, at, at)
    ]
    assert BINANCE.parse_page("BTCUSDT", "trade", trades) == [
        ExchangeTrade("BTCUSDT", 5, "1.0", "2.0", "buy", 1, at, at)
    ]


def test_a_malformed_row_keeps_its_id_where_it_has_one() -> None:
    rows = BINANCE.parse_page("BTCUSDT", "aggTrade", b'[{"a":5,"p":"free"},{"p":"1"},7]')
    assert [row.id for row in rows if isinstance(row, InvalidRow)] == [5, None, None]


def test_requests_cost_what_the_exchange_says() -> None:
    assert BINANCE.page_from("BTCUSDT", "aggTrade", 7).weight == 4
    assert BINANCE.page_from("BTCUSDT", "trade", 7).path == "/api/v3/historicalTrades"
    assert BINANCE.page_from("BTCUSDT", "trade", 7).weight == 25
    assert BINANCE.default_rest_url("trade") != BINANCE.default_rest_url("aggTrade"), "one host lacks historicalTrades"


def test_many_symbols_are_subscribed_in_messages_of_bounded_size() -> None:
    messages = BINANCE.subscribe_messages([f"S{number}USDT" for number in range(250)], "aggTrade")
    assert [number for number, _ in messages] == [1, 2, 3]
    parameters = [orjson.loads(text)["params"] for _, text in messages]
    assert [len(streams) for streams in parameters] == [100, 100, 50]
    assert parameters[0][0] == "s0usdt@aggTrade"
