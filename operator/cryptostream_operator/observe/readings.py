"""What the parts say on their /metrics and /readyz pages, boiled down to what the status shows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

Samples = Mapping[str, Iterable[tuple[Mapping[str, str], float]]]
"""Name of a sample -> its labels and value."""

_TRADES = "cryptostream_producer_records_total"
_AGE = "cryptostream_producer_last_trade_age_seconds"
_GAPS = "cryptostream_producer_gaps_unfillable_total"
_LAST_BATCH = "cryptostream_job_last_batch_timestamp_seconds"
_OPEN_ALERTS = "cryptostream_job_open_alerts"
_WAITING = "cryptostream_job_waiting"


@dataclass(frozen=True, slots=True)
class ProducerPage:
    """What one producer counts."""

    at: datetime
    trades: float
    last_trade_age: float | None
    gaps: int


@dataclass(frozen=True, slots=True)
class JobPage:
    """What the job counts."""

    last_batch: float | None
    open_alerts: int | None
    database_away: bool


def parse(text: str) -> Samples:
    """The samples of a page. Raises ValueError for what is no exposition."""
    found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, float(sample.value)))
    return found


def producer_page(samples: Samples, at: datetime) -> ProducerPage:
    """What a producer's page says."""
    ages = [value for _, value in samples.get(_AGE, ())]
    return ProducerPage(
        at=at,
        trades=sum(value for labels, value in samples.get(_TRADES, ()) if labels.get("type") == "trade"),
        last_trade_age=max(ages, default=None),
        gaps=int(sum(value for _, value in samples.get(_GAPS, ()))),
    )


def job_page(samples: Samples) -> JobPage:
    """What the job's page says."""
    batches = [value for _, value in samples.get(_LAST_BATCH, ()) if value > 0]
    alerts = [value for _, value in samples.get(_OPEN_ALERTS, ())]
    away = any(value > 0 and labels.get("part") == "database" for labels, value in samples.get(_WAITING, ()))
    return JobPage(max(batches, default=None), int(sum(alerts)) if alerts else None, away)


def rate(before: Mapping[str, ProducerPage], after: Mapping[str, ProducerPage]) -> float | None:
    """Trades a second of all producers between two looks; None while none was seen twice."""
    rates = []
    for pod, page in after.items():
        former = before.get(pod)
        if former is None or page.at <= former.at:
            continue
        # A counter that fell has begun anew.
        counted = page.trades - former.trades if page.trades >= former.trades else page.trades
        rates.append(counted / ((page.at - former.at) / timedelta(seconds=1)))
    return sum(rates) if rates else None
