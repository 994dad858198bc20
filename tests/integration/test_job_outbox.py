"""Committed alert revisions reach Kafka, whatever was away meanwhile, and none of a driver whose time is over."""

import json
from collections.abc import Callable, Iterator

import pytest

from cryptostream_job.metrics import JobMetrics
from cryptostream_job.outbox import Outbox
from cryptostream_job.settings import JobSettings
from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.database import value
from harness.kafka import read_topic
from harness.panes import store_writer
from harness.sql import insert, run
from harness.waiting import until

pytestmark = pytest.mark.integration


class World:
    """A stream of epoch 1 with its outbox rows, broker and database."""

    def __init__(self, broker: Broker, url: str, stream: StreamName) -> None:
        self.broker, self.url, self.stream = broker, url, stream
        create_topics(broker.bootstrap, stream, 1)
        migrate(url)
        store_writer(url, str(stream))
        self.metrics = JobMetrics()
        self.outbox = self.new_outbox()

    def new_outbox(self) -> Outbox:
        settings = JobSettings.load(
            namespace=self.stream.namespace,
            name=self.stream.name,
            kafka_bootstrap=self.broker.bootstrap,
            database_url=self.url,
            checkpoint="unused",
        )
        outbox = Outbox(settings, self.metrics)
        outbox.start()
        return outbox

    def commit(self, *revisions: int) -> None:
        rows = [
            {
                "stream": str(self.stream),
                "id": "a1",
                "revision": revision,
                "payload": json.dumps({"revision": revision}),
            }
            for revision in revisions
        ]
        insert(self.url, "crypto_alert_outbox", rows)
        self.outbox.wake()

    def emptied(self) -> bool:
        return bool(value(self.url, "SELECT count(*) = 0 FROM crypto_alert_outbox"))

    def waits(self) -> float | None:
        return self.metrics.registry.get_sample_value("cryptostream_job_waiting", {"part": "outbox"})

    def published(self) -> list[int]:
        messages = read_topic(self.broker.bootstrap, self.stream.alerts_topic)
        return [json.loads(message.value() or b"")["revision"] for message in messages]


@pytest.fixture
def make_world(broker: Broker, stream: StreamName) -> Iterator[Callable[[str], World]]:
    worlds: list[World] = []

    def make(url: str) -> World:
        worlds.append(World(broker, url, stream))
        return worlds[-1]

    yield make
    for world in worlds:
        world.outbox.stop()


def test_alerts_are_published_after_the_database_was_away(
    make_world: Callable[[str], World], own_database_server: Database
) -> None:
    world = make_world(own_database_server.url())
    own_database_server.kill()
    world.outbox.serve(1)
    until(lambda: world.waits() == 1, "the outbox to say that it waits")
    own_database_server.start()
    world.commit(1, 2)
    until(world.emptied, "an empty outbox")
    assert world.published() == [1, 2]
    until(lambda: world.waits() == 0, "the outbox to say that it goes on")


def test_a_driver_whose_epoch_is_over_publishes_nothing_and_its_successor_does(
    make_world: Callable[[str], World], database_url: str
) -> None:
    world = make_world(database_url)
    world.outbox.serve(1)
    world.commit(1)
    until(world.emptied, "an empty outbox")
    run(database_url, "UPDATE crypto_writers SET epoch = 2")
    world.commit(2)
    world.outbox.stop()
    assert world.published() == [1]

    world.outbox = world.new_outbox()
    world.outbox.serve(2)
    until(world.emptied, "an empty outbox")
    assert world.published() == [1, 2]
