"""Latency per trade: from its sending by the exchange to the commit of the first batch that covers its id."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cryptostream_model.streams import StreamName
from harness.database import rows
from harness.kafka import read_topic, values_by_symbol

Commits = Sequence[tuple[datetime, Mapping[str, int | None]]]
"""Batches in order of their commit: its time, and the highest id of each symbol that moved."""


def commits_of(url: str, stream: StreamName) -> Commits:
    """The ledger of a stream."""
    found = rows(
        url,
        "SELECT committed_at, positions FROM crypto_batches WHERE stream = %s ORDER BY committed_at",
        str(stream),
    )
    return [(row["committed_at"], row["positions"]) for row in found]


def live_trades(bootstrap: str, stream: StreamName, begin: int, end: int) -> dict[str, list[dict[str, Any]]]:
    """Trades that came over the stream and were sent in ``[begin, end)`` (UTC microseconds), by symbol."""
    return {
        symbol: [
            record
            for record in records
            if record["type"] == "trade" and not record["backfilled"] and begin <= record["eventTime"] < end
        ]
        for symbol, records in values_by_symbol(read_topic(bootstrap, stream.trades_topic)).items()
    }


def latencies(trades: Mapping[str, Iterable[Mapping[str, Any]]], commits: Commits) -> NDArray[np.float64]:
    """Seconds of every trade. Raises LookupError when a trade is in no batch."""
    found = [np.empty(0)]
    for symbol, records in trades.items():
        moved = [
            (committed_at.timestamp(), positions[symbol])
            for committed_at, positions in commits
            if positions.get(symbol) is not None
        ]
        committed = np.array([moment for moment, _ in moved])
        covered = np.maximum.accumulate(np.array([highest for _, highest in moved], dtype=np.int64))
        sent = np.array([(record["id"], record["eventTime"]) for record in records], dtype=np.int64).reshape(-1, 2)
        first = np.searchsorted(covered, sent[:, 0])
        if (first == len(covered)).any():
            raise LookupError(f"{symbol}: no batch covers trade {sent[first == len(covered), 0][0]}")
        found.append(committed[first] - sent[:, 1] / 1e6)
    return np.concatenate(found)
