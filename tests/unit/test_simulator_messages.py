"""What the simulator writes has the exchange's exact form."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_producer.exchanges.base import ExchangeTrade, Heartbeat
from cryptostream_producer.exchanges.coinbase import COINBASE
from cryptostream_simulator.decimals import SCALE
from cryptostream_simulator.faces.binance.messages import aggregate_row, combined, fill_row, stream_event
from cryptostream_simulator.faces.coinbase import messages as coinbase
from cryptostream_simulator.frames import text_frame
from cryptostream_simulator.outgoing import Outgoing, truth_row
from cryptostream_simulator.trades import TradeRow, split_into_fills

ROW = TradeRow(26129, 1_700_000_000_123_456, 1_633_102, 470_443_515, 100, 102, True)


def test_an_aggregate_event_has_the_documented_fields_in_milliseconds() -> None:
    event = stream_event("aggTrade", "BTCUSDT", Outgoing(ROW), 1_700_000_000_999_999, 1000)
    assert event == (
        '{"e":"aggTrade","E":1700000000999,"s":"BTCUSDT","a":26129,"p":"0.01633102","q":"4.70443515",'
        '"f":100,"l":102,"T":1700000000123,"m":true,"M":true}'
    )


def test_a_trade_event_has_the_documented_fields_in_microseconds() -> None:
    fill = split_into_fills(ROW, 1)[0]
    event = json.loads(stream_event("trade", "BTCUSDT", Outgoing(fill), 1_700_000_000_999_999, 1))
    assert event == {
        "e": "trade",
        "E": 1_700_000_000_999_999,
        "s": "BTCUSDT",
        "t": 100,
        "p": "0.01633102",
        "q": "1.56814505",
        "T": 1_700_000_000_123_456,
        "m": True,
        "M": True,
    }


def test_a_combined_connection_names_the_stream() -> None:
    assert json.loads(combined("btcusdt@trade", '{"e":"trade"}')) == {"stream": "btcusdt@trade", "data": {"e": "trade"}}


def test_damaged_events_are_no_json_or_no_price() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream_event("aggTrade", "BTCUSDT", Outgoing(ROW, "truncated"), 0, 1000))
    assert json.loads(stream_event("aggTrade", "BTCUSDT", Outgoing(ROW, "fields"), 0, 1000))["p"] == "NaN"


def test_rest_rows_use_the_names_of_their_endpoint() -> None:
    assert list(aggregate_row(ROW, 1000)) == ["a", "p", "q", "f", "l", "T", "m", "M"]
    row = fill_row(ROW, 1)
    assert list(row) == ["id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"]
    assert row["time"] == ROW.time
    assert row["quoteQty"] == "0.07682822"


def test_the_truth_names_the_taker_s_side() -> None:
    assert truth_row(ROW)["side"] == "sell"
    assert truth_row(ROW._replace(buyer_is_maker=False))["side"] == "buy"
    assert truth_row(ROW)["fills"] == 3


@given(st.integers(1, 50), st.integers(1, 10**6), st.integers(1, 10**5))
def test_the_fills_of_an_aggregate_are_whole_lots_and_sum_to_it(count: int, spare: int, lot: int) -> None:
    whole = TradeRow(5, 0, SCALE, (count + spare) * lot, 100, 99 + count, False)
    fills = split_into_fills(whole, lot)
    assert [fill.id for fill in fills] == list(range(100, 100 + count))
    assert sum(fill.quantity for fill in fills) == whole.quantity
    assert all(fill.quantity >= lot and fill.quantity % lot == 0 for fill in fills)


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_frame_carries_its_length_as_rfc_6455_says(length: int) -> None:
    frame = text_frame("x" * length)
    header = {0: 2, 125: 2, 126: 4, 65_535: 4, 65_536: 10}[length]
    assert len(frame) == header + length
    assert frame[0] == 0x81
    assert frame[1] == {2: length, 4: 126, 10: 127}[header]
    if header > 2:
        assert int.from_bytes(frame[2:header]) == length


def test_prices_are_printed_exactly() -> None:
    event = json.loads(
        stream_event("aggTrade", "B2", Outgoing(ROW._replace(price=9_999_999_999_999_999_999 // 10)), 0, 1)
    )
    assert Decimal(event["p"]) == Decimal(999_999_999_999_999_999) / SCALE


def test_a_match_has_the_documented_fields_and_the_maker_s_side() -> None:
    match = json.loads(coinbase.match("BTC-USD", Outgoing(ROW)))
    assert match == {
        "type": "match",
        "trade_id": 26129,
        "maker_order_id": match["maker_order_id"],
        "taker_order_id": match["taker_order_id"],
        "side": "buy",
        "size": "4.70443515",
        "price": "0.01633102",
        "product_id": "BTC-USD",
        "sequence": match["sequence"],
        "time": "2023-11-14T22:13:20.123456Z",
    }
    assert len({match["maker_order_id"], match["taker_order_id"]}) == 2
    assert json.loads(coinbase.match("BTC-USD", Outgoing(ROW._replace(price=5 * SCALE))))["price"] == "5"


@given(
    st.integers(1, 2**53), st.integers(1_400_000_000_000_000, 4_000_000_000_000_000), st.integers(1, 2**63 - 1),
    st.booleans(),
)  # fmt: skip
def test_what_one_side_writes_the_other_reads(number: int, time: int, amount: int, maker_bought: bool) -> None:
    row = TradeRow(number, time, amount, amount, number, number, maker_bought)
    taker = truth_row(row)["side"]
    trade = COINBASE.parse_frame(coinbase.match("BTC-USD", Outgoing(row)).encode(), "matches")
    [healed] = COINBASE.parse_page("BTC-USD", "matches", json.dumps([coinbase.trade_row(row)]).encode())
    for read in (trade, healed):
        assert isinstance(read, ExchangeTrade)
        assert (read.id, read.time, read.side, read.fills) == (number, time, taker, 1)
        assert Decimal(read.price) == Decimal(read.quantity) == Decimal(amount) / SCALE
    beat = COINBASE.parse_frame(coinbase.heartbeat("BTC-USD", number, time).encode(), "matches")
    assert beat == Heartbeat("BTC-USD", time, number)


def test_damaged_matches_are_no_json_or_no_price() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(coinbase.match("BTC-USD", Outgoing(ROW, "truncated")))
    assert json.loads(coinbase.match("BTC-USD", Outgoing(ROW, "fields")))["price"] == "NaN"
