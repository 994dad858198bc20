"""Delays of single trades, from when each was made and when what it was part of was there. Times in UTC seconds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.results import Quantiles

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def covering(positions: Integers, reached: Sequence[int]) -> Integers:
    """For each position the number of the first batch that reaches it. ``reached``: by batch, in order.

    Raises LookupError when none does.
    """
    ends = np.maximum.accumulate(np.array(reached, dtype=np.int64)) if reached else np.empty(0, np.int64)
    first = np.searchsorted(ends, positions)
    if (first == len(ends)).any():
        raise LookupError(f"no batch reaches position {positions[first == len(ends)][0]}")
    return first


def quantiles(delays: Floats) -> Quantiles:
    """Raises ValueError when there are none."""
    if not len(delays):
        raise ValueError("no trade was measured")
    p50, p99 = (float(np.quantile(delays, share)) for share in (0.5, 0.99))
    return Quantiles(len(delays), p50, p99, float(delays.max()))


def caused(batches: Integers, committed: Floats, seen: Floats) -> dict[int, float]:
    """When each batch's alerts had all been seen: the batch of an alert is the last one committed before it was seen.

    ``batches``: those that hold measured trades. ``committed``: by batch; ``seen``: one for each alert.
    """
    batch_of = np.searchsorted(committed, seen) - 1
    wanted = set(batches.tolist())
    last: dict[int, float] = {}
    for batch, at in zip(batch_of.tolist(), seen.tolist(), strict=True):
        if batch in wanted:
            last[batch] = max(last.get(batch, at), at)
    return last
