"""Recordings are served in order of time with contiguous ids, their numbers exact."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_simulator.decimals import text, units
from cryptostream_simulator.recorded import RecordedTape, RecordingError, read_recording, shifted
from harness.shared_data import shared_data

SECOND = 1_000_000
CSV = """time,symbol,quantity,price
2025-12-09 15:20:18.382639+00,BTCUSDT,0.00057,90888.99
2025-12-09 15:20:18.2+00,ETHUSDT,8e-05,3140.5
2025-12-09 15:20:18.10638+00,BTCUSDT,1.0,90888.99
2025-12-09 15:20:18+00,BTCUSDT,2e-05,90888.98
2025-12-09 15:20:17+00,BTCUSDT,3,90889.00
"""


def event(number: int, time: int, **changed: object) -> dict[str, object]:
    common = {"s": "BTCUSDT", "p": "100.5", "q": "0.25", "f": 2 * number, "l": 2 * number + 1, "m": True}
    return {"a": number, "T": time, **common, **changed}


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "recording"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*events: dict[str, object]) -> str:
    return "\n".join(json.dumps(each) for each in events)


def test_a_csv_newest_first_is_turned_round_and_numbered_from_1_by_symbol(tmp_path: Path) -> None:
    recording = read_recording(written(tmp_path, CSV)).trades
    bitcoin = recording["BTCUSDT"]
    assert list(recording) == ["BTCUSDT", "ETHUSDT"]
    assert bitcoin.id.tolist() == [1, 2, 3, 4]
    assert [text(price) for price in bitcoin.price.tolist()][:2] == ["90889.00000000", "90888.98000000"]
    assert bitcoin.time.tolist()[2:] == [1_765_293_618_106_380, 1_765_293_618_382_639]
    assert recording["ETHUSDT"].quantity.tolist() == [units("0.00008")]
    assert bitcoin.fills.tolist() == [1, 1, 1, 1]


def test_the_side_of_a_csv_trade_follows_the_tick_rule(tmp_path: Path) -> None:
    prices = [10, 11, 11, 9, 9, 10]
    rows = [f"2025-01-01 00:00:0{second}+00,BTCUSDT,1,{price}" for second, price in enumerate(prices)]
    trades = read_recording(written(tmp_path, "time,symbol,quantity,price\n" + "\n".join(rows))).trades["BTCUSDT"]
    assert trades.buyer_is_maker.tolist() == [False, False, False, True, True, False]


def test_trades_of_one_time_in_a_csv_newest_first_keep_their_order_of_time(tmp_path: Path) -> None:
    rows = ["2025-01-01 00:00:05+00,B2,1,3", "2025-01-01 00:00:04+00,B2,1,2", "2025-01-01 00:00:04+00,B2,1,1"]
    trades = read_recording(written(tmp_path, "time,symbol,quantity,price\n" + "\n".join(rows))).trades["B2"]
    assert trades.price.tolist() == [units("1"), units("2"), units("3")]


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("per_unit", [1, 1000])
def test_our_own_recordings_keep_ids_and_fills_in_either_unit_and_gzip(
    tmp_path: Path, compress: bool, per_unit: int
) -> None:
    start = 1_700_000_000 * SECOND
    content = lines(*(event(number, (start + number * SECOND) // per_unit) for number in (7, 5, 6, 6)))
    trades = read_recording(written(tmp_path, gzip.compress(content.encode()) if compress else content)).trades[
        "BTCUSDT"
    ]
    assert trades.id.tolist() == [5, 6, 7]
    assert trades.first_fill.tolist() == [10, 12, 14]
    assert trades.fills.tolist() == [2, 2, 2]
    assert trades.time.tolist() == [start + number * SECOND for number in (5, 6, 7)]


def test_events_wrapped_by_a_combined_stream_are_read(tmp_path: Path) -> None:
    content = lines({"stream": "btcusdt@aggTrade", "data": event(5, 1_700_000_000_000)})
    assert read_recording(written(tmp_path, content)).trades["BTCUSDT"].id.tolist() == [5]


def test_a_trade_with_an_earlier_time_than_its_predecessor_is_published_after_it(tmp_path: Path) -> None:
    content = lines(event(1, 1_700_000_009_000), event(2, 1_700_000_003_000), event(3, 1_700_000_010_000))
    trades = read_recording(written(tmp_path, content)).trades["BTCUSDT"]
    assert (np.diff(trades.published) >= 0).all()
    assert trades.time.tolist()[1] == 1_700_000_003 * SECOND
    assert RecordedTape("BTCUSDT", trades).largest_backdating == 6 * SECOND


def test_moving_a_recording_moves_all_its_times_alike(tmp_path: Path) -> None:
    recording = read_recording(written(tmp_path, CSV))
    moved = shifted(recording, 5 * SECOND)
    assert (moved.start, moved.end) == (recording.start + 5 * SECOND, recording.end + 5 * SECOND)
    for symbol, trades in recording.trades.items():
        assert np.array_equal(moved.trades[symbol].time - trades.time, np.full(len(trades), 5 * SECOND))
        assert np.array_equal(moved.trades[symbol].price, trades.price)


def test_a_recorded_tape_is_silent_before_its_start_and_after_its_end(tmp_path: Path) -> None:
    tape = RecordedTape("BTCUSDT", read_recording(written(tmp_path, CSV)).trades["BTCUSDT"])
    start = 1_765_293_617 * SECOND
    assert tape.position_at(start - 1) == 0
    assert tape.position_at(start) == 1
    assert tape.position_at(start + 3600 * SECOND) == 4
    assert tape.next_change(0, start - 9) == start
    assert tape.next_change(4, start + 9 * SECOND) > start + 9 * SECOND


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "column"),
        ("a,b\n1,2\n", "column price, quantity, symbol, time is missing"),
        ("time,symbol,quantity,price\n", "no trades"),
        ("time,symbol,quantity,price\nyesterday,B2,1,1\n", "line 2"),
        ("time,symbol,quantity,price\n2025-01-01,B2,1,one\n", "line 2: 'one' is not a decimal"),
        ("time,symbol,quantity,price\n2025-01-01,B2,1e-9,1\n", "finer than 1e-8"),
        ('{"s":"B2"}\n', "line 1: field 'a' is missing"),
        (lines(event(1, 1_700_000_000_000)) + "\nnonsense", "line 2"),
        (lines(event(1, 1_700_000_000_000, f=9, l=8)), "last fill 8 before the first 9"),
    ],
)
def test_a_recording_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason):
        read_recording(written(tmp_path, content))


def test_a_missing_recording_is_named() -> None:
    with pytest.raises(RecordingError, match=r"nowhere\.csv: No such file"):
        read_recording(Path("nowhere.csv"))


def test_the_real_trades_are_read_completely() -> None:
    recording = read_recording(shared_data("trades/quant-stream_btc_eth_10k.csv")).trades
    assert {symbol: len(trades) for symbol, trades in recording.items()} == {"BTCUSDT": 3895, "ETHUSDT": 6105}
    for trades in recording.values():
        assert np.array_equal(trades.id, np.arange(1, len(trades) + 1))
        assert (trades.quantity > 0).all()
        assert 30 < (trades.time[-1] - trades.time[0]) / SECOND < 40


@given(st.decimals(min_value=0, max_value=10**9, places=8))
def test_decimals_survive_the_way_to_units_and_back(value: Decimal) -> None:
    assert Decimal(text(units(str(value)))) == value


@pytest.mark.parametrize("wrong", ["", "NaN", "inf", "1e-9", "1e12", "0x1"])
def test_numbers_that_do_not_fit_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|finer|large"):
        units(wrong)
