"""Panes straight from columns of trades, by the rules of docs/data-contracts.md, without Kafka and Spark."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cryptostream_job.columns import PANE_COLUMNS
from cryptostream_job.model import Geometry, Pane
from cryptostream_simulator.decimals import SCALE
from cryptostream_simulator.trades import Trades

_DECIMALS = 8
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Trades grouped by pane: first row of each group, its pane's start, and how many rows it has."""

    trades: Trades
    first: Integers
    start: Integers
    count: Integers

    def total(self, values: Floats | Integers | NDArray[np.bool_]) -> Any:
        return np.add.reduceat(values, self.first) if len(self.first) else values[:0]


def panes_of(trades: Trades, geometry: Geometry, symbol: str, exchange: str) -> list[Pane]:
    """Every pane from the first trade to the last one, those without trades too, in order.

    The clock runs on between trades as the producer's progress records make it, so each pane's clock is its last
    microsecond; the last pane's is that of the last trade. Ids that are missing between two trades count where a gap
    record would stand: at the clock before them.
    """
    if not len(trades):
        return []
    clock = np.maximum.accumulate(trades.time)
    own = trades.time - trades.time % geometry.pane
    late = own + geometry.pane + geometry.allowed_lateness <= clock
    placed = np.where(late, clock - clock % geometry.pane, own)
    missing = np.diff(trades.id) - 1
    holes = np.flatnonzero(missing > 0)

    first, last = int(placed.min()), int(placed.max())
    late_by_pane = _tally(placed[late], np.ones(int(late.sum()), dtype=np.int64))
    missing_by_pane = _tally(clock[holes] - clock[holes] % geometry.pane, missing[holes])
    filled = dict(_filled(_grouped(trades[~late], own[~late])))
    panes = []
    for start in range(first, last + 1, geometry.pane):
        values = filled.get(start) or _EMPTY
        panes.append(
            Pane(
                symbol=symbol,
                exchange=exchange,
                start=start,
                late_trades=late_by_pane.get(start, 0),
                missing_ids=missing_by_pane.get(start, 0),
                backfilled_trades=0,
                first_clock=start,
                clock=int(clock[-1]) if start == last else start + geometry.pane - 1,
                partition=0,
                **values,
            )
        )
    return panes


def _grouped(trades: Trades, panes: Integers) -> _Grouped:
    """In order of pane, within it of id."""
    order = np.argsort(panes, kind="stable")
    ordered = panes[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else order
    count = np.diff(np.append(first, len(ordered)))
    return _Grouped(_taken(trades, order), first, ordered[first], count)


def _filled(grouped: _Grouped) -> Iterator[tuple[int, dict[str, Any]]]:
    """The statistics of each pane that has on-time trades, by its start."""
    trades, first, count = grouped.trades, grouped.first, grouped.count
    if not len(first):
        return
    price, quantity = trades.price / SCALE, trades.quantity / SCALE
    quote, bought, rush = price * quantity, ~trades.buyer_is_maker, trades.fills >= 2
    mean = grouped.total(price) / count
    deviation = price - np.repeat(mean, count)
    last = first + count - 1
    columns = (
        grouped.start,
        count,
        trades.id[first],
        trades.id[last],
        trades.price[first],
        np.maximum.reduceat(trades.price, first),
        np.minimum.reduceat(trades.price, first),
        trades.price[last],
        mean,
        grouped.total(deviation * deviation),
        grouped.total(quantity),
        grouped.total(quote),
        grouped.total(quantity * bought),
        grouped.total(quote * bought),
        grouped.total(rush.astype(np.int64)),
        grouped.total(quote * rush),
        grouped.total((rush & bought).astype(np.int64)),
    )
    for start, *values in zip(*(column.tolist() for column in columns), strict=True):
        fields = dict(zip(_NAMES, values, strict=True))
        for name in _PRICES:
            fields[name] = Decimal(fields[name]).scaleb(-_DECIMALS)
        yield start, fields


_NAMES = PANE_COLUMNS[PANE_COLUMNS.index("trades") : PANE_COLUMNS.index("late_trades")]
_PRICES = ("open", "high", "low", "close")
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(_NAMES, 0),
    **dict.fromkeys(("volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume", "rush_volume"), 0.0),
    **dict.fromkeys(("first_id", "last_id", *_PRICES, "mean_price", "m2_price")),
}


def _taken(trades: Trades, order: Integers) -> Trades:
    return Trades(*(getattr(trades, name)[order] for name in Trades.__slots__))


def _tally(panes: Integers, amounts: Integers) -> dict[int, int]:
    """The sum of amounts by pane."""
    starts, place = np.unique(panes, return_inverse=True)
    sums = np.zeros(len(starts), dtype=np.int64)
    np.add.at(sums, place, amounts)
    return dict(zip(starts.tolist(), sums.tolist(), strict=True))
