"""What the producer reads out of Coinbase's frames and answers, on real captures and by hand."""

from collections import Counter, defaultdict

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_producer.exchanges.base import (
    BadMessageError,
    ExchangeTrade,
    Heartbeat,
    IgnoredFrame,
    InvalidRow,
    Limits,
    SubscriptionReply,
)
from cryptostream_producer.exchanges.coinbase import COINBASE
from harness.captures import BINANCE_CAPTURES, captured_frames

MATCH = {
    "type": "match", "trade_id": 10, "sequence": 50, "maker_order_id": "ac928c66-ca53-498f-9c13-a110027a60e8",
    "taker_order_id": "132fb6ae-456b-4654-b4e0-d681ac05cea1", "time": "2014-11-07T08:19:27.028459Z",
    "product_id": "BTC-USD", "size": "5.23512", "price": "400.23", "side": "sell",
}  # fmt: skip
AT = 1415348367028459
ROW = {"time": "2014-11-07T22:19:28.578544Z", "trade_id": 74, "price": "10.00000000", "size": "0.01", "side": "buy"}


def frame(**changes: object) -> bytes:
    return orjson.dumps({**MATCH, **changes})


def captured_trades() -> list[ExchangeTrade]:
    frames = [COINBASE.parse_frame(frame, "matches") for frame in captured_frames("COINBASE.ws.28.0")]
    return [trade for trade in frames if isinstance(trade, ExchangeTrade)]


def test_every_captured_frame_is_a_trade_a_reply_or_ignored() -> None:
    frames = [COINBASE.parse_frame(frame, "matches") for frame in captured_frames("COINBASE.ws.28.0")]
    kinds = Counter(each.kind if isinstance(each, IgnoredFrame) else type(each).__name__ for each in frames)
    assert kinds == {
        "ExchangeTrade": 107,
        "SubscriptionReply": 1,
        "subscriptions": 2,
        "l2update": 9719,
        "ticker": 107,
        "snapshot": 10,
    }


def test_captured_ids_are_contiguous_per_product_from_the_snapshot_on() -> None:
    by_product: dict[str, list[int]] = defaultdict(list)
    for trade in captured_trades():
        by_product[trade.symbol].append(trade.id)
    assert len(by_product) == 10
    for ids in by_product.values():
        assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_a_captured_match_is_read_in_full_with_the_takers_side() -> None:
    [trade] = [trade for trade in captured_trades() if (trade.symbol, trade.id) == ("SKL-BTC", 280232)]
    at = 1618677817089723
    assert trade == ExchangeTrade("SKL-BTC", 280232, "0.00001305", "985", "buy", 1, at, at), "the maker sold"


def test_captured_prices_rise_on_taker_buys_more_often_than_they_fall() -> None:
    """The documentation says: a maker who sells makes an up-tick."""
    moves: Counter[tuple[str, bool]] = Counter()
    last: dict[str, float] = {}
    for trade in captured_trades():
        before = last.get(trade.symbol)
        last[trade.symbol] = price = float(trade.price)
        if before is not None and price != before:
            moves[trade.side, price > before] += 1
    assert moves["buy", True] > moves["buy", False]
    assert moves["sell", False] > moves["sell", True]


@pytest.mark.parametrize("name", BINANCE_CAPTURES)
def test_frames_of_another_exchange_are_ignored(name: str) -> None:
    assert {type(COINBASE.parse_frame(frame, "matches")) for frame in captured_frames(name)} == {IgnoredFrame}


def test_a_protocol_of_arrays_is_bad_and_not_an_exception_of_another_kind() -> None:
    outcomes = Counter[str]()
    for each in captured_frames("KRAKEN.ws.48.0"):
        try:
            outcomes[type(COINBASE.parse_frame(each, "matches")).__name__] += 1
        except BadMessageError as error:
            outcomes[error.reason] += 1
    assert set(outcomes) == {"not a JSON object", "IgnoredFrame"}


@pytest.mark.parametrize(("maker", "taker"), [("sell", "buy"), ("buy", "sell")])
@pytest.mark.parametrize("kind", ["match", "last_match"])
def test_the_side_is_the_makers_and_is_turned_round(kind: str, maker: str, taker: str) -> None:
    trade = COINBASE.parse_frame(frame(type=kind, side=maker), "matches")
    assert trade == ExchangeTrade("BTC-USD", 10, "400.23", "5.23512", taker, 1, AT, AT)  # type: ignore[arg-type]
    [row] = COINBASE.parse_page("BTC-USD", "matches", orjson.dumps([{**ROW, "side": maker}]))
    assert isinstance(row, ExchangeTrade)
    assert row.side == taker


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2014-11-07T08:19:27.028459Z", AT),
        ("2014-11-07T08:19:27.028Z", AT - 459),
        ("2014-11-07T08:19:27Z", AT - 28459),
        ("2014-11-07T09:19:27.028459+01:00", AT),
        ("2014-11-07T08:19:27.028459999Z", AT),
        ("2261-12-31T23:59:59.999999Z", 9214646399999999),
    ],
)
def tecalendar_texts_are_exact_to_the_microsecond(text: str, microseconds: int) -> None:
    trade = COINBASE.parse_frame(frame(time=text), "matches")
    assert isinstance(trade, ExchangeTrade)
    assert trade.time == trade.event_time == microseconds


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", "0"), ("price", "-1"), ("price", "1e5"), ("price", "NaN"), ("price", 1.5), ("price", "\u0661"),
        ("size", None), ("size", ""), ("trade_id", -1), ("trade_id", "10"), ("trade_id", None), ("trade_id", True),
        ("time", None), ("time", 1415348367), ("time", "2014-11-07"), ("time", "2014-13-07T08:19:27Z"),
        ("time", "2014-11-07T08:19:60Z"), ("time", "2008-11-07T08:19:27Z"), ("time", "0001-01-01T00:00:00+23:00"),
        ("side", "SELL"), ("side", None), ("side", ["sell"]), ("product_id", 7),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_true_makes_the_message_bad(field: str, value: object) -> None:
    with pytest.raises(BadMessageError):
        COINBASE.parse_frame(frame(**{field: value}), "matches")


def test_a_bad_message_still_names_its_product_and_id() -> None:
    with pytest.raises(BadMessageError) as caught:
        COINBASE.parse_frame(frame(price="free"), "matches")
    assert (caught.value.symbol, caught.value.trade_id) == ("BTC-USD", 10)


def test_a_heartbeat_tells_the_exchanges_time_and_the_last_trade_unless_it_is_stuck_at_zero() -> None:
    beat = {"type": "heartbeat", "sequence": 90, "last_trade_id": 20, "product_id": "BTC-USD", "time": MATCH["time"]}
    assert COINBASE.parse_frame(orjson.dumps(beat), "matches") == Heartbeat("BTC-USD", AT, 20)
    assert COINBASE.parse_frame(orjson.dumps({**beat, "last_trade_id": 0}), "matches") == Heartbeat("BTC-USD", AT, None)
    for damage in ({"time": None}, {"product_id": None}, {"last_trade_id": -3}, {"last_trade_id": "20"}):
        unreadable = COINBASE.parse_frame(orjson.dumps({**beat, **damage}), "matches")
        assert unreadable == IgnoredFrame("unreadable-heartbeat"), "it carries no trade: nothing is in doubt"


def test_one_message_subscribes_all_and_the_reply_that_names_the_channel_answers_it() -> None:
    products = [f"A{number}-USD" for number in range(300)]
    [(number, text)] = COINBASE.subscribe_messages(products, "matches")
    assert orjson.loads(text) == {"type": "subscribe", "product_ids": products, "channels": ["matches", "heartbeat"]}
    reply = {"type": "subscriptions", "channels": [{"name": "matches", "product_ids": products}]}
    assert COINBASE.parse_frame(orjson.dumps(reply), "matches") == SubscriptionReply(number, None)
    assert COINBASE.parse_frame(b'{"type":"subscriptions","channels":[]}', "matches") == IgnoredFrame("subscriptions")


def test_an_error_is_a_refusal_with_its_reason() -> None:
    error = {"type": "error", "message": "Failed to subscribe", "reason": "GIBBERISH-USD is not a valid product"}
    assert COINBASE.parse_frame(orjson.dumps(error), "matches") == SubscriptionReply(
        None, "Failed to subscribe: GIBBERISH-USD is not a valid product"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5)
    | st.sampled_from(["match", "last_match", "heartbeat", "subscriptions", "error", "buy", "1.5", MATCH["time"]]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([*MATCH, "channels", "name", "message", "last_trade_id", "id", "status", "iso"]), inner
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.binary(max_size=200) | JSON.map(orjson.dumps))
def test_any_bytes_are_read_or_called_bad(body: bytes) -> None:
    readings = (
        lambda: COINBASE.parse_frame(body, "matches"),
        lambda: COINBASE.parse_page("BTC-USD", "matches", body),
        lambda: COINBASE.parse_latest_id("matches", body),
        lambda: COINBASE.parse_server_time(body),
        lambda: COINBASE.parse_symbol_list(body),
    )
    for read in readings:
        try:
            read()
        except BadMessageError as error:
            assert error.reason


@given(
    st.integers(0, 2**63 - 1), st.decimals("0.00000001", "99999999", places=8), st.integers(AT, 4 * 10**15),
    st.sampled_from([("buy", "sell"), ("sell", "buy")]),
)  # fmt: skip
def test_a_written_match_is_read_back(number: int, amount: object, time: int, sides: tuple[str, str]) -> None:
    seconds, fraction = divmod(time, 1_000_000)
    text = f"{calendar_text(seconds)}.{fraction:06d}Z"
    maker, taker = sides
    written = frame(trade_id=number, price=f"{amount:f}", size=f"{amount:f}", time=text, side=maker)
    expected = ExchangeTrade("BTC-USD", number, f"{amount:f}", f"{amount:f}", taker, 1, time, time)  # type: ignore[arg-type]
    assert COINBASE.parse_frame(written, "matches") == expected


def calendar_text(seconds: int) -> str:
    """Whole seconds since the epoch as the exchange writes them, by the calendar of another library."""
    return str(np.datetime64(seconds, "s"))


def test_a_page_is_read_oldest_first_and_a_malformed_row_keeps_its_id() -> None:
    body = orjson.dumps([{**ROW, "trade_id": 9}, {**ROW, "trade_id": 8, "price": "free"}, {"price": "1"}, 7])
    rows = COINBASE.parse_page("BTC-USD", "matches", body)
    assert [row.id for row in rows] == [None, None, 8, 9]
    assert [type(row) for row in rows] == [InvalidRow, InvalidRow, InvalidRow, ExchangeTrade]


def test_a_page_is_asked_from_its_newer_end() -> None:
    request = COINBASE.page_from("BTC-USD", "matches", 501)
    assert request.path == "/products/BTC-USD/trades"
    assert request.parameters == {"after": 1501, "limit": 1000}, "ids 501 to 1500"


def test_products_are_told_with_their_status() -> None:
    products = [
        {"id": "BTC-USD", "status": "online", "trading_disabled": False},
        {"id": "OLD-USD", "status": "delisted", "trading_disabled": False},
        {"id": "ICE-USD", "status": "online", "trading_disabled": True},
    ]
    assert COINBASE.parse_symbol_list(orjson.dumps(products)) == {
        "BTC-USD": COINBASE.trading_status,
        "OLD-USD": "delisted",
        "ICE-USD": "trading disabled",
    }
    assert COINBASE.parse_symbol_list(orjson.dumps(products[1])) == {"OLD-USD": "delisted"}
    assert COINBASE.symbol_list(["BTC-USD"]).path == "/products/BTC-USD"
    assert COINBASE.symbol_list(["BTC-USD", "ETH-USD"]).path == "/products"
    assert COINBASE.is_unknown_symbol(404, b'{"message":"NotFound"}')


def test_the_server_time_is_read_from_its_exact_form() -> None:
    body = b'{"iso":"2015-01-07T23:47:25.201Z","epoch":1420674445.2010002}'
    assert COINBASE.parse_server_time(body) == 1420674445201000


def test_limits_are_the_published_ones() -> None:
    limits: Limits = COINBASE.limits
    assert limits.rest_weight_per_minute * limits.rest_window / 60 == 10, "requests a second and IP address"
    assert limits.page == 1000
