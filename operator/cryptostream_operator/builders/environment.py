"""CRYPTOSTREAM_* variables of the parts, from the specification. docs/settings.md explains them."""

from datetime import timedelta

import orjson

from cryptostream_operator.api.base import length_of
from cryptostream_operator.builders.database_access import database_access
from cryptostream_operator.builders.image_layout import (
    DRIVER_PORT,
    PRODUCER_PORT,
    STATE,
    STOP_FILE,
    checkpoint_folder,
)
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.kafka_access import kafka_environment
from cryptostream_operator.builders.variables import Variables, literal

_UNITS = {"h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}


def producer_environment(stream: Stream, shard: int) -> Variables:
    """Of the producer of one shard."""
    spec, producer = stream.spec, stream.spec.producer
    variables = {
        **_identity(stream),
        **kafka_environment(stream, "producer"),
        "CRYPTOSTREAM_EXCHANGE": literal(spec.exchange),
        "CRYPTOSTREAM_SYMBOLS": literal(",".join(sorted(spec.symbols))),
        "CRYPTOSTREAM_FEED": literal(spec.effective_feed),
        "CRYPTOSTREAM_PARTITIONS": literal(spec.topic.partitions),
        "CRYPTOSTREAM_SHARDS": literal(producer.shards),
        "CRYPTOSTREAM_SHARD": literal(shard),
        "CRYPTOSTREAM_START_FROM": _duration(producer.start_from),
        "CRYPTOSTREAM_MAX_HEAL": _duration(producer.max_heal),
        "CRYPTOSTREAM_METRICS_PORT": literal(PRODUCER_PORT),
        "CRYPTOSTREAM_STATE_DIRECTORY": literal(STATE),
        "CRYPTOSTREAM_LOG_LEVEL": literal(producer.log_level),
    }
    optional = {
        "CRYPTOSTREAM_WEBSOCKET_URL": spec.endpoints.websocket,
        "CRYPTOSTREAM_REST_URL": spec.endpoints.rest,
    }
    return {**variables, **{name: literal(value) for name, value in optional.items() if value is not None}}


def topics_environment(stream: Stream) -> Variables:
    """Of the command that makes topics where Strimzi does not."""
    return {**_identity(stream), **kafka_environment(stream, "producer")}


def job_environment(stream: Stream) -> Variables:
    """Of Spark's driver. Executors get none of it: the driver tells them what to read, and with which login."""
    job = stream.spec.job
    return {
        **rebuild_environment(stream),
        **kafka_environment(stream, "job"),
        "CRYPTOSTREAM_CHECKPOINT": literal(checkpoint_folder(stream.namespace, stream.name)),
        "CRYPTOSTREAM_SHUFFLE_PARTITIONS": literal(job.shuffle_partitions),
        "CRYPTOSTREAM_TRIGGER_INTERVAL": _duration(job.trigger_interval),
        "CRYPTOSTREAM_METRICS_PORT": literal(DRIVER_PORT),
        "CRYPTOSTREAM_STOP_FILE": literal(STOP_FILE),
    }


def rebuild_environment(stream: Stream) -> Variables:
    """Of ``cryptostream rebuild``: what windows and alerts are, and where they are stored."""
    spec = stream.spec
    return {
        **database_environment(stream),
        "CRYPTOSTREAM_PANE": _duration(spec.pane),
        "CRYPTOSTREAM_SLIDE": _duration(spec.slide),
        "CRYPTOSTREAM_WINDOW": _duration(spec.window),
        "CRYPTOSTREAM_ALLOWED_LATENESS": _duration(spec.allowed_lateness),
        "CRYPTOSTREAM_DETECTORS": literal(
            orjson.dumps(spec.detectors.model_dump(by_alias=True), option=orjson.OPT_SORT_KEYS).decode()
        ),
    }


def database_environment(stream: Stream) -> Variables:
    """Of a command that only needs the database."""
    return {
        **_identity(stream),
        **database_access(stream),
        "CRYPTOSTREAM_LOG_LEVEL": literal(stream.spec.job.log_level),
    }


def _identity(stream: Stream) -> Variables:
    return {"CRYPTOSTREAM_NAMESPACE": literal(stream.namespace), "CRYPTOSTREAM_NAME": literal(stream.name)}


def _duration(text: str) -> Manifest:
    """The same length in its largest whole unit: to write 60s as 1m must not restart anything."""
    length = length_of(text)
    for unit, one in _UNITS.items():
        if length and length % one == timedelta(0):
            return literal(f"{length // one}{unit}")
    return literal(f"{length // timedelta(milliseconds=1)}ms")
