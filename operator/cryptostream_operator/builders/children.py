"""All children of a stream, by what must be there for them."""

from cryptostream_operator.builders.access import driver_role, driver_role_binding, service_accounts
from cryptostream_operator.builders.checkpoint import checkpoint_claim
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream
from cryptostream_operator.builders.producers import producer_deployments, producer_disruption_budget
from cryptostream_operator.builders.topics import kafka_topics, topics_job
from cryptostream_operator.builders.users import kafka_users


def kafka_children(stream: Stream, defaults: Defaults) -> list[Manifest]:
    """Topics and users: Strimzi's resources, or the Job that makes topics where Kafka is given."""
    if stream.spec.kafka.mode == "external":
        return [topics_job(stream, defaults)]
    return [*kafka_topics(stream), *kafka_users(stream)]


def access_children(stream: Stream) -> list[Manifest]:
    """Service accounts and the rights of Spark's driver."""
    return [*service_accounts(stream), driver_role(stream), driver_role_binding(stream)]


def producer_children(stream: Stream, defaults: Defaults) -> list[Manifest]:
    """The producers and their disruption budget."""
    return [producer_disruption_budget(stream), *producer_deployments(stream, defaults)]


def storage_children(stream: Stream) -> list[Manifest]:
    """The checkpoint's claim, unless the specification names one."""
    claim = checkpoint_claim(stream)
    return [] if claim is None else [claim]
