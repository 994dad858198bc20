"""Recordings are read as far as they go; whatever else is wrong with them is a RecordingError that names the line."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptostream_recorder.file import RecordingFile, UnusableFileError
from cryptostream_recorder.format import (
    answer_line,
    closing_line,
    first_id_line,
    frame_line,
    header_line,
    unreadable_line,
)
from cryptostream_recorder.sizes import parse_size
from cryptostream_simulator.recorded import RecordingError, read_header, read_recording
from harness.shared_data import shared_data

START = 1_700_000_000_000_000
HEADER = header_line("binance", "aggTrade", ["BTCUSDT"], START)
anywhere = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)


def row(number: int) -> dict[str, Any]:
    """An aggregate as REST tells it."""
    common = {"p": "100.50000000", "q": "0.25000000", "m": True, "M": True}
    return {"a": number, "f": number, "l": number, "T": START + number, **common}


def frame(number: int, symbol: str = "BTCUSDT", **changed: object) -> bytes:
    event = {"e": "aggTrade", "E": START + number, "s": symbol, **row(number), **changed}
    return json.dumps({"stream": f"{symbol.lower()}@aggTrade", "data": event}).encode()


def frames(*numbers: int) -> list[bytes]:
    return [frame_line(START, frame(number)) for number in numbers]


def written(folder: Path, lines: Sequence[bytes], members: int = 1) -> Path:
    """A recording, its lines spread over so many gzip members."""
    path = folder / "recording.ndjson.gz"
    share = -(-len(lines) // members)
    parts = [lines[start : start + share] for start in range(0, len(lines), share)]
    path.write_bytes(b"".join(gzip.compress(b"".join(line + b"\n" for line in part)) for part in parts))
    return path


def ids(path: Path, symbol: str = "BTCUSDT") -> list[int]:
    return [int(number) for number in read_recording(path).trades[symbol].id]


def test_frames_of_the_stream_and_answers_of_rest_are_put_in_order_of_id(tmp_path: Path) -> None:
    answer = answer_line(START, "BTCUSDT", json.dumps([row(3), row(4), row(5)]).encode())
    recording = read_recording(written(tmp_path, [HEADER, *frames(1, 2, 5, 5), answer, *frames(6)], members=3))
    trades = recording.trades["BTCUSDT"]
    assert trades.id.tolist() == [1, 2, 3, 4, 5, 6]
    assert trades.time.tolist() == [START + number for number in range(1, 7)]
    assert (recording.exchange, list(recording.warnings)) == ("binance", [])
    assert (recording.start, recording.end) == (START + 1, START + 6)


def test_a_trade_feed_has_one_fill_a_trade(tmp_path: Path) -> None:
    event = {"e": "trade", "s": "BTCUSDT", "t": 7, "p": "1.5", "q": "2", "T": START, "m": False}
    filled = {"id": 8, "price": "1.6", "qty": "3", "time": START + 1, "isBuyerMaker": True}
    lines = [
        header_line("binance", "trade", ["BTCUSDT"], START),
        frame_line(START, json.dumps({"stream": "btcusdt@trade", "data": event}).encode()),
        answer_line(START, "BTCUSDT", json.dumps([filled]).encode()),
    ]
    trades = read_recording(written(tmp_path, lines)).trades["BTCUSDT"]
    assert (trades.id.tolist(), trades.first_fill.tolist(), trades.fills.tolist()) == ([7, 8], [7, 8], [1, 1])
    assert trades.buyer_is_maker.tolist() == [False, True]


def test_coinbase_matches_are_read_with_the_makers_side(tmp_path: Path) -> None:
    match = {"type": "match", "trade_id": 5, "product_id": "BTC-USD", "size": "0.5", "price": "100.01", "side": "buy"}
    older = {"trade_id": 4, "size": "0.25", "price": "100", "side": "sell", "time": "2023-11-14T22:13:20.5Z"}
    lines = [
        header_line("coinbase", "matches", ["BTC-USD"], START),
        frame_line(START, json.dumps({**match, "time": "2023-11-14T22:13:21.000001Z"}).encode()),
        frame_line(START, b'{"type":"heartbeat","last_trade_id":5}'),
        answer_line(START, "BTC-USD", json.dumps([older]).encode()),
    ]
    recording = read_recording(written(tmp_path, lines))
    trades = recording.trades["BTC-USD"]
    assert recording.exchange == "coinbase"
    assert trades.id.tolist() == [4, 5]
    assert trades.time.tolist() == [START + 500_000, START + 1_000_001]
    assert trades.buyer_is_maker.tolist() == [False, True]


def test_ids_outside_of_what_a_recording_covers_are_left_out(tmp_path: Path) -> None:
    told = {"trades": 2, "symbols": {"BTCUSDT": {"lastId": 4}}}
    page = answer_line(START, "BTCUSDT", json.dumps([row(number) for number in range(1, 8)]).encode())
    lines = [HEADER, page, first_id_line("BTCUSDT", 3), closing_line(START, "duration", told)]
    assert ids(written(tmp_path, lines)) == [3, 4]


def test_frames_without_a_trade_are_passed_over_and_unreadable_ones_counted(tmp_path: Path) -> None:
    lines = [
        HEADER,
        frame_line(START, b'{"result":null,"id":1}'),
        frame_line(START, b'{"stream":"btcusdt@kline","data":{"e":"kline"}}'),
        frame_line(START, frame(2, p="NaN")),
        unreadable_line(START, b'{"e":"aggTr', "not JSON"),
        unreadable_line(START, b'{"e":"aggTrade"}', "no price"),
        *frames(1, 2, 3),
    ]
    recording = read_recording(written(tmp_path, lines))
    assert recording.trades["BTCUSDT"].id.tolist() == [1, 2, 3]
    assert recording.warnings == ("3 trades in it are not readable, as the exchange sent them",)


def test_ids_that_a_recording_lacks_are_warned_of(tmp_path: Path) -> None:
    recording = read_recording(written(tmp_path, [HEADER, *frames(1, 2, 5)]))
    assert recording.warnings == ("BTCUSDT: 2 ids between 1 and 5 are not in it",)


def test_a_line_break_between_tokens_does_not_break_the_line(tmp_path: Path) -> None:
    spread = frame(1).replace(b", ", b",\r\n ")
    assert ids(written(tmp_path, [HEADER, frame_line(START, spread)])) == [1]


def test_chosen_symbols_are_read_alone_and_absent_ones_named(tmp_path: Path) -> None:
    path = written(tmp_path, [HEADER, frame_line(START, frame(1)), frame_line(START, frame(1, "ETHUSDT"))])
    assert list(read_recording(path, ["ETHUSDT"]).trades) == ["ETHUSDT"]
    with pytest.raises(RecordingError, match="no trades of SOLUSDT in it, there are: BTCUSDT, ETHUSDT"):
        read_recording(path, ["SOLUSDT"])


def test_recordings_one_after_the_other_are_one_if_they_are_of_one_feed(tmp_path: Path) -> None:
    assert ids(written(tmp_path, [HEADER, *frames(1, 2), HEADER, *frames(2, 3)])) == [1, 2, 3]
    other = header_line("binance", "trade", ["BTCUSDT"], START)
    with pytest.raises(RecordingError, match="line 3: a recording of binance trade after one of binance aggTrade"):
        read_recording(written(tmp_path, [HEADER, *frames(1), other]))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([b'{"recording":"cryptostream"}', *frames(1)], "line 1: the header's field 'exchange' is missing"),
        ([HEADER.replace(b'"version":1', b'"version":2')], "line 1: header: version 2 of the file format is not known"),
        ([HEADER.replace(b"binance", b"nyse")], "line 1: header: exchange 'nyse' is not one of binance, coinbase"),
        ([HEADER, *frames(1), b'{"received":1,"fra', *frames(2)], "line 3: unexpected end of data"),
        ([HEADER, *frames(1), b'{"something":1}'], "line 3: neither a frame, an answer, a first id nor a closing line"),
        ([HEADER], "no trades in it"),
    ],
)
def test_a_damaged_recording_is_refused_with_line_and_reason(tmp_path: Path, lines: list[bytes], reason: str) -> None:
    with pytest.raises(RecordingError, match=reason):
        read_recording(written(tmp_path, lines))


def test_damaged_compression_is_refused_with_the_line_before_it(tmp_path: Path) -> None:
    path = written(tmp_path, [HEADER, *frames(*range(1, 400))], members=2)
    content = bytearray(path.read_bytes())
    content[-40:-30] = b"\xff" * 10
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"after line \d+: damaged gzip data"):
        read_recording(path)


@anywhere
@given(st.data())
def test_cut_anywhere_a_recording_is_read_up_to_there(tmp_path: Path, data: st.DataObject) -> None:
    members = data.draw(st.integers(1, 6))
    path = written(tmp_path, [HEADER, *frames(*range(1, 60))], members)
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        recording = read_recording(path)
    except RecordingError:
        assert not any(b'"frame"' in line for line in _whole_members(path))
        return
    read = recording.trades["BTCUSDT"].id.tolist()
    assert read == list(range(1, len(read) + 1))
    assert len(read) >= sum(b'"frame"' in line for line in _whole_members(path))


def _whole_members(path: Path) -> list[bytes]:
    content = path.read_bytes()
    try:
        return gzip.decompress(content).splitlines()
    except (EOFError, gzip.BadGzipFile):
        starts = [at for at in range(len(content)) if content.startswith(b"\x1f\x8b\x08", at)]
        for stop in reversed(starts):
            try:
                return gzip.decompress(content[:stop]).splitlines()
            except (EOFError, gzip.BadGzipFile):
                continue
    return []


@anywhere
@given(st.data())
def test_an_uncompressed_recording_cut_anywhere_is_read_up_to_there(tmp_path: Path, data: st.DataObject) -> None:
    lines = [HEADER, *frames(*range(1, 30))]
    content = b"".join(line + b"\n" for line in lines)
    path = tmp_path / "recording.ndjson"
    at = data.draw(st.integers(len(HEADER) + len(lines[1]) + 1, len(content)))
    path.write_bytes(content[:at])
    recording = read_recording(path)
    read = recording.trades["BTCUSDT"].id.tolist()
    whole = content[:at].count(b"\n") - 1
    assert read == list(range(1, len(read) + 1))
    assert whole <= len(read) <= whole + 1
    assert bool(recording.warnings) == (len(read) == whole and not content[:at].endswith(b"\n"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
fields = ["e", "s", "a", "p", "q", "f", "l", "T", "m", "data", "type", "trade_id", "product_id", "side", "time", "size"]
events = st.dictionaries(st.sampled_from(fields), json_values | st.sampled_from(["aggTrade", "match", "B2", "1"]))
entries = st.dictionaries(
    st.sampled_from(["recording", "version", "frame", "answer", "symbol", "firstId", "closed", "symbols", "data"]),
    json_values | events | st.lists(events, max_size=3),
)
rubbish = st.binary(max_size=80) | st.text(max_size=80).map(str.encode) | entries.map(lambda e: json.dumps(e).encode())
beginnings = st.sampled_from(
    [HEADER, b"", b"time,symbol,quantity,price", b"ws://x <-> 1.5", frame(1), b"\x1f\x8b", b'{"recording"']
)


@anywhere
@given(beginnings, st.lists(rubbish | st.sampled_from(frames(1, 2)), max_size=6), st.booleans())
def test_nothing_that_stands_in_a_file_raises_anything_but_a_recording_error(
    tmp_path: Path, first: bytes, lines: list[bytes], compress: bool
) -> None:
    path = tmp_path / "rubbish"
    content = b"\n".join([first, *lines])
    path.write_bytes(gzip.compress(content) if compress else content)
    for read in (read_header, read_recording):
        try:
            read(path)
        except RecordingError as error:
            assert str(path) in str(error)


def test_captures_of_a_feed_are_read_where_they_hold_trades() -> None:
    spot = read_recording(shared_data("captures/BINANCE.ws.1.0"))
    assert sum(len(trades) for trades in spot.trades.values()) == 2
    american = read_recording(shared_data("captures/BINANCE_US.ws.1.0"))
    assert sum(len(trades) for trades in american.trades.values()) == 11
    futures = read_recording(shared_data("captures/BINANCE_FUTURES.ws.1.0"))
    assert (len(futures.trades), sum(len(trades) for trades in futures.trades.values())) == (4, 91)
    assert futures.warnings == ()
    delivery = read_recording(shared_data("captures/BINANCE_DELIVERY.ws.1.0"))
    assert sum(len(trades) for trades in delivery.trades.values()) == 51
    coinbase = read_recording(shared_data("captures/COINBASE.ws.28.0"))
    assert (coinbase.exchange, len(coinbase.trades)) == ("coinbase", 10)
    assert sum(len(trades) for trades in coinbase.trades.values()) == 107
    assert coinbase.warnings == ()


def test_a_capture_without_trades_is_refused() -> None:
    with pytest.raises(RecordingError, match="no trades in it"):
        read_recording(shared_data("captures/KRAKEN.ws.48.0"))


def test_a_file_is_begun_anew_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "recording.gz"
    path.write_bytes(b"precious")
    with pytest.raises(UnusableFileError, match="--force"):
        RecordingFile(path, force=False)
    with pytest.raises(UnusableFileError, match="is not a directory: create it first"):
        RecordingFile(tmp_path / "nowhere" / "recording.gz", force=True)
    assert path.read_bytes() == b"precious"


def test_every_flush_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "recording.gz"
    file = RecordingFile(path, force=False)
    for number, line in enumerate([HEADER, *frames(1, 2, 3)], start=1):
        file.append(line)
        file.flush()
        assert len(gzip.decompress(path.read_bytes()).splitlines()) == number
        assert file.size == path.stat().st_size
    file.append(frames(4)[0])
    file.close()
    assert ids(path) == [1, 2, 3, 4]


@pytest.mark.parametrize(("text", "size"), [("500MB", 500_000_000), ("1.5kB", 1500), ("64MiB", 1 << 26), ("9", 9)])
def test_sizes_are_written_in_usual_units(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0MB", "many", "5XB", "-1MB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size: write 500MB, 2GB or 64MiB"):
        parse_size(text)
