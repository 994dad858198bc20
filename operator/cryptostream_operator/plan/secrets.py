"""The Secrets that a stream refers to and that somebody else makes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cryptostream_operator.api.kafka import ExternalKafka
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.conditions import JOB_RUNNING, PRODUCER_AVAILABLE, SINK_READY
from cryptostream_operator.plan.inputs import Observed


class Need(NamedTuple):
    """A Secret, the keys that it must have, and the condition that tells of its absence."""

    part: str
    name: str
    keys: tuple[str, ...]
    holds: str


def needed_secrets(stream: Stream) -> Sequence[Need]:
    """Strimzi's own Secrets are not among them: while they are missing its users are not ready."""
    sink = stream.spec.sink
    found = [Need(SINK_READY, sink.secret_name, (sink.secret_key,), "the database's URL")]
    if sink.authority_secret is not None:
        authority = sink.authority_secret
        found.append(Need(SINK_READY, authority.name, (authority.key,), "the database's certificate authority"))
    if stream.spec.kafka.external is not None:
        found.extend(_external(stream.spec.kafka.external))
    return found


def missing_secret(stream: Stream, observed: Observed, part: str) -> str | None:
    """What of the part's Secrets is missing, and how to make it; None when nothing is."""
    for need in needed_secrets(stream):
        if need.part != part or need.name not in observed.secrets:
            continue
        keys = observed.secrets[need.name]
        lacking = [key for key in need.keys if keys is None or key not in keys]
        if lacking:
            what = "does not exist" if keys is None else f"has no key {' and no key '.join(lacking)}"
            literals = " ".join(f"--from-literal={key}=..." for key in need.keys)
            how = "create it" if keys is None else "add it"
            return (
                f"Secret {need.name}, which holds {need.holds}, {what}: {how}, as by "
                f"kubectl -n {stream.namespace} create secret generic {need.name} {literals}"
            )
    return None


def _external(kafka: ExternalKafka) -> Iterator[Need]:
    if kafka.producer_secret is not None:
        login = kafka.producer_secret
        yield Need(PRODUCER_AVAILABLE, login.name, login.keys, "the producers' login")
    if kafka.job_secret is not None:
        login = kafka.job_secret
        yield Need(JOB_RUNNING, login.name, login.keys, "the job's login")
    if kafka.authority_secret is not None:
        authority = kafka.authority_secret
        yield Need(PRODUCER_AVAILABLE, authority.name, (authority.key,), "Kafka's certificate authority")
