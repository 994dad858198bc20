"""The ledger: one row a micro-batch, and its sums by minute and hour."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from cryptostream_job.batch import SymbolStep
from cryptostream_job.latency import latency_counts
from cryptostream_job.times import to_microseconds
from cryptostream_model.streams import StreamName

_SUMS = ("batches", "changed_panes", "closed_windows", "alerts", "trades", "live_trades", "seconds")
_ROLLUPS = {"crypto_batches_1m": "1 minute", "crypto_batches_1h": "1 hour"}


@dataclass(frozen=True, slots=True)
class BatchLabel:
    """Which batch of which checkpoint and epoch a transaction belongs to."""

    stream: StreamName
    checkpoint: str
    batch_id: int
    epoch: int


def last_written_batch(connection: Connection, stream: StreamName, checkpoint: str) -> int | None:
    """The highest batch id of a checkpoint that the database knows, None when it knows none."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(batch_id) FROM crypto_batches WHERE stream = %s AND checkpoint = %s", (str(stream), checkpoint)
        )
        row = cursor.fetchone()
    return None if row is None else row[0]


def write_ledger(cursor: Cursor, label: BatchLabel, steps: Sequence[SymbolStep], began: float) -> datetime:
    """Enter a batch and add it to its minute and hour, unless the ledger has it already. Returns the commit's time.

    ``began`` is ``time.monotonic()`` at the beginning of the batch.
    """
    seconds = time.monotonic() - began
    row = {
        "changed_panes": sum(len(step.panes) for step in steps),
        "closed_windows": sum(len(step.windows) for step in steps),
        "alerts": sum(len(step.alerts) for step in steps),
        "trades": sum(step.trades for step in steps),
        "live_trades": sum(span.count for step in steps for span in step.live),
        "seconds": seconds,
    }
    entry = {
        "stream": str(label.stream),
        "checkpoint": label.checkpoint,
        "batch_id": label.batch_id,
        "epoch": label.epoch,
        "positions": orjson.dumps({step.state.symbol: step.state.last_id for step in steps}).decode(),
        **row,
    }
    cursor.execute(
        f"INSERT INTO crypto_batches ({', '.join(entry)}, committed_at) "
        f"VALUES ({', '.join(f'%({name})s' for name in entry)}, clock_timestamp()) "
        "ON CONFLICT (stream, checkpoint, batch_id) DO UPDATE SET epoch = crypto_batches.epoch "
        "RETURNING committed_at, xmax = 0",
        entry,
    )
    found = cursor.fetchone()
    if found is None:
        raise RuntimeError("the database returned no commit time")
    committed_at: datetime = found[0]
    if found[1]:
        latency = latency_counts([span for step in steps for span in step.live], to_microseconds(committed_at))
        bucket = {
            "stream": str(label.stream),
            "batches": 1,
            **row,
            "slowest_seconds": seconds,
            "latency": latency,
        }
        for table, width in _ROLLUPS.items():
            _add_to_bucket(cursor, table, width, committed_at, bucket)
    return committed_at


def _add_to_bucket(cursor: Cursor, table: str, width: str, committed_at: datetime, bucket: dict[str, object]) -> None:
    sums = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _SUMS)
    cursor.execute(
        f"INSERT INTO {table} AS kept (bucket, {', '.join(bucket)}) "
        f"VALUES (date_bin(%(width)s, %(committed_at)s, 'epoch'), {', '.join(f'%({name})s' for name in bucket)}) "
        f"ON CONFLICT (stream, bucket) DO UPDATE SET {sums}, "
        "slowest_seconds = greatest(kept.slowest_seconds, excluded.slowest_seconds), "
        "latency = crypto_latency_add(kept.latency, excluded.latency)",
        {**bucket, "width": width, "committed_at": committed_at},
    )
