"""Counts of latencies in bins: quantiles of any number of them in fixed memory."""

import numpy as np
from numpy.typing import NDArray

_FINE_BINS = 60_000
_BINS = 65_536
_FINE = 1_000
_COARSE = 1_000_000
_COARSE_FROM = _FINE_BINS * _FINE


def bins_of(latencies: NDArray[np.int64]) -> NDArray[np.uint16]:
    """The bin of each latency in microseconds: 1 ms wide up to a minute, 1 s wide beyond; the last one is open.

    What is below zero, which clocks that disagree can bring about, falls into the first bin.
    """
    fine = latencies // _FINE
    coarse = _FINE_BINS + (latencies - _COARSE_FROM) // _COARSE
    bins = np.where(latencies < _COARSE_FROM, fine, coarse)
    return np.clip(bins, 0, _BINS - 1).astype(np.uint16)


class LatencyHistogram:
    """How many latencies fell into each bin."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, dtype=np.int64)
        self.total = 0

    def add(self, bins: NDArray[np.uint16]) -> None:
        np.add.at(self._counts, bins, 1)
        self.total += len(bins)

    def remove(self, bins: NDArray[np.uint16]) -> None:
        """Take out what was added before."""
        np.subtract.at(self._counts, bins, 1)
        self.total -= len(bins)

    def quantiles(self, *shares: float) -> list[float | None]:
        """The nearest-rank quantile of each share, in seconds: the upper edge of its bin, so never too small.

        None for each while nothing was counted.
        """
        if not self.total:
            return [None] * len(shares)
        ranks = [max(1, int(np.ceil(share * self.total))) for share in shares]
        found = np.searchsorted(np.cumsum(self._counts), ranks)
        return [_upper_edge(int(bin_)) for bin_ in found]


def _upper_edge(bin_: int) -> float:
    if bin_ < _FINE_BINS:
        return (bin_ + 1) * _FINE / 1e6
    return (_COARSE_FROM + (bin_ - _FINE_BINS + 1) * _COARSE) / 1e6
