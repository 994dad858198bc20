"""What every builder is given, and what the operator decides where a specification leaves it open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptostream_operator.api.hashing import job_hash, producer_hash
from cryptostream_operator.api.names import Names
from cryptostream_operator.api.spec import CryptoStreamSpec

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """A CryptoStream as the API server holds it."""

    namespace: str
    name: str
    uid: str
    spec: CryptoStreamSpec

    @property
    def names(self) -> Names:
        return Names(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the operator's settings say for all streams."""

    producer_image: str
    job_image: str
    spark_version: str = "4.2.0"
    image_pull_secrets: tuple[str, ...] = ()


def producer_image(stream: Stream, defaults: Defaults) -> str:
    return stream.spec.producer.image or defaults.producer_image


def job_image(stream: Stream, defaults: Defaults) -> str:
    return stream.spec.job.image or defaults.job_image


def producer_spec_hash(stream: Stream, defaults: Defaults) -> str:
    """Hash of what the producers run, defaults included."""
    return producer_hash(stream.spec, _resolved(producer_image(stream, defaults), defaults))


def job_spec_hash(stream: Stream, defaults: Defaults) -> str:
    """Hash of what the Spark application runs, defaults included."""
    resolved = _resolved(job_image(stream, defaults), defaults)
    return job_hash(stream.spec, {**resolved, "sparkVersion": defaults.spark_version})


def _resolved(image: str, defaults: Defaults) -> Mapping[str, str]:
    return {"image": image, "imagePullSecrets": ",".join(defaults.image_pull_secrets)}
