"""A micro-batch is a step of a fold: where batches end, and where a restart begins to read, changes nothing."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from cryptostream_job.alerts import alert_id
from cryptostream_job.batch import BatchStep, advance
from cryptostream_job.closing import oldest_needed_pane
from cryptostream_job.detectors.base import DetectorState, StoredState
from cryptostream_job.detectors.fold import AlertChange
from cryptostream_job.model import Alert, GapSpan, Geometry, Pane, Window
from cryptostream_job.state import StreamState, SymbolState
from harness.panes import random_panes

SYMBOL = "BTCUSDT"


@dataclass(frozen=True, slots=True)
class Record:
    """What of a topic's record matters to panes; ``ids`` is how many ids it stands for, ``clock`` the symbol's."""

    kind: Literal["trade", "gap", "progress"]
    first_id: int
    ids: int
    time: int
    clock: int
    price: int = 100

    def is_late(self, geometry: Geometry) -> bool:
        end = geometry.pane_start(self.time) + geometry.pane
        return self.kind == "trade" and end + geometry.allowed_lateness <= self.clock

    def pane(self, geometry: Geometry) -> int:
        on_time = self.kind == "trade" and not self.is_late(geometry)
        return geometry.pane_start(self.time if on_time else self.clock)


@dataclass(frozen=True, slots=True)
class BusyWindows:
    """A detector of three trades in a window, so that random tapes raise, move and end alerts."""

    name: str = "busy"
    version: int = 1
    folds: Literal["windows"] = "windows"

    def initial_state(self) -> DetectorState:
        return {"opened": None}

    def stored(self, state: DetectorState) -> StoredState:
        return dict(state)

    def restored(self, stored: StoredState) -> DetectorState:
        return stored

    def step(self, state: DetectorState, window: Window) -> tuple[DetectorState, list[Alert]]:
        opened = state["opened"]
        if window.trades >= 3:
            opened = window.end if opened is None else opened
            return {"opened": opened}, [self.alert(window, opened, "confirmed", None)]
        if opened is None:
            return state, []
        return {"opened": None}, [self.alert(window, opened, "confirmed", window.end)]

    def provisional(self, state: DetectorState, window: Window) -> Alert | None:
        fires = state["opened"] is None and window.trades >= 3
        return self.alert(window, window.end, "open", None) if fires else None

    def alert(self, window: Window, opened: int, state: Literal["open", "confirmed"], ended: int | None) -> Alert:
        length = window.end - window.start
        return Alert(
            id=alert_id("test/stream", window.symbol, self.name, self.version, opened),
            symbol=window.symbol,
            exchange=window.exchange,
            detector=self.name,
            version=self.version,
            state=state,
            severity="info",
            score=float(window.trades),
            threshold=3.0,
            window_start=opened - length,
            window_end=opened,
            last_window_end=window.end,
            ended=ended,
            price=window.close,
            backfilled=False,
        )


@dataclass(frozen=True, slots=True)
class BusyPanes:
    """The same of two trades in a pane. It counts the panes that it has folded: each of the grid's, once."""

    name: str = "busy_panes"
    version: int = 1
    folds: Literal["panes"] = "panes"

    def initial_state(self) -> DetectorState:
        return {"opened": None, "folded": 0}

    def stored(self, state: DetectorState) -> StoredState:
        return dict(state)

    def restored(self, stored: StoredState) -> DetectorState:
        return stored

    def step(self, state: DetectorState, pane: Pane, /) -> tuple[DetectorState, list[Alert]]:
        folded = state["folded"] + 1
        opened = state["opened"]
        if pane.trades >= 2:
            opened = [pane.start, folded] if opened is None else opened
            return {"opened": opened, "folded": folded}, [self.alert(pane, opened, "confirmed", None)]
        if opened is None:
            return {"opened": None, "folded": folded}, []
        return {"opened": None, "folded": folded}, [self.alert(pane, opened, "confirmed", pane.start + 1)]

    def provisional(self, state: DetectorState, pane: Pane, /) -> Alert | None:
        fires = state["opened"] is None and pane.trades >= 2
        return self.alert(pane, [pane.start, state["folded"] + 1], "open", None) if fires else None

    def alert(self, pane: Pane, opened: list[int], state: Literal["open", "confirmed"], ended: int | None) -> Alert:
        start, folded = opened
        return Alert(
            id=alert_id("test/stream", pane.symbol, self.name, self.version, start),
            symbol=pane.symbol,
            exchange=pane.exchange,
            detector=self.name,
            version=self.version,
            state=state,
            severity="info",
            score=float(pane.trades),
            threshold=2.0,
            window_start=start,
            window_end=start + 1,
            last_window_end=pane.start + 1,
            ended=ended,
            price=pane.close,
            backfilled=False,
            details={"folded": folded},
        )


DETECTORS = (BusyWindows(), BusyPanes())


def panes_of(records: Iterable[Record], geometry: Geometry) -> dict[int, Pane]:
    """The panes that records add up to, by their start: docs/data-contracts.md in plain Python."""
    parts: dict[int, list[Record]] = {}
    for record in records:
        parts.setdefault(record.pane(geometry), []).append(record)
    return {start: pane_of(start, inside, geometry) for start, inside in parts.items()}


def pane_of(start: int, records: Sequence[Record], geometry: Geometry) -> Pane:
    trades = sorted(
        (record for record in records if record.kind == "trade" and not record.is_late(geometry)),
        key=lambda record: record.first_id,
    )
    prices = [record.price for record in trades]
    mean = sum(prices) / len(prices) if prices else None
    gaps = [record for record in records if record.kind == "gap"]
    return Pane(
        symbol=SYMBOL,
        exchange="binance",
        start=start,
        trades=len(trades),
        first_id=trades[0].first_id if trades else None,
        last_id=trades[-1].first_id if trades else None,
        open=Decimal(prices[0]) if prices else None,
        high=Decimal(max(prices)) if prices else None,
        low=Decimal(min(prices)) if prices else None,
        close=Decimal(prices[-1]) if prices else None,
        mean_price=mean,
        m2_price=None if mean is None else sum((price - mean) ** 2 for price in prices),
        volume=float(len(trades)),
        quote_volume=float(sum(prices)),
        taker_buy_volume=0.0,
        taker_buy_quote_volume=0.0,
        rush_orders=0,
        rush_volume=0.0,
        rush_buy_orders=0,
        late_trades=sum(record.is_late(geometry) for record in records),
        missing_ids=sum(gap.ids for gap in gaps),
        backfilled_trades=0,
        first_clock=min(record.clock for record in records),
        clock=max(record.clock for record in records),
        partition=0,
        gaps=tuple(GapSpan(gap.first_id, gap.first_id + gap.ids - 1, "unavailable", gap.clock) for gap in gaps),
    )


@dataclass
class Stored:
    """What the database holds, under the rules by which the sink writes it."""

    geometry: Geometry
    panes: dict[int, Pane] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    windows: dict[int, Window] = field(default_factory=dict)
    alerts: dict[str, AlertChange] = field(default_factory=dict)
    gaps: set[GapSpan] = field(default_factory=set)
    symbol: SymbolState | None = None

    def write(self, step: BatchStep) -> None:
        for moved in step.symbols.values():
            for pane in moved.panes:
                assert pane.start not in self.closed, "a closed pane never changes"
                self.panes[pane.start] = replace(pane, gaps=())
                self.gaps.update(pane.gaps)
                if pane.start + self.geometry.pane <= moved.state.panes_closed_through:
                    self.closed.add(pane.start)
            for window in moved.windows:
                assert window.end not in self.windows, "a closed window is written once"
                self.windows[window.end] = window
            for alert, revision in moved.alerts:
                assert revision == (self.alerts[alert.id][1] + 1 if alert.id in self.alerts else 1)
                self.alerts[alert.id] = (alert, revision)
            self.symbol = moved.state

    def confirmed(self) -> dict[str, Alert]:
        return {number: alert for number, (alert, _) in self.alerts.items() if alert.state == "confirmed"}

    def loaded(self) -> StreamState:
        """The state that a starting driver reads: what is in columns, and nothing else."""
        if self.symbol is None:
            return {}
        through = self.symbol.windows_closed_through
        oldest = oldest_needed_pane(self.geometry, self.symbol.panes_closed_through, through)
        return {
            SYMBOL: replace(
                self.symbol,
                panes={start: pane for start, pane in self.panes.items() if start >= oldest},
                detector_states=json.loads(json.dumps(self.symbol.detector_states)),
                alerts={
                    number: (alert, revision)
                    for number, (alert, revision) in self.alerts.items()
                    if alert.ended is None and (alert.state != "withdrawn" or alert.window_end > through)
                },
            )
        }


def run(
    records: Sequence[Record], cuts: Iterable[int], stored: Stored, state: StreamState, first: int = 0
) -> StreamState:
    """Feed records from index ``first`` on, as one checkpoint does: each batch sees the panes that it changed, whole
    as far as this checkpoint has read them.
    """
    edges = [first, *sorted(cut for cut in cuts if first < cut < len(records)), len(records)]
    for begin, end in pairwise(edges):
        seen = panes_of(records[first:end], stored.geometry)
        changed = {record.pane(stored.geometry) for record in records[begin:end]}
        if changed:
            step = advance(state, {SYMBOL: [seen[start] for start in sorted(changed)]}, stored.geometry, DETECTORS)
            stored.write(step)
            state = step.next_state(state)
    return state


geometries = st.builds(
    lambda pane, slides, windows, lateness: Geometry(pane, pane * slides, pane * slides * windows, lateness),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 30),
)


@st.composite
def tapes(draw: st.DrawFn) -> list[Record]:
    """One symbol's records: ids contiguous, the clock never falling, some trades older than it."""
    clock, next_id = draw(st.integers(40, 100)), 1
    records = []
    moves = st.tuples(
        st.sampled_from(["trade", "trade", "trade", "old trade", "gap", "progress"]),
        st.integers(0, 12),
        st.integers(1, 9),
    )
    for kind, by, price in draw(st.lists(moves, min_size=1, max_size=40)):
        if kind == "gap":
            records.append(Record("gap", next_id, price, clock, clock))
            next_id += price
        elif kind == "progress":
            clock += by
            records.append(Record("progress", 0, 0, clock, clock))
        else:
            time = clock + by if kind == "trade" else clock - 3 * by
            clock = max(clock, time)
            records.append(Record("trade", next_id, 1, time, clock, price))
            next_id += 1
    return records


cuts = st.sets(st.integers(1, 40), max_size=10)


@given(geometries, tapes(), cuts)
def test_where_batches_end_changes_nothing_that_is_closed(
    geometry: Geometry, records: list[Record], cuts: set[int]
) -> None:
    at_once, in_batches = Stored(geometry), Stored(geometry)
    run(records, (), at_once, {})
    run(records, cuts, in_batches, {})
    assert in_batches.windows == at_once.windows
    whole = panes_of(records, geometry)
    assert in_batches.panes == at_once.panes == {start: replace(pane, gaps=()) for start, pane in whole.items()}
    assert in_batches.closed == at_once.closed
    assert in_batches.gaps == at_once.gaps
    assert in_batches.confirmed() == at_once.confirmed()


@given(geometries, tapes(), cuts)
def test_a_pane_is_marked_closed_exactly_when_the_clock_has_passed_it(
    geometry: Geometry, records: list[Record], cuts: set[int]
) -> None:
    stored = Stored(geometry)
    run(records, cuts, stored, {})
    through = records[-1].clock - geometry.allowed_lateness
    assert stored.closed == {start for start in stored.panes if start + geometry.pane <= through}


@given(geometries, tapes(), cuts)
def test_closed_windows_hold_the_trades_of_their_time(
    geometry: Geometry, records: list[Record], cuts: set[int]
) -> None:
    stored = Stored(geometry)
    run(records, cuts, stored, {})
    for end, window in stored.windows.items():
        inside = [
            record
            for record in records
            if record.kind == "trade" and not record.is_late(geometry) and window.start <= record.time < end
        ]
        assert window.trades == len(inside)
        assert window.first_id == min((record.first_id for record in inside), default=None)


@given(geometries, tapes(), cuts, st.data())
def test_a_fresh_checkpoint_that_reads_again_from_the_oldest_open_pane_changes_nothing(
    geometry: Geometry, records: list[Record], cuts: set[int], data: st.DataObject
) -> None:
    undisturbed, stored = Stored(geometry), Stored(geometry)
    run(records, (), undisturbed, {})
    died = data.draw(st.integers(1, len(records)), "records before the end of the first run")
    run(records[:died], cuts, stored, {})
    state = stored.loaded()
    closed_through = state[SYMBOL].panes_closed_through
    latest = next((k for k, record in enumerate(records) if record.clock >= closed_through), len(records))
    first = data.draw(st.integers(0, latest), "first record of the second run")

    run(records, data.draw(st.sets(st.integers(1, 40), max_size=10), "batches of the second run"), stored, state, first)
    assert stored.windows == undisturbed.windows
    assert stored.panes == undisturbed.panes
    assert stored.closed == undisturbed.closed
    assert stored.gaps == undisturbed.gaps
    assert stored.confirmed() == undisturbed.confirmed()


def test_an_open_pane_of_an_older_version_is_counted_by_size_once_all_of_it_is_read_again() -> None:
    geometry = Geometry(10, 10, 20, 0)
    pane = random_panes(1, SYMBOL, 0, 1, geometry)[0]
    pane = replace(pane, trades=3, trade_sizes=(3,), clock=5, first_clock=1)
    older = advance({}, {SYMBOL: [replace(pane, trade_sizes=None)]}, geometry, ()).next_state({})

    part = advance(older, {SYMBOL: [replace(pane, trades=2, trade_sizes=(2,))]}, geometry, ())
    whole = advance(older, {SYMBOL: [pane]}, geometry, ())
    again = advance(whole.next_state(older), {SYMBOL: [pane]}, geometry, ())

    assert [step.symbols[SYMBOL].panes for step in (part, whole, again)] == [(), (pane,), ()]


@given(geometries, tapes(), cuts)
def test_memory_is_what_a_restart_would_read(geometry: Geometry, records: list[Record], cuts: set[int]) -> None:
    stored = Stored(geometry)
    kept = run(records, cuts, stored, {})[SYMBOL]
    read = stored.loaded()[SYMBOL]
    without_gaps = {start: replace(pane, gaps=()) for start, pane in kept.panes.items()}
    assert replace(kept, panes=without_gaps) == read


@given(geometries, tapes(), cuts)
def test_a_batch_written_twice_says_nothing_new(geometry: Geometry, records: list[Record], cuts: set[int]) -> None:
    stored = Stored(geometry)
    state = run(records, cuts, stored, {})
    again = advance(stored.loaded(), {SYMBOL: list(panes_of(records, geometry).values())}, geometry, DETECTORS)
    assert again.symbols[SYMBOL].panes == ()
    assert again.symbols[SYMBOL].windows == ()
    assert again.symbols[SYMBOL].alerts == ()
    assert again.symbols[SYMBOL].state.clock == state[SYMBOL].clock


def test_symbols_do_not_touch_each_other() -> None:
    geometry = Geometry(10, 10, 20, 0)
    known = panes_of([Record("trade", 1, 1, 100, 100)], geometry)
    others = advance({}, {SYMBOL: list(known.values())}, geometry, DETECTORS).next_state({})
    pane = replace(next(iter(known.values())), symbol="ETHUSDT")
    step = advance(others, {"ETHUSDT": [pane]}, geometry, DETECTORS)
    assert set(step.symbols) == {"ETHUSDT"}
    assert step.next_state(others)[SYMBOL] is others[SYMBOL]


@given(geometries, tapes(), st.sampled_from([(), (BusyWindows(version=2),)]))
def test_an_alert_whose_detector_is_gone_ends_with_the_next_batch(
    geometry: Geometry, records: list[Record], detectors: tuple[BusyWindows, ...]
) -> None:
    stored = Stored(geometry)
    state = run(records, (), stored, {})
    clock = records[-1].clock + 1
    pane = panes_of([Record("progress", 0, 0, clock, clock)], geometry)
    stored.write(advance(state, {SYMBOL: list(pane.values())}, geometry, detectors))
    former = [alert for alert in stored.confirmed().values() if alert.version == 1]
    assert all(alert.ended is not None and alert.ended >= alert.last_window_end for alert in former)
