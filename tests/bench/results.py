"""What a run of the benchmark has found: kept as JSON, from which the report is drawn."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from bench.machine import Machine
from bench.plan import Shape
from bench.stored import Stored
from bench.usage import Usage

Pipeline = Literal["ours", "naive"]


@dataclass(frozen=True, slots=True)
class Drained:
    """One job working off a backlog. Seconds.

    ``start_up``: from the start of its process until its query runs; ``drain``: from there until the last trade is in
    the database; ``resumed``: the same for ``further`` trades that came while the job was stopped by a signal.
    ``usage`` and ``stored`` are those of start-up and drain.
    """

    pipeline: Pipeline
    repeat: int
    shape: Shape
    trades: int
    further: int
    start_up: float
    drain: float
    resumed: float
    usage: Usage
    resumed_usage: Usage
    stored: Stored


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Seconds, of ``count`` trades."""

    count: int
    p50: float
    p99: float
    largest: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Trades of a live market at ``rate`` a second. ``row``: from the trade until its row is in the database.

    ``alert``: from the trade until an alert's record that its batch caused can be read from Kafka; None where there
    are no alerts, as in the naive pipeline. ``alerts``: records that were seen.
    """

    pipeline: Pipeline
    repeat: int
    rate: int
    row: Quantiles
    alert: Quantiles | None
    alerts: int
    usage: Usage
    stored: Stored


@dataclass(frozen=True, slots=True)
class Recovered:
    """A job that was killed at ``rate`` trades a second and started again ``outage`` seconds later. ``seconds``: from
    then until all that had been traded by then was in the database."""

    pipeline: Pipeline
    repeat: int
    rate: int
    outage: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Produced:
    """A producer at ``rate`` trades a second: what the exchange sent and what was committed to Kafka, trades a second
    over the same stretch, and whether the producer kept up.

    ``usage`` is that of the stretch, of producer, broker and simulator.
    """

    pipeline: Pipeline
    repeat: int
    rate: int
    sent: float
    committed: float
    kept_up: bool
    usage: Usage


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine allows, in records or frames a second.

    ``spark_read``, ``spark_parse``: the job's topic read by Spark, and read and parsed. ``consume``: read by librdkafka
    into Python. ``produce``: written by librdkafka from Python in transactions. ``socket``, ``websocket``: frames of an
    exchange through a loopback socket as bytes, and taken apart by the producer's WebSocket library.
    """

    repeat: int
    spark_read: float
    spark_parse: float
    consume: float
    produce: float
    socket: float
    websocket: float


@dataclass
class Results:
    """All that was measured. ``began``: UTC, ISO 8601. ``verified``: runs of ours that `cryptostream verify` passed."""

    machine: Machine
    extent: str
    began: str
    seconds: float = 0.0
    verified: int = 0
    drains: list[Drained] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)
    recoveries: list[Recovered] = field(default_factory=list)
    producers: list[Produced] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)
    growth: list[Drained] = field(default_factory=list)


_ADAPTER = TypeAdapter(Results)


def save(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_ADAPTER.dump_json(results, indent=1) + b"\n")


def load(path: Path) -> Results:
    """Raises pydantic's ValidationError for a file of another version."""
    return _ADAPTER.validate_json(path.read_bytes())
