"""The real parts that every other test stands on: broker, topics and database server."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from confluent_kafka import Producer

from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_local.jars import JarError, check_digest, jars, read_lock
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from harness.kafka import read_topic

pytestmark = pytest.mark.integration


def test_every_jar_has_its_locked_digest() -> None:
    assert {jar.name for jar in jars("broker")} == set(read_lock()["broker"])


def test_an_altered_jar_is_refused(tmp_path: Path) -> None:
    name, digest = next(iter(read_lock()["spark"].items()))
    (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(JarError, match=name):
        check_digest(tmp_path / name, digest)


def test_a_killed_broker_keeps_what_it_acknowledged(own_broker: Broker, stream: StreamName) -> None:
    create_topics(own_broker.bootstrap, stream)
    producer = Producer({"bootstrap.servers": own_broker.bootstrap})
    producer.produce(stream.trades_topic, b"first", timestamp=1)
    assert producer.flush(20) == 0
    own_broker.kill()
    own_broker.start()
    producer.produce(stream.trades_topic, b"second", timestamp=2**45)
    assert producer.flush(20) == 0
    assert [message.value() for message in read_topic(own_broker.bootstrap, stream.trades_topic)] == [
        b"first",
        b"second",
    ]


def test_a_killed_database_keeps_what_it_committed(own_database_server: Database) -> None:
    with psycopg2.connect(own_database_server.url()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS x")
    connection.close()
    own_database_server.kill()
    own_database_server.start()
    with psycopg2.connect(own_database_server.url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT x FROM kept")
        assert cursor.fetchall() == [(1,)]
    connection.close()


def test_the_class_path_of_the_connector_is_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "cryptostream_local.jars", "--class-path"], capture_output=True, text=True, check=True
    )
    names = {Path(jar).name for jar in printed.stdout.strip().split(os.pathsep)}
    assert names == set(read_lock()["spark"])
