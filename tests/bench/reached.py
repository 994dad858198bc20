"""Until when our job has committed what."""

from collections.abc import Mapping

from bench.world import Place
from harness.database import rows
from harness.job import RunningJob
from harness.trade_latency import commits_of
from harness.waiting import until

PATIENCE = 900.0
"""Seconds that a job may need for anything."""


def await_commit(place: Place, job: RunningJob, wanted: Mapping[str, int]) -> float:
    """Wait until the job has these ids by symbol in the database; returns when the last was, UTC seconds."""

    def missing() -> dict[str, int]:
        job.alive()
        found = rows(place.url, "SELECT symbol, last_id FROM crypto_symbols WHERE stream = %s", str(place.stream))
        reached = {row["symbol"]: row["last_id"] or 0 for row in found}
        return {symbol: last for symbol, last in wanted.items() if reached.get(symbol, 0) < last}

    until(lambda: not missing(), lambda: f"the job to reach {missing()}:\n{job.log(20)}", PATIENCE, 0.2)
    left = dict(wanted)
    for at, positions in commits_of(place.url, place.stream):
        left = {symbol: last for symbol, last in left.items() if (positions.get(symbol) or 0) < last}
        if not left:
            return at.timestamp()
    raise LookupError(f"the ledger holds no batch that reaches {left}")
