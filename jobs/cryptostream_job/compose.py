"""A sliding window composed of its panes (stream slicing): plain values in, one plain value out."""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from cryptostream_job.model import Geometry, Pane, Window
from cryptostream_job.returns import log_return


def compose_window(panes: Sequence[Pane], geometry: Geometry, end: int, symbol: str, exchange: str) -> Window:
    """The window ``[end - geometry.window, end)`` of one symbol, ``end`` in UTC microseconds.

    Panes may come in any order and are merged in order of their start; panes outside the window are left out; a pane
    that is not given had no records. Without trades, prices and statistics are None and sums 0.

    Raises ValueError when ``end`` is not on the slide's grid, when a pane in the window is of another symbol or starts
    off the pane's grid, or when two panes have the same start.
    """
    if end % geometry.slide:
        raise ValueError(f"window end {end} us is not a multiple of the slide {geometry.slide} us")
    start = end - geometry.window
    inside = sorted((pane for pane in panes if start <= pane.start < end), key=lambda pane: pane.start)
    _check(inside, geometry, symbol)
    traded = [pane for pane in inside if pane.trades]
    trades = sum(pane.trades for pane in traded)
    mean, m2 = merge_moments((pane.trades, pane.mean_price or 0.0, pane.m2_price or 0.0) for pane in traded)
    first = min(traded, key=lambda pane: pane.first_id or 0, default=None)
    last = max(traded, key=lambda pane: pane.last_id or 0, default=None)
    volume = math.fsum(pane.volume for pane in inside)
    quote_volume = math.fsum(pane.quote_volume for pane in inside)
    return Window(
        symbol=symbol,
        exchange=exchange,
        start=start,
        end=end,
        trades=trades,
        first_id=first.first_id if first else None,
        last_id=last.last_id if last else None,
        open=first.open if first else None,
        high=max((pane.high for pane in traded if pane.high is not None), default=None),
        low=min((pane.low for pane in traded if pane.low is not None), default=None),
        close=last.close if last else None,
        mean_price=mean if trades else None,
        stddev_price=math.sqrt(m2 / trades) if trades else None,
        vwap=quote_volume / volume if volume else None,
        realized_volatility=realized_volatility([pane.close for pane in traded if pane.close is not None]),
        volume=volume,
        quote_volume=quote_volume,
        taker_buy_volume=math.fsum(pane.taker_buy_volume for pane in inside),
        taker_buy_quote_volume=math.fsum(pane.taker_buy_quote_volume for pane in inside),
        rush_orders=sum(pane.rush_orders for pane in inside),
        rush_volume=math.fsum(pane.rush_volume for pane in inside),
        rush_buy_orders=sum(pane.rush_buy_orders for pane in inside),
        late_trades=sum(pane.late_trades for pane in inside),
        missing_ids=sum(pane.missing_ids for pane in inside),
        backfilled_trades=sum(pane.backfilled_trades for pane in inside),
    )


def merge_moments(parts: Iterable[tuple[int, float, float]]) -> tuple[float, float]:
    """Mean and sum of squared deviations (M2) of a union, from (count, mean, M2) of its disjoint parts.

    The pairwise rule of Chan, Golub and LeVeque (1979), "Updating formulae and a pairwise algorithm for computing
    sample variances", for all parts at once: ``M2 = sum(M2_i + n_i (mean_i - mean)^2)``. Means are taken relative to
    the first one, so that a spread of one tick on a price of 100,000 keeps its digits. (0.0, 0.0) without values.
    """
    filled = [part for part in parts if part[0]]
    if not filled:
        return 0.0, 0.0
    count = sum(n for n, _, _ in filled)
    reference = filled[0][1]
    shifts = [mean - reference for _, mean, _ in filled]
    shift = math.fsum(n * s for (n, _, _), s in zip(filled, shifts, strict=True)) / count
    m2 = math.fsum(
        term for (n, _, part), s in zip(filled, shifts, strict=True) for term in (part, n * (s - shift) * (s - shift))
    )
    return reference + shift, m2


def realized_volatility(closes: Sequence[Decimal]) -> float | None:
    """Square root of the sum of squared log returns between consecutive closes; None with fewer than two.

    Andersen and Bollerslev (1998), not annualised: in log-return units of the whole span.
    """
    if len(closes) < 2:
        return None
    returns = [log_return(before, after) for before, after in pairwise(closes)]
    return math.sqrt(math.fsum(r * r for r in returns))


def _check(panes: Sequence[Pane], geometry: Geometry, symbol: str) -> None:
    for pane in panes:
        if pane.symbol != symbol:
            raise ValueError(f"a pane of {pane.symbol} in a window of {symbol}")
        if pane.start % geometry.pane:
            raise ValueError(f"pane start {pane.start} us of {symbol} is not a multiple of the pane {geometry.pane} us")
    for before, after in pairwise(panes):
        if before.start == after.start:
            raise ValueError(f"two panes of {symbol} start at {after.start} us")
