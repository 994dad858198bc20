"""What a change of each field of the specification needs: the least that brings it into effect."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, get_args

from cryptostream_operator.api.base import length_of
from cryptostream_operator.api.spec import CryptoStreamSpec

DiffClass = Literal["none", "topics", "scale", "restart-producers", "restart-job", "restart", "fresh", "immutable"]
DIFF_CLASSES: tuple[DiffClass, ...] = get_args(DiffClass)

MEANING: Mapping[DiffClass, str] = {
    "none": "taken over in place",
    "topics": "the topics are changed in place, nothing is restarted: by Strimzi, or by a Job where Kafka is given; "
    "what cannot be changed is said in a condition (TopicReady with Strimzi, Warning otherwise)",
    "scale": "producers are added or removed, and the others take over their new share one after the other",
    "restart-producers": "producers are replaced one after the other, without a hole in the topic",
    "restart-job": "the Spark application is replaced; it goes on from its checkpoint",
    "restart": "producers and job are replaced",
    "fresh": "the job stops, `cryptostream rebuild` discards what was computed, and the job computes it anew from the "
    "topic's beginning, with a fresh checkpoint",
    "immutable": "refused: create another CryptoStream",
}

DIFF_CLASS: Mapping[str, DiffClass] = {
    "exchange": "immutable",
    "symbols": "restart-producers",
    "feed": "immutable",
    "endpoints.websocket": "restart-producers",
    "endpoints.rest": "restart-producers",
    "kafka.mode": "immutable",
    "kafka.cluster": "immutable",
    "kafka.port": "restart",
    "kafka.external.bootstrapServers": "restart",
    "kafka.external.securityProtocol": "restart",
    "kafka.external.saslMechanism": "restart",
    "kafka.external.producerSecret.name": "restart",
    "kafka.external.producerSecret.username": "restart",
    "kafka.external.producerSecret.usernameKey": "restart",
    "kafka.external.producerSecret.passwordKey": "restart",
    "kafka.external.jobSecret.name": "restart-job",
    "kafka.external.jobSecret.username": "restart-job",
    "kafka.external.jobSecret.usernameKey": "restart-job",
    "kafka.external.jobSecret.passwordKey": "restart-job",
    "kafka.external.authoritySecret.name": "restart",
    "kafka.external.authoritySecret.key": "restart",
    "topic.partitions": "immutable",
    "topic.replicas": "topics",
    "topic.retention": "topics",
    "producer.shards": "scale",
    "producer.startFrom": "restart-producers",
    "producer.maxHeal": "restart-producers",
    "producer.image": "restart-producers",
    "producer.imagePullPolicy": "restart-producers",
    "producer.resources.cpu": "restart-producers",
    "producer.resources.memory": "restart-producers",
    "producer.resources.cpuLimit": "restart-producers",
    "producer.logLevel": "restart-producers",
    "pane": "fresh",
    "slide": "fresh",
    "window": "fresh",
    "allowedLateness": "fresh",
    "detectors.priceSpike.enabled": "restart-job",
    "detectors.priceSpike.threshold": "restart-job",
    "detectors.priceSpike.rearmRatio": "restart-job",
    "detectors.priceSpike.scaleFloor": "restart-job",
    "detectors.priceSpike.baselineWindows": "restart-job",
    "detectors.priceSpike.warmUpWindows": "restart-job",
    "detectors.priceSpike.cooldownWindows": "restart-job",
    "detectors.priceSpike.longestEpisodeWindows": "restart-job",
    "detectors.volumeSurge.enabled": "restart-job",
    "detectors.volumeSurge.threshold": "restart-job",
    "detectors.volumeSurge.rearmRatio": "restart-job",
    "detectors.volumeSurge.scaleFloor": "restart-job",
    "detectors.volumeSurge.baselineWindows": "restart-job",
    "detectors.volumeSurge.warmUpWindows": "restart-job",
    "detectors.volumeSurge.cooldownWindows": "restart-job",
    "detectors.volumeSurge.longestEpisodeWindows": "restart-job",
    "detectors.volatilityBurst.enabled": "restart-job",
    "detectors.volatilityBurst.threshold": "restart-job",
    "detectors.volatilityBurst.rearmRatio": "restart-job",
    "detectors.volatilityBurst.scaleFloor": "restart-job",
    "detectors.volatilityBurst.baselineWindows": "restart-job",
    "detectors.volatilityBurst.warmUpWindows": "restart-job",
    "detectors.volatilityBurst.cooldownWindows": "restart-job",
    "detectors.volatilityBurst.longestEpisodeWindows": "restart-job",
    "detectors.volatilityBurst.quietVolatility": "restart-job",
    "detectors.priceJump.enabled": "restart-job",
    "detectors.priceJump.threshold": "restart-job",
    "detectors.priceJump.rearmRatio": "restart-job",
    "detectors.priceJump.warmUpPanes": "restart-job",
    "detectors.priceJump.cooldownPanes": "restart-job",
    "detectors.tradeSurge.enabled": "restart-job",
    "detectors.tradeSurge.threshold": "restart-job",
    "detectors.tradeSurge.rearmRatio": "restart-job",
    "detectors.tradeSurge.warmUpPanes": "restart-job",
    "detectors.tradeSurge.cooldownPanes": "restart-job",
    "detectors.pumpStart.enabled": "restart-job",
    "detectors.pumpStart.threshold": "restart-job",
    "detectors.pumpStart.rearmRatio": "restart-job",
    "detectors.pumpStart.warmUpPanes": "restart-job",
    "detectors.pumpStart.cooldownPanes": "restart-job",
    "detectors.rangeBurst.enabled": "restart-job",
    "detectors.rangeBurst.threshold": "restart-job",
    "detectors.rangeBurst.rearmRatio": "restart-job",
    "detectors.rangeBurst.warmUpPanes": "restart-job",
    "detectors.rangeBurst.cooldownPanes": "restart-job",
    "job.image": "restart-job",
    "job.imagePullPolicy": "restart-job",
    "job.driver.cores": "restart-job",
    "job.driver.cpu": "restart-job",
    "job.driver.cpuLimit": "restart-job",
    "job.driver.memory": "restart-job",
    "job.driver.memoryOverhead": "restart-job",
    "job.executor.instances": "restart-job",
    "job.executor.cores": "restart-job",
    "job.executor.cpu": "restart-job",
    "job.executor.cpuLimit": "restart-job",
    "job.executor.memory": "restart-job",
    "job.executor.memoryOverhead": "restart-job",
    "job.checkpoint.claimName": "immutable",
    "job.checkpoint.storageClass": "immutable",
    "job.checkpoint.size": "none",
    "job.checkpoint.accessMode": "immutable",
    "job.shufflePartitions": "fresh",
    "job.triggerInterval": "restart-job",
    "job.logLevel": "restart-job",
    "sink.secretName": "restart-job",
    "sink.secretKey": "restart-job",
    "sink.authoritySecret.name": "restart-job",
    "sink.authoritySecret.key": "restart-job",
    "suspend": "none",
    "restartNonce": "restart",
    "deletionPolicy": "none",
}
"""Every leaf field of the specification and its class."""


DURATIONS = (
    "producer.startFrom",
    "producer.maxHeal",
    "pane",
    "slide",
    "window",
    "allowedLateness",
    "job.triggerInterval",
)
"""The fields of which 60s and 1m are the same."""


def leaves(spec: CryptoStreamSpec) -> dict[str, Any]:
    """Path -> value of every leaf that is set. What makes no difference is evened out: the order of the symbols, the
    unit of a duration (milliseconds then), and whether a default feed is written down."""
    found = dict(_walk(spec.model_dump(mode="json", by_alias=True, exclude_none=True), ""))
    for path in DURATIONS:
        found[path] = length_of(found[path]) // timedelta(milliseconds=1)
    found["symbols"] = sorted(spec.symbols)
    found["feed"] = spec.effective_feed
    return found


def changed_fields(old: CryptoStreamSpec, new: CryptoStreamSpec) -> dict[str, DiffClass]:
    """The fields that differ, each with what its change needs."""
    before, after = leaves(old), leaves(new)
    return {path: DIFF_CLASS[path] for path in DIFF_CLASS if before.get(path) != after.get(path)}


def classify(old: CryptoStreamSpec, new: CryptoStreamSpec) -> set[DiffClass]:
    """What the change from one specification to another needs; empty when they mean the same."""
    return set(changed_fields(old, new).values())


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for key, child in value.items():
        yield from _walk(child, f"{path}.{key}" if path else key)
