"""One look at one stream: observe, decide, act."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from cryptostream_model.logs import get_logger
from cryptostream_operator.api.parse import InvalidSpecError
from cryptostream_operator.apply.executor import Executor
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.kinds import Manifest
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.observe.cache import Cache, Key
from cryptostream_operator.observe.observer import Observer
from cryptostream_operator.plan.decide import decide, stream_of
from cryptostream_operator.plan.inputs import Policy

_LOG = get_logger(__name__)
# What changes again and again is left to rest, longer each time: somebody else changes it back.
_RESTLESS_AFTER = 6
_REST = 2.0
_LONGEST_REST = 60.0


def now_utc() -> datetime:
    """The time, to the second, as the API server writes it."""
    return datetime.now(UTC).replace(microsecond=0)


class Reconciler:
    """Safe to use from several threads, for different streams."""

    def __init__(
        self,
        cache: Cache,
        observer: Observer,
        executor: Executor,
        policy: Policy,
        metrics: OperatorMetrics,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._cache = cache
        self._observer = observer
        self._executor = executor
        self._policy = policy
        self._metrics = metrics
        self._clock = clock
        self._busy_looks: dict[Key, int] = {}

    def reconcile(self, key: Key) -> float | None:
        """Look at a stream and do what is due. Returns the seconds after which to look again, None to wait for news.
        Raises RequestError when the API server does not do what it is asked, Stopped when the operator ends."""
        started = time.perf_counter()
        outcome = "failed"
        with structlog.contextvars.bound_contextvars(stream="/".join(key)):
            try:
                again = self._look(key)
                outcome = "done"
            finally:
                self._metrics.reconcile_seconds.labels(outcome).observe(time.perf_counter() - started)
        self._metrics.last_success.set_to_current_time()
        return again

    def _look(self, key: Key) -> float | None:
        resource = self._cache.stream(key)
        if resource is None:
            self._observer.forget(key)
            self._busy_looks.pop(key, None)
            self._metrics.set_phase(key, None)
            return None
        stream, now = _stream(resource), self._clock()
        plan = decide(resource, self._observer.observe(key, stream, now), self._policy, now)
        self._metrics.set_phase(key, plan.phase)
        again = None if plan.requeue_after is None else plan.requeue_after.total_seconds()
        if plan.actions == 0:
            self._busy_looks.pop(key, None)
            return again
        outcome = self._executor.execute(resource, stream, plan, now)
        self._observer.refuse(key, outcome.refusals, outcome.applied, now)
        if outcome.writes or outcome.outdated or outcome.refusals:
            return self._soon(key)
        return again

    def _soon(self, key: Key) -> float:
        looks = self._busy_looks[key] = self._busy_looks.get(key, 0) + 1
        if looks <= _RESTLESS_AFTER:
            return 0.05
        return float(min(_LONGEST_REST, _REST * 2 ** min(looks - _RESTLESS_AFTER, 10)))


def _stream(resource: Manifest) -> Stream | None:
    try:
        return stream_of(resource)
    except InvalidSpecError:
        return None
