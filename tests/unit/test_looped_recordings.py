"""A looped recording is the tape that one would get by writing the recording down again and again."""

import json
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptostream_simulator.recorded import read_recording
from cryptostream_simulator.recorded.looped import LoopedTape
from cryptostream_simulator.recorded.tape import RecordedTape
from cryptostream_simulator.trades import TradeRow, Trades

START = 1_700_000_000_000_000
PERIOD = 10_000_000
ROUNDS = 4

rows = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 900_000), st.integers(1, 3), st.booleans()), min_size=1, max_size=10
)


def recorded(folder: Path, steps: list[tuple[int, int, int, bool]]) -> Trades:
    """Trades whose ids, times and fills grow by the steps."""
    number, time, fill, lines = 50, START, 700, []
    for id_step, time_step, fills, maker in steps:
        event = {"s": "B2", "a": number, "p": "1.5", "q": "2", "f": fill, "l": fill + fills - 1, "T": time, "m": maker}
        lines.append(json.dumps(event))
        number, time, fill = number + id_step, time + time_step, fill + fills
    path = folder / "recording.ndjson"
    path.write_text("\n".join(lines))
    return read_recording(path).trades["B2"]


def written_down(trades: Trades) -> list[TradeRow]:
    """The rounds one after the other."""
    told = list(trades.rows())
    ids = told[-1].id - told[0].id + 1
    fills = told[-1].last_fill - told[0].first_fill + 1
    return [
        row._replace(
            id=row.id + turn * ids,
            time=row.time + turn * PERIOD,
            first_fill=row.first_fill + turn * fills,
            last_fill=row.last_fill + turn * fills,
        )
        for turn in range(ROUNDS)
        for row in told
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows, st.data())
def test_positions_and_trades_are_those_of_the_recording_written_down_again_and_again(
    tmp_path: Path, steps: list[tuple[int, int, int, bool]], data: st.DataObject
) -> None:
    trades = recorded(tmp_path, steps)
    tape, truth = LoopedTape("B2", trades, START, PERIOD), written_down(trades)
    start, stop = sorted((data.draw(st.integers(0, len(truth))), data.draw(st.integers(0, len(truth)))))
    assert list(tape.trades(start, stop).rows()) == truth[start:stop]
    time = data.draw(st.integers(START - PERIOD, START + ROUNDS * PERIOD - 1))
    assert tape.position_at(time) == sum(row.time <= time for row in truth)
    number = data.draw(st.integers(0, truth[-1].id))
    assert tape.position_of_id(number) == sum(row.id < number for row in truth)
    fill = data.draw(st.integers(0, truth[-1].last_fill))
    assert tape.position_of_fill(fill) == sum(row.last_fill < fill for row in truth)
    position = data.draw(st.integers(0, len(truth) - 1))
    assert tape.next_change(position, START - 1) == truth[position].time


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows)
def test_a_round_begins_right_after_the_last_id_of_the_one_before(
    tmp_path: Path, steps: list[tuple[int, int, int, bool]]
) -> None:
    trades = recorded(tmp_path, steps)
    rounds = list(LoopedTape("B2", trades, START, PERIOD).trades(0, ROUNDS * len(trades)).rows())
    seams = [(rounds[at - 1], rounds[at]) for at in range(len(trades), len(rounds), len(trades))]
    assert [after.id - before.id for before, after in seams] == [1] * (ROUNDS - 1)
    assert all(after.first_fill == before.last_fill + 1 for before, after in pairwise(rounds))


def test_the_first_round_is_the_recording(tmp_path: Path) -> None:
    trades = recorded(tmp_path, [(1, 5, 1, True), (2, 5, 2, False)])
    looped, once = LoopedTape("B2", trades, START, PERIOD), RecordedTape("B2", trades)
    assert list(looped.trades(0, 2).rows()) == list(once.trades(0, 2).rows())
