"""For every rule of the CRD a specification, or a change of one, that it accepts and one that it refuses."""

from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]

_LOGIN = {"name": "kafka-login"}


@dataclass(frozen=True)
class RuleCase:
    """``accepted`` and ``refused`` are laid over the minimal specification; ``said`` is what the refusal tells."""

    path: str
    accepted: Fields
    refused: Fields
    said: str

    def __str__(self) -> str:
        return f"{self.path or 'spec'}: {self.said[:60]}"


@dataclass(frozen=True)
class ChangeCase:
    """The same for a change: both are laid over ``before``; None removes a field."""

    path: str
    accepted: Fields
    refused: Fields
    said: str
    before: Fields = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.path or 'spec'}: {self.said[:60]}: {self.refused}"


def external(**fields: Any) -> Fields:
    """A Kafka that Strimzi does not manage."""
    return {"kafka": {"mode": "external", "external": {"bootstrapServers": "kafka:9092", **fields}}}


RULE_CASES = (
    RuleCase(
        "",
        {"exchange": "coinbase", "symbols": ["BTC-USD", "T-EUR"]},
        {"exchange": "coinbase", "symbols": ["BTC-USD", "ETHUSD"]},
        "write symbols as the exchange does: BTCUSDT on binance, BTC-USD on coinbase",
    ),
    RuleCase(
        "",
        {"feed": "trade"},
        {"feed": "matches"},
        "the exchange has no such feed: choose aggTrade or trade on binance; matches on coinbase, or leave it out",
    ),
    RuleCase(
        "",
        {"producer": {"shards": 4}},
        {"producer": {"shards": 5}},
        "must not be above topic.partitions: a partition has one producer",
    ),
    RuleCase("", {"pane": "500ms"}, {"pane": "0s"}, "must be longer than 0, such as 10s"),
    RuleCase("", {"slide": "10s"}, {"slide": "0m"}, "must be longer than 0, such as 30s"),
    RuleCase("", {"window": "30s"}, {"window": "0h"}, "must be longer than 0, such as 2m"),
    RuleCase(
        "",
        {"pane": "1500ms", "slide": "3s", "window": "1m"},
        {"pane": "1500ms", "slide": "4s", "window": "1m"},
        "slide 4s must be a multiple of pane 1500ms",
    ),
    RuleCase("", {"window": "90s"}, {"window": "100s"}, "window 100s must be a multiple of slide 30s"),
    RuleCase(
        "",
        {"slide": "1h", "window": "24h"},
        {"slide": "1h", "window": "25h"},
        "must be at most 24h: longer views are what the rollups are for",
    ),
    RuleCase(
        "",
        {"allowedLateness": "2m"},
        {"allowedLateness": "121s"},
        "must not be longer than window: every window closes, and confirms its alerts, that much later",
    ),
    RuleCase(
        "",
        {"topic": {"retention": "1d"}, "producer": {"startFrom": "23h"}},
        {"topic": {"retention": "12h"}, "producer": {"startFrom": "12h"}},
        "retention 12h must be longer than producer.startFrom 12h: "
        "older trades would be deleted as soon as they are written",
    ),
    RuleCase(
        "",
        {"topic": {"retention": "all"}, "producer": {"maxHeal": "23h"}},
        {"topic": {"retention": "90m"}, "producer": {"maxHeal": "90m"}},
        "retention 90m must be longer than producer.maxHeal 90m: "
        "older trades would be deleted as soon as they are written",
    ),
    RuleCase(
        "kafka",
        external(),
        {"kafka": {"mode": "external"}},
        "is needed with mode external: say at least bootstrapServers",
    ),
    RuleCase(
        "kafka",
        {"kafka": {"mode": "strimzi"}},
        {"kafka": {"mode": "strimzi", "external": {"bootstrapServers": "kafka:9092"}}},
        "belongs to mode external: set mode to external, or leave it out",
    ),
    RuleCase(
        "kafka.external",
        external(securityProtocol="SASL_SSL", producerSecret=_LOGIN),
        external(securityProtocol="SASL_SSL"),
        "is needed with SASL: name a Secret with user name and password",
    ),
    RuleCase(
        "kafka.external",
        external(securityProtocol="SASL_PLAINTEXT", producerSecret=_LOGIN, jobSecret=_LOGIN),
        external(securityProtocol="SSL", jobSecret=_LOGIN),
        "producerSecret and jobSecret need SASL: set securityProtocol to SASL_SSL or SASL_PLAINTEXT, or leave them out",
    ),
    RuleCase(
        "kafka.external",
        external(securityProtocol="SSL", authoritySecret={"name": "kafka-ca"}),
        external(authoritySecret={"name": "kafka-ca"}),
        "needs TLS: set securityProtocol to SSL or SASL_SSL, or leave it out",
    ),
    RuleCase(
        "producer",
        {"producer": {"startFrom": "0s"}},
        {"producer": {"startFrom": "24h"}},
        "must be at most 23h: the job keeps its state for 24h",
    ),
    RuleCase(
        "producer",
        {"producer": {"maxHeal": "1s"}},
        {"producer": {"maxHeal": "0s"}},
        "must be longer than 0, such as 6h",
    ),
    RuleCase(
        "producer",
        {"producer": {"maxHeal": "23h"}},
        {"producer": {"maxHeal": "1381m"}},
        "must be at most 23h: the job keeps its state for 24h",
    ),
    RuleCase(
        "producer.resources",
        {"producer": {"resources": {"cpu": "500m", "cpuLimit": "0.5"}}},
        {"producer": {"resources": {"cpu": "1.5", "cpuLimit": "1"}}},
        "cpuLimit 1 must not be below the request, cpu 1.5",
    ),
    *(
        RuleCase(
            f"detectors.{detector}",
            {"detectors": {detector: {"warmUpWindows": 240}}},
            {"detectors": {detector: {"warmUpWindows": 241}}},
            "must not be above baselineWindows: a baseline never holds more values",
        )
        for detector in ("priceSpike", "volumeSurge", "volatilityBurst")
    ),
    RuleCase(
        "job",
        {"job": {"triggerInterval": "0s"}},
        {"job": {"triggerInterval": "61s"}},
        "must be at most 1m: alerts come that much later",
    ),
    *(
        case
        for part in ("driver", "executor")
        for case in (
            RuleCase(
                f"job.{part}",
                {"job": {part: {"cpu": "1", "cpuLimit": "1000m"}}},
                {"job": {part: {"cpuLimit": "199m"}}},
                "cpuLimit 199m must not be below the request, cpu 200m",
            ),
            RuleCase(
                f"job.{part}",
                {"job": {part: {"memory": "512m"}}},
                {"job": {part: {"memory": "511m"}}},
                "must be at least 512m: Spark does not start with a smaller heap",
            ),
        )
    ),
    RuleCase(
        "job.checkpoint",
        {"job": {"checkpoint": {"claimName": "mine", "size": "1024Mi"}}},
        {"job": {"checkpoint": {"claimName": "mine", "size": "2Gi"}}},
        "names a claim that exists: leave out storageClass and size, or claimName",
    ),
)

_MINE = {"job": {"checkpoint": {"claimName": "mine"}}}
_NO_CLAIM = {"job": {"checkpoint": {"claimName": None}}}
_FAST = {"job": {"checkpoint": {"storageClass": "fast"}}}
_NO_CLASS = {"job": {"checkpoint": {"storageClass": None}}}
_CLAIM_SAID = "claimName cannot be set, changed or removed: create another CryptoStream"
_CLASS_SAID = "storageClass cannot be set, changed or removed: create another CryptoStream"
_FEED_SAID = "feed cannot be changed, its ids are others: create another CryptoStream"

CHANGE_CASES = (
    ChangeCase(
        "exchange",
        {"symbols": ["SOLUSDT"]},
        {"exchange": "coinbase", "symbols": ["BTC-USD"]},
        "exchange cannot be changed: create another CryptoStream",
    ),
    ChangeCase("", {"feed": "aggTrade"}, {"feed": "trade"}, _FEED_SAID),
    ChangeCase("", {"feed": None}, {"feed": "trade"}, _FEED_SAID, before={"feed": "aggTrade"}),
    ChangeCase("", {"feed": "trade"}, {"feed": None}, _FEED_SAID, before={"feed": "trade"}),
    ChangeCase(
        "kafka.mode",
        {"kafka": {"port": 9094}},
        external(),
        "mode cannot be changed: create another CryptoStream",
    ),
    ChangeCase(
        "kafka.cluster",
        {"kafka": {"cluster": "kafka"}},
        {"kafka": {"cluster": "other"}},
        "cluster cannot be changed: create another CryptoStream",
    ),
    ChangeCase(
        "topic.partitions",
        {"topic": {"replicas": 3}},
        {"topic": {"partitions": 8}},
        "partitions cannot be changed, since a symbol's partition is for ever: create another CryptoStream",
    ),
    ChangeCase("job.checkpoint", _MINE, _NO_CLAIM, _CLAIM_SAID, before=_MINE),
    ChangeCase("job.checkpoint", _MINE, {"job": {"checkpoint": {"claimName": "other"}}}, _CLAIM_SAID, before=_MINE),
    ChangeCase("job.checkpoint", _NO_CLAIM, _MINE, _CLAIM_SAID),
    ChangeCase("job.checkpoint", _FAST, _NO_CLASS, _CLASS_SAID, before=_FAST),
    ChangeCase("job.checkpoint", _FAST, {"job": {"checkpoint": {"storageClass": "slow"}}}, _CLASS_SAID, before=_FAST),
    ChangeCase("job.checkpoint", _NO_CLASS, _FAST, _CLASS_SAID),
    ChangeCase(
        "job.checkpoint.size",
        {"job": {"checkpoint": {"size": "2048Mi"}}},
        {"job": {"checkpoint": {"size": "1000Mi"}}},
        "size can only grow: write at least the former one",
    ),
    ChangeCase(
        "job.checkpoint.accessMode",
        {"job": {"checkpoint": {"accessMode": "ReadWriteOnce"}}},
        {"job": {"checkpoint": {"accessMode": "ReadWriteMany"}}},
        "accessMode cannot be changed: create another CryptoStream",
    ),
)


def overlaid(base: Fields, fields: Fields) -> Fields:
    """``fields`` laid over ``base``, object by object; None removes."""
    result = dict(base)
    for name, value in fields.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = overlaid(result[name], value)
        else:
            result[name] = value
    return result
