"""Prometheus metrics of the simulator."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """A registry of its own, so that several exchanges can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.connections = Gauge(
            "cryptostream_simulator_connections", "Open WebSocket connections", registry=self._registry
        )
        self.events = Gauge(
            "cryptostream_simulator_events_sent",
            "Stream events sent over all connections since the start",
            registry=self._registry,
        )
        self.rest_calls = Counter(
            "cryptostream_simulator_rest_calls",
            "REST calls by path and status",
            ["path", "status"],
            registry=self._registry,
        )
        self.faults = Gauge(
            "cryptostream_simulator_faults", "Times a fault has struck", ["kind"], registry=self._registry
        )
        self.clock = Gauge(
            "cryptostream_simulator_clock_seconds", "The exchange's time, Unix seconds", registry=self._registry
        )

    def render(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self._registry)
