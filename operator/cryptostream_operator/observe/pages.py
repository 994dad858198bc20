"""Reads the pages of running producers and drivers: metrics once a minute, /readyz of those not ready oftener."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptostream_operator.builders.image_layout import DRIVER_PORT, PRODUCER_PORT
from cryptostream_operator.builders.producers import COMPONENT as PRODUCER
from cryptostream_operator.builders.spark import DRIVER
from cryptostream_operator.kinds import Manifest
from cryptostream_operator.labels import COMPONENT
from cryptostream_operator.observe.cache import Key
from cryptostream_operator.observe.readings import JobPage, ProducerPage, job_page, parse, producer_page, rate
from cryptostream_operator.plan.inputs import Readings
from cryptostream_operator.plan.troubles import is_ready

Read = Callable[[Manifest, int, str], tuple[int, str]]
"""(pod, port, page) -> status and text. Raises OSError without an answer."""

_ASK_AGAIN = timedelta(seconds=9)
_LONGEST_SENTENCE = 300
_TIMEOUT = 2.0


@dataclass(slots=True)
class _Known:
    at: datetime | None = None
    asked: datetime | None = None
    producers: dict[str, ProducerPage] = field(default_factory=dict)
    rate: float | None = None
    job: JobPage | None = None
    not_ready: dict[str, str] = field(default_factory=dict)


class Pages:
    """The readings of all streams. One stream is never read by two threads at once."""

    def __init__(self, read: Read, interval: timedelta) -> None:
        self._read = read
        self._interval = interval
        self._lock = threading.Lock()
        self._known: dict[Key, _Known] = {}

    def look(self, key: Key, pods: Iterable[Manifest], now: datetime) -> Readings:
        """What the stream's parts say. What cannot be read is left out."""
        running = [pod for pod in pods if _runs(pod)]
        with self._lock:
            known = self._known.setdefault(key, _Known())
        if known.asked is None or now - known.asked >= _ASK_AGAIN:
            known.asked = now
            is_due = known.at is None or now - known.at >= self._interval
            if is_due or (known.job is None and _drivers(running)):
                self._metrics(known, running, now)
            self._readiness(known, running)
        return _readings(known, running, now)

    def forget(self, key: Key) -> None:
        """Forget a stream that is gone."""
        with self._lock:
            self._known.pop(key, None)

    def _metrics(self, known: _Known, running: list[Manifest], now: datetime) -> None:
        producers: dict[str, ProducerPage] = {}
        known.at, known.job = now, None
        for pod in running:
            samples = self._page(pod, "/metrics")
            if samples is None or samples[0] != http.client.OK:
                continue
            try:
                parsed = parse(samples[1])
            except ValueError:
                continue
            if _component(pod) == DRIVER:
                known.job = job_page(parsed)
            else:
                producers[pod["metadata"]["name"]] = producer_page(parsed, now)
        known.rate = rate(known.producers, producers)
        known.producers = producers

    def _readiness(self, known: _Known, running: list[Manifest]) -> None:
        known.not_ready = {}
        for pod in running:
            # A driver's readiness is that of its pages: whether the job is ready, it says there.
            if is_ready(pod) and _component(pod) != DRIVER:
                continue
            answer = self._page(pod, "/readyz")
            if answer is not None and answer[0] == http.client.SERVICE_UNAVAILABLE:
                known.not_ready[pod["metadata"]["name"]] = " ".join(answer[1].split())[:_LONGEST_SENTENCE]

    def _page(self, pod: Manifest, page: str) -> tuple[int, str] | None:
        port = DRIVER_PORT if _component(pod) == DRIVER else PRODUCER_PORT
        try:
            return self._read(pod, port, page)
        except OSError:
            return None


def read_directly(pod: Manifest, port: int, page: str) -> tuple[int, str]:
    """A page at the pod's own address. Raises OSError without an answer."""
    address = pod["status"].get("podIP") or ""
    host = f"[{address}]" if ":" in address else address
    try:
        with urllib.request.urlopen(f"http://{host}:{port}{page}", timeout=_TIMEOUT) as answer:
            return int(answer.status), answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise OSError(str(error)) from None


def _readings(known: _Known, running: list[Manifest], now: datetime) -> Readings:
    ages = [page.last_trade_age for page in known.producers.values() if page.last_trade_age is not None]
    job = known.job
    seconds = None if job is None or job.last_batch is None or known.at is None else job.last_batch
    return Readings(
        trades_per_second=known.rate,
        last_trade_age=timedelta(seconds=max(ages)) if ages else None,
        gaps=sum(page.gaps for page in known.producers.values()) if known.producers else None,
        last_batch_age=_age(seconds, known.at or now),
        open_alerts=None if job is None else job.open_alerts,
        database_away=None if job is None else job.database_away,
        not_ready=dict(known.not_ready),
        job_read=job is not None and _drivers(running),
    )


def _age(batch: float | None, at: datetime) -> timedelta | None:
    return None if batch is None else timedelta(seconds=max(0.0, at.timestamp() - batch))


def _runs(pod: Manifest) -> bool:
    return (
        _component(pod) in (PRODUCER, DRIVER)
        and pod.get("status", {}).get("phase") == "Running"
        and not pod["metadata"].get("deletionTimestamp")
    )


def _drivers(pods: list[Manifest]) -> bool:
    return any(_component(pod) == DRIVER for pod in pods)


def _component(pod: Manifest) -> str:
    return str((pod["metadata"].get("labels") or {}).get(COMPONENT, ""))
