"""A tape drawn from a seed, block by block as it is asked for."""

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from cryptostream_simulator.background import Background, BackgroundCourse, joined
from cryptostream_simulator.detail import draw_trades
from cryptostream_simulator.events import SECOND, Floats, effects
from cryptostream_simulator.outline import (
    BLOCK_SECONDS,
    BlockState,
    Outline,
    draw_outline,
    first_state,
    volatility_per_second,
)
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import SymbolSpec
from cryptostream_simulator.trades import Trades

_BLOCK = BLOCK_SECONDS * SECOND
_KEPT_BLOCKS = 4


@dataclass(frozen=True, slots=True)
class TapeShape:
    """What all symbols of a synthetic market share. Times in UTC microseconds or microseconds.

    ``history``: how long before ``live_start`` the tape begins, whole seconds. ``pane``: the pane that sizes of price
    events are measured by. ``backdated_share``, ``largest_backdating``: trades that carry a time before their
    publication. ``background``: rhythm of the day, regimes and news; None for a stationary market.
    """

    seed: int
    live_start: int
    history: int
    pane: int
    burstiness: float = 1.0
    backdated_share: float = 0.0
    largest_backdating: int = 0
    background: Background | None = None


class SyntheticTape:
    """One symbol's endless tape. What it holds depends on the shape, spec and events alone, not on how it is asked."""

    def __init__(self, spec: SymbolSpec, shape: TapeShape, schedule: EventSchedule) -> None:
        self.symbol = spec.name
        self.lot = spec.lot
        self.largest_backdating = shape.largest_backdating
        self._spec = spec
        self._shape = shape
        self._schedule = schedule
        self._start = shape.live_start - shape.history
        self._background = (
            None
            if shape.background is None
            else BackgroundCourse(shape.background, shape.seed, shape.live_start // SECOND)
        )
        self._states = [first_state(spec)]
        self._trades_before = [0]
        self._fills_before = [0]
        self._outlines: OrderedDict[int, Outline] = OrderedDict()
        self._blocks: OrderedDict[int, Trades] = OrderedDict()

    def position_at(self, time: int) -> int:
        if time < self._start:
            return 0
        number = (time - self._start) // _BLOCK
        trades = self._block(number)
        return self._trades_before[number] + int(np.searchsorted(trades.published, time, side="right"))

    def position_of_id(self, trade_id: int) -> int:
        return max(trade_id - 1, 0)

    def position_of_fill(self, fill_id: int) -> int:
        number = bisect_right(self._fills_before, max(fill_id - 1, 0)) - 1
        if number == len(self._states) - 1:
            return self._trades_before[-1] + max(fill_id - self._fills_before[-1], 0)
        trades = self._block(number)
        last_fill = trades.first_fill + trades.fills - 1
        return self._trades_before[number] + int(np.searchsorted(last_fill, fill_id))

    def trades(self, start: int, stop: int) -> Trades:
        parts = []
        number = bisect_right(self._trades_before, start) - 1
        while start < stop and number < len(self._states) - 1:
            before, after = self._trades_before[number], self._trades_before[number + 1]
            if after > start:
                parts.append(self._block(number)[start - before : stop - before])
                start = min(stop, after)
            number += 1
        return Trades.concatenate(parts)

    def next_change(self, position: int, now: int) -> int:
        number = max((now - self._start) // _BLOCK, 0)
        trades = self._block(number)
        place = position - self._trades_before[number]
        if place < len(trades):
            return max(int(trades.published[place]), now + 1)
        return self._start + (number + 1) * _BLOCK

    def _outline(self, number: int) -> Outline:
        while len(self._states) <= number:
            self._outline(len(self._states) - 1)
        if number in self._outlines:
            return self._outlines[number]
        first_second = number * BLOCK_SECONDS - self._shape.history // SECOND
        pane_volatility = volatility_per_second(self._spec) * (self._shape.pane / SECOND) ** 0.5
        events = effects(
            self._schedule.between(self.symbol, first_second, first_second + BLOCK_SECONDS),
            first_second,
            BLOCK_SECONDS,
            pane_volatility,
        )
        if self._background is not None:
            ordinary = self._background.effects(self.symbol, first_second, BLOCK_SECONDS, pane_volatility)
            events = joined(ordinary, events)
        outline = draw_outline(
            self._spec,
            self._shape.seed,
            number,
            self._states[number],
            events=events,
            active=self._active(first_second),
            burstiness=self._shape.burstiness,
        )
        if number == len(self._states) - 1:
            self._append(outline.after)
        self._outlines[number] = outline
        if len(self._outlines) > _KEPT_BLOCKS:
            self._outlines.popitem(last=False)
        return outline

    def _append(self, state: BlockState) -> None:
        self._states.append(state)
        self._trades_before.append(state.trades)
        self._fills_before.append(state.fills)

    def _active(self, first_second: int) -> Floats:
        if self._spec.halted_from is None:
            return np.ones(BLOCK_SECONDS)
        halt_second = self._spec.halted_from // SECOND
        return (np.arange(first_second, first_second + BLOCK_SECONDS) < halt_second).astype(np.float64)

    def _block(self, number: int) -> Trades:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        backdating = (self._shape.backdated_share, self._shape.largest_backdating)
        trades = draw_trades(
            self._spec,
            self._shape.seed,
            number,
            self._outline(number),
            start=self._start + number * _BLOCK,
            backdating=backdating,
        )
        self._blocks[number] = trades
        if len(self._blocks) > _KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return trades
