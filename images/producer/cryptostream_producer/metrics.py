"""The producer's Prometheus metrics, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_PREFIX = "cryptostream_producer"
_LATENCY_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class ProducerMetrics:
    """Every metric of one process. Counters are fed in steps, not once a message."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = self._counter("messages", "Frames received over WebSocket", "kind")
        self.records = self._counter("records", "Records committed to the trades topic", "type")
        self.backfilled = self._counter("backfilled_trades", "Committed trades that came over REST")
        self.duplicates = self._counter("duplicates", "Live trades dropped because their id was already known")
        self.implausible = self._counter(
            "implausible_trades", "Held trades dropped because no other id confirmed theirs"
        )
        self.overflowed = self._counter("held_overflow_trades", "Live trades dropped during a heal, to come over REST")
        self.gaps_opened = self._counter("gaps_opened", "Jumps of ids seen")
        self.gaps_healed = self._counter("gaps_healed", "Jumps of ids filled without loss")
        self.gaps_unfillable = self._counter("gaps_unfillable", "Gap records", "reason")
        self.gaps_open = self._gauge("gaps_open", "Symbols that wait for missing ids now", "partition")
        self.dead_letters = self._counter("dead_letters", "Frames and rows that could not be read")
        self.dead_letters_lost = self._counter("dead_letters_lost", "Dead letters that Kafka did not take")
        self.connections = self._counter("connections", "WebSocket connections opened", "reason")
        self.connection_failures = self._counter("connection_failures", "WebSocket connections refused or lost")
        self.rotations = self._counter("rotations", "Connections replaced with an overlap")
        self.subscribed = self._gauge("subscribed", "1 while a connection delivers every symbol")
        self.rest_requests = self._counter("rest_requests", "REST requests", "outcome")
        self.rest_used_weight = self._gauge("rest_used_weight", "Request weight used in the last minute")
        self.transactions = self._counter("transactions", "Committed transactions", "partition")
        self.transaction_seconds = Histogram(
            f"{_PREFIX}_transaction_seconds",
            "From the begin of a transaction to its commit",
            registry=self.registry,
            buckets=_LATENCY_BUCKETS,
        )
        self.partition_restarts = self._counter(
            "partition_restarts", "Times a partition began anew after a transaction failed", "partition"
        )
        self.queue_depth = self._gauge("queue_depth", "Items that wait in a partition's queue", "partition")
        self.held = self._gauge("held_trades", "Live trades held behind a gap", "partition")
        self.last_trade_age = self._gauge(
            "last_trade_age_seconds", "Since a live trade of the symbol came in", "symbol"
        )
        self.clock = self._gauge("clock_seconds", "The symbol's clock in the topic, UTC seconds", "symbol")
        self.fenced = self._gauge("fenced", "1 after another producer took a partition over")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", text, labels, registry=self.registry)
