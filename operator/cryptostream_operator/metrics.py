"""The operator's Prometheus metrics, in a registry of their own."""

import threading
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from cryptostream_operator.api.status import Phase

_PREFIX = "cryptostream_operator"
PHASES: tuple[str, ...] = get_args(Phase)


class OperatorMetrics:
    """Every metric of the operator."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.streams = Gauge(f"{_PREFIX}_streams", "CryptoStreams by phase", ["phase"], registry=registry)
        self.reconcile_seconds = Histogram(
            f"{_PREFIX}_reconcile_seconds",
            "Duration of one look at a stream",
            ["outcome"],
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
            registry=registry,
        )
        self.requests = Counter(
            f"{_PREFIX}_requests", "Requests to the API server", ["verb", "kind", "code"], registry=registry
        )
        self.queue_depth = Gauge(f"{_PREFIX}_queue_depth", "Streams that wait to be looked at", registry=registry)
        self.last_success = Gauge(
            f"{_PREFIX}_last_success_timestamp_seconds", "Host time of the last look without error", registry=registry
        )
        self.last_success.set_to_current_time()
        self.namespace_denied = Gauge(
            f"{_PREFIX}_namespace_denied",
            "1 for a namespace of the settings that may not be listed, else 0",
            ["watched_namespace"],
            registry=registry,
        )
        self.scanning_denied = Gauge(
            f"{_PREFIX}_scanning_denied", "1 when the rights that scanning takes are missing, else 0", registry=registry
        )
        self._phases: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        for phase in PHASES:
            self.streams.labels(phase).set(0)

    def set_phase(self, key: tuple[str, str], phase: str | None) -> None:
        """Note a stream's phase, None when it is gone."""
        with self._lock:
            before = self._phases.pop(key, None)
            if phase is not None:
                self._phases[key] = phase
            if before == phase:
                return
            if before is not None:
                self.streams.labels(before).dec()
            if phase is not None:
                self.streams.labels(phase).inc()
