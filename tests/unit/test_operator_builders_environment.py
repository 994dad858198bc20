"""Containers are set as the specification says: their environment loads as the parts' own settings."""

import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from cryptostream_job.settings import GeometrySettings, JobSettings
from cryptostream_model.settings import KafkaSettings, PartSettings
from cryptostream_operator.api.base import length_of
from cryptostream_operator.builders.environment import (
    database_environment,
    job_environment,
    producer_environment,
    rebuild_environment,
    topics_environment,
)
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.builders.variables import Variables, entries
from cryptostream_operator.plan.secrets import needed_secrets
from cryptostream_producer.settings import ProducerSettings
from cryptostream_sql.settings import DatabaseSettings
from harness.stream_specs import EXTERNAL_PLAIN, EXTERNAL_SASL, stream_of, streams

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def _environment(variables: Variables) -> dict[str, str]:
    """As the kubelet makes it: a reference becomes the value of ``<secret>/<key>``."""
    found = {}
    for entry in entries(variables):
        reference = entry.get("valueFrom", {}).get("secretKeyRef")
        found[entry["name"]] = f"{reference['name']}/{reference['key']}" if reference else entry["value"]
    return found


def _loaded(part: type[Any], variables: Variables) -> Any:
    with patch.dict("os.environ", _environment(variables), clear=True):
        return part.load()


@settings(deadline=None)
@given(streams())
def test_no_variable_is_unknown_to_the_part_that_gets_it(stream: Stream) -> None:
    known: list[tuple[Variables, type[PartSettings]]] = [
        (producer_environment(stream, 0), ProducerSettings),
        (topics_environment(stream), KafkaSettings),
        (job_environment(stream), JobSettings),
        (rebuild_environment(stream), GeometrySettings),
        (database_environment(stream), DatabaseSettings),
    ]
    for variables, part in known:
        unknown = variables.keys() - {f"CRYPTOSTREAM_{field.upper()}" for field in part.model_fields}
        assert unknown == set(), part


def test_every_variable_is_in_the_reference_of_settings() -> None:
    explained = set(re.findall("^\\| `(CRYPTOSTREAM_[A-Z_]+)`", REFERENCE.read_text(), re.MULTILINE))
    stream = stream_of(kafka=EXTERNAL_SASL, endpoints={"websocket": "ws://x", "rest": "http://x"})
    assert producer_environment(stream, 0).keys() | job_environment(stream).keys() <= explained


@settings(deadline=None)
@given(streams())
def test_a_producer_reads_its_shard_of_the_specification(stream: Stream) -> None:
    spec = stream.spec
    for shard in range(spec.producer.shards):
        loaded = _loaded(ProducerSettings, producer_environment(stream, shard))
        assert (loaded.namespace, loaded.name) == (stream.namespace, stream.name)
        assert (loaded.exchange, loaded.feed) == (spec.exchange, spec.effective_feed)
        assert set(loaded.symbols) == set(spec.symbols)
        assert (loaded.partitions, loaded.shards, loaded.shard) == (
            spec.topic.partitions,
            spec.producer.shards,
            shard,
        )
        assert loaded.start_from == length_of(spec.producer.start_from)
        assert loaded.max_heal == length_of(spec.producer.max_heal)
        assert loaded.metrics_port == 8080
        assert str(loaded.state_directory) == "/var/lib/cryptostream/state"


@settings(deadline=None)
@given(streams())
def test_the_driver_reads_the_specification(stream: Stream) -> None:
    spec = stream.spec
    loaded = _loaded(JobSettings, job_environment(stream))
    assert loaded.pane == length_of(spec.pane)
    assert loaded.slide == length_of(spec.slide)
    assert loaded.window == length_of(spec.window)
    assert loaded.allowed_lateness == length_of(spec.allowed_lateness)
    assert loaded.trigger_interval == length_of(spec.job.trigger_interval)
    assert loaded.detectors == spec.detectors
    assert loaded.shuffle_partitions == spec.job.shuffle_partitions
    assert str(loaded.checkpoint) == f"/var/lib/cryptostream/checkpoint/{stream.namespace}.{stream.name}"
    assert str(loaded.stop_file) == "/var/lib/cryptostream/state/stop"
    assert loaded.metrics_port == 8090
    assert loaded.database_url.get_secret_value() == f"{spec.sink.secret_name}/{spec.sink.secret_key}"


def test_a_user_name_that_the_secret_lacks_is_taken_from_the_specification() -> None:
    login = {"name": "prod-user", "username": "me"}
    external = {"bootstrapServers": "b:1", "securityProtocol": "SASL_SSL", "producerSecret": login}
    stream = stream_of(kafka={"mode": "external", "external": external})
    for variables in (producer_environment(stream, 0), job_environment(stream)):
        assert variables["CRYPTOSTREAM_KAFKA_USERNAME"] == {"value": "me"}
        assert variables["CRYPTOSTREAM_KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"] == "prod-user"
    [need] = [need for need in needed_secrets(stream) if need.name == "prod-user"]
    assert need.keys == ("password",)


def test_detector_settings_arrive_whole() -> None:
    stream = stream_of(detectors={"priceSpike": {"threshold": 9.5, "enabled": False}})
    assert _loaded(JobSettings, job_environment(stream)).detectors == stream.spec.detectors


@pytest.mark.parametrize("user", ["producer", "job"])
def test_strimzi_logs_in_with_the_users_own_secret(user: str) -> None:
    stream = stream_of(kafka={"cluster": "prod", "port": 9094})
    variables = producer_environment(stream, 0) if user == "producer" else job_environment(stream)
    loaded = _loaded(KafkaSettings, variables)
    assert loaded.librdkafka() == {
        "bootstrap.servers": "prod-kafka-bootstrap:9094",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": f"majors-{user}",
        "sasl.password": f"majors-{user}/password",
        "ssl.ca.location": "/etc/cryptostream/kafka/ca.crt",
    }


@pytest.mark.parametrize(
    ("user", "login"),
    [
        ("producer", ("producer-login/user", "producer-login/pass")),
        ("job", ("job-login/username", "job-login/password")),
    ],
)
def test_an_external_kafka_is_reached_as_the_user_says(user: str, login: tuple[str, str]) -> None:
    stream = stream_of(kafka=EXTERNAL_SASL)
    variables = producer_environment(stream, 0) if user == "producer" else job_environment(stream)
    loaded = _loaded(KafkaSettings, variables)
    assert loaded.librdkafka() == {
        "bootstrap.servers": "broker-0:9094,broker-1:9094",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": login[0],
        "sasl.password": login[1],
        "ssl.ca.location": "/etc/cryptostream/kafka/ca.crt",
    }


def test_the_job_shares_the_producers_login_where_it_has_none() -> None:
    external = {key: value for key, value in EXTERNAL_SASL["external"].items() if key != "jobSecret"}  # type: ignore[attr-defined]
    loaded = _loaded(KafkaSettings, job_environment(stream_of(kafka={**EXTERNAL_SASL, "external": external})))
    assert loaded.kafka_username == "producer-login/user"


def test_a_kafka_without_login_gets_none() -> None:
    variables = producer_environment(stream_of(kafka=EXTERNAL_PLAIN), 0)
    assert {name for name in variables if "KAFKA" in name} == {
        "CRYPTOSTREAM_KAFKA_BOOTSTRAP",
        "CRYPTOSTREAM_KAFKA_SECURITY_PROTOCOL",
    }


def test_what_makes_no_difference_changes_no_variable() -> None:
    """The Spark operator restarts a driver after any change of a text."""
    one = stream_of(pane="60s", slide="60s", window="3600s", symbols=["BTCUSDT", "ETHUSDT"])
    other = stream_of(pane="1m", slide="60000ms", window="1h", symbols=["ETHUSDT", "BTCUSDT"], feed="aggTrade")
    assert job_environment(one) == job_environment(other)
    assert producer_environment(one, 0) == producer_environment(other, 0)
