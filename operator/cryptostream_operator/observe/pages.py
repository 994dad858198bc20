"""Reads the pages of running producers and drivers: metrics once a minute, /readyz of those not ready oftener."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptostream_model.logs import get_logger
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

_LOG = get_logger(__name__)
_ASK_AGAIN = timedelta(seconds=9)
_LONGEST_SENTENCE = 300
_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read last."""

    at: datetime | None = None
    producers: Mapping[str, ProducerPage] = field(default_factory=dict)
    rate: float | None = None
    job: JobPage | None = None
    drivers: frozenset[str] = frozenset()
    """Which drivers were asked: what another one said is not what a new one would."""
    not_ready: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    asked: datetime | None = None
    is_being_read: bool = False
    seen: _Seen = field(default_factory=_Seen)


def at_once(work: Callable[[], None]) -> None:
    """Read while the stream is looked at."""
    work()


class Pages:
    """The readings of all streams. Pods that cannot be reached answer late or never: no look waits for them, nor any
    other stream. Safe to use from several threads, for different streams."""

    def __init__(self, read: Read, interval: timedelta, submit: Callable[[Callable[[], None]], object]) -> None:
        """``submit`` does the work that it is given, at once or elsewhere."""
        self._read = read
        self._interval = interval
        self._submit = submit
        self._lock = threading.Lock()
        self._known: dict[Key, _Known] = {}
        self._stopped = threading.Event()
        self.on_read: Callable[[Key], None] | None = None
        """Is told of streams that have been read anew."""

    def look(self, key: Key, pods: Iterable[Manifest], now: datetime) -> Readings:
        """What the stream's parts said last, and have them asked again when it is time. What cannot be read is left
        out."""
        running = [pod for pod in pods if _runs(pod)]
        with self._lock:
            known = self._known.setdefault(key, _Known())
            is_due = not known.is_being_read and (known.asked is None or now - known.asked >= _ASK_AGAIN)
            if is_due:
                known.asked, known.is_being_read = now, True
        if is_due:
            self._submit(lambda: self._ask(key, known, running, now))
        return _readings(known.seen, running, now)

    def forget(self, key: Key) -> None:
        """Forget a stream that is gone."""
        with self._lock:
            self._known.pop(key, None)

    def stop(self) -> None:
        """Ask nobody any more."""
        self._stopped.set()

    def _ask(self, key: Key, known: _Known, running: list[Manifest], now: datetime) -> None:
        try:
            seen = known.seen
            is_due = seen.at is None or now - seen.at >= self._interval
            if is_due or (_drivers(running) and (seen.job is None or seen.drivers != _drivers(running))):
                seen = self._metrics(seen, running, now)
            known.seen = replace(seen, not_ready=self._words(running))
        except Exception:  # noqa: BLE001 - nobody waits for the answer of this thread
            _LOG.exception("an error of the operator's own", stream="/".join(key))
        finally:
            known.is_being_read = False
        if self.on_read is not None and not self._stopped.is_set():
            self.on_read(key)

    def _metrics(self, before: _Seen, running: list[Manifest], now: datetime) -> _Seen:
        producers: dict[str, ProducerPage] = {}
        job: JobPage | None = None
        for pod in running:
            samples = self._page(pod, "/metrics")
            if samples is None or samples[0] != http.client.OK:
                continue
            try:
                parsed = parse(samples[1])
            except ValueError:
                continue
            if _component(pod) == DRIVER:
                job = job_page(parsed)
            else:
                producers[pod["metadata"]["name"]] = producer_page(parsed, now)
        speed = rate(before.producers, producers)
        return _Seen(now, producers, speed, job, _drivers(running), before.not_ready)

    def _words(self, running: list[Manifest]) -> dict[str, str]:
        """What those say that are not ready."""
        found = {}
        for pod in running:
            # A driver's readiness is that of its pages: whether the job is ready, it says there.
            if is_ready(pod) and _component(pod) != DRIVER:
                continue
            answer = self._page(pod, "/readyz")
            if answer is not None and answer[0] == http.client.SERVICE_UNAVAILABLE:
                found[pod["metadata"]["name"]] = " ".join(answer[1].split())[:_LONGEST_SENTENCE]
        return found

    def _page(self, pod: Manifest, page: str) -> tuple[int, str] | None:
        if self._stopped.is_set():
            return None
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


def _readings(known: _Seen, running: list[Manifest], now: datetime) -> Readings:
    ages = [page.last_trade_age for page in known.producers.values() if page.last_trade_age is not None]
    job = known.job if known.drivers == _drivers(running) else None
    seconds = None if job is None or job.last_batch is None or known.at is None else job.last_batch
    return Readings(
        trades_per_second=known.rate,
        last_trade_age=timedelta(seconds=max(ages)) if ages else None,
        gaps=sum(page.gaps for page in known.producers.values()) if known.producers else None,
        last_batch_age=_age(seconds, known.at or now),
        open_alerts=None if job is None else job.open_alerts,
        database_away=None if job is None else job.database_away,
        not_ready=dict(known.not_ready),
        job_read=job is not None and bool(_drivers(running)),
        job_asked=known.drivers == _drivers(running),
    )


def _age(batch: float | None, at: datetime) -> timedelta | None:
    return None if batch is None else timedelta(seconds=max(0.0, at.timestamp() - batch))


def _runs(pod: Manifest) -> bool:
    return (
        _component(pod) in (PRODUCER, DRIVER)
        and pod.get("status", {}).get("phase") == "Running"
        and not pod["metadata"].get("deletionTimestamp")
    )


def _drivers(pods: list[Manifest]) -> frozenset[str]:
    return frozenset(str(pod["metadata"].get("uid")) for pod in pods if _component(pod) == DRIVER)


def _component(pod: Manifest) -> str:
    return str((pod["metadata"].get("labels") or {}).get(COMPONENT, ""))
