"""Faults strike the events they are meant for, as often as asked, and lose nothing but what they say."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cryptostream_simulator.faults import FaultBoard, FaultRequest
from cryptostream_simulator.stream_faults import StreamFaults, StreamKey
from cryptostream_simulator.trades import TradeRow

BITCOIN, ETHER = StreamKey("BTCUSDT", "aggTrade"), StreamKey("ETHUSDT", "aggTrade")


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


class Streams:
    """Stream faults under a clock that the test moves."""

    def __init__(self, *requests: dict[str, Any]) -> None:
        self.clock = Clock()
        self.board = FaultBoard(self.clock)
        self.faults = StreamFaults(self.board)
        for request in requests:
            self.board.add(FaultRequest(**request))

    def send(self, *ids: int, key: StreamKey = BITCOIN) -> list[int]:
        rows = [TradeRow(number, 0, 1, 1, number, number, False) for number in ids]
        return [outgoing.row.id for outgoing in self.faults.apply(key, rows)]

    def due(self, key: StreamKey = BITCOIN) -> list[int]:
        return [outgoing.row.id for outgoing in self.faults.due().get(key, [])]


def test_drop_loses_the_next_so_many_events_and_then_ends() -> None:
    streams = Streams({"kind": "drop", "count": 2})
    assert streams.send(1, 2, 3, 4) == [3, 4]
    assert streams.faults.idle
    assert streams.board.done["drop"] == 2


def test_a_fault_of_one_symbol_leaves_the_others_alone() -> None:
    streams = Streams({"kind": "drop", "symbol": "ETHUSDT"})
    assert streams.send(1, 2) == [1, 2]
    assert streams.send(1, 2, key=ETHER) == []


def test_a_fault_ends_after_its_seconds() -> None:
    streams = Streams({"kind": "silence", "seconds": 5})
    assert streams.send(1) == []
    streams.clock.now += 5
    assert streams.send(2) == [2]
    assert streams.board.active() == []


def test_a_fault_ends_when_it_is_cleared() -> None:
    streams = Streams({"kind": "drop"}, {"kind": "duplicate"})
    assert streams.board.clear(1) == 1
    assert streams.send(1) == [1, 1]
    assert streams.board.clear() == 1
    assert streams.send(2) == [2]


def test_duplicate_sends_twice() -> None:
    assert Streams({"kind": "duplicate", "count": 1}).send(1, 2) == [1, 1, 2]


def test_reorder_lets_others_of_its_stream_overtake() -> None:
    streams = Streams({"kind": "reorder", "count": 1, "distance": 2})
    assert streams.send(1) == []
    assert streams.send(7, key=ETHER) == [7]
    assert streams.send(2, 3, 4) == [2, 3, 1, 4]
    assert streams.faults.idle


def test_a_reordered_event_that_nothing_follows_is_sent_a_second_later() -> None:
    streams = Streams({"kind": "reorder", "count": 1})
    assert streams.send(1) == []
    assert streams.due() == []
    streams.clock.now += 1.0
    assert streams.due() == [1]
    assert streams.faults.idle


def test_delay_sends_later_in_the_same_order() -> None:
    streams = Streams({"kind": "delay", "count": 2, "delay_ms": 300})
    assert streams.send(1, 2, 3) == [3]
    streams.clock.now += 0.2
    assert streams.due() == []
    streams.clock.now += 0.2
    assert streams.due() == [1, 2]


def test_what_is_held_back_is_sent_even_after_the_fault_is_cleared() -> None:
    streams = Streams({"kind": "delay", "delay_ms": 300})
    assert streams.send(1) == []
    streams.board.clear()
    assert not streams.faults.idle
    streams.clock.now += 1
    assert streams.due() == [1]


def test_what_is_held_back_is_forgotten_when_nobody_listens_any_more() -> None:
    streams = Streams({"kind": "delay", "count": 1}, {"kind": "reorder"})
    streams.send(1, 2)
    streams.send(3, key=ETHER)
    streams.faults.forget(BITCOIN)
    streams.clock.now += 2
    assert streams.due() == []
    streams.board.clear()
    assert streams.send(4) == [4]


def test_absurd_time_changes_the_time_and_nothing_else() -> None:
    streams = Streams({"kind": "absurd_time", "offset_ms": -5})
    row = TradeRow(1, 1_700_000_000_000_000, 1, 1, 1, 1, False)
    (outgoing,) = streams.faults.apply(BITCOIN, [row])
    assert outgoing.row == row._replace(time=row.time - 5000)


def test_missing_ids_leave_the_stream_only_if_asked() -> None:
    missing = {"kind": "rest_missing", "symbol": "BTCUSDT", "from_id": 2, "to_id": 3}
    assert Streams(missing).send(1, 2, 3, 4) == [1, 2, 3, 4]
    assert Streams({**missing, "on_stream": True}).send(1, 2, 3, 4) == [1, 4]
    assert Streams({**missing, "on_stream": True}).send(2, key=ETHER) == [2]


def test_probability_is_drawn_from_the_fault_s_seed() -> None:
    def survivors(seed: int) -> list[int]:
        return Streams({"kind": "drop", "probability": 0.3, "seed": seed}).send(*range(2000))

    assert survivors(1) == survivors(1) != survivors(2)
    assert 1300 < len(survivors(1)) < 1500


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["reorder", "delay", "duplicate"]),
                "probability": st.floats(0.05, 1),
                "distance": st.integers(1, 5),
                "seed": st.integers(0, 99),
            },
        ),
        max_size=4,
    ),
    st.lists(st.integers(1, 20), min_size=1, max_size=10),
)
def test_disorder_and_duplicates_lose_nothing(requests: list[dict[str, Any]], batches: list[int]) -> None:
    streams = Streams(*requests)
    sent: Counter[int] = Counter()
    first = 1
    for size in batches:
        sent.update(streams.send(*range(first, first + size)))
        streams.clock.now += 0.1
        sent.update(streams.due())
        first += size
    streams.board.clear()
    streams.clock.now += 2
    sent.update(streams.due())
    assert sorted(sent) == list(range(1, first))
    assert streams.faults.idle


@pytest.mark.parametrize(
    "request_",
    [
        {"kind": "explode"},
        {"kind": "drop", "probability": 0},
        {"kind": "drop", "count": 0},
        {"kind": "drop", "unknown": 1},
        {"kind": "rest_missing", "from_id": 1},
        {"kind": "rest_missing", "symbol": "BTCUSDT"},
        {"kind": "rest_missing", "symbol": "BTCUSDT", "from_id": 1, "next": 5},
        {"kind": "rest_malformed", "symbol": "BTCUSDT", "from_id": 5, "to_id": 4},
    ],
)
def test_faults_that_make_no_sense_are_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FaultRequest(**request_)
