"""What this machine allows: the parts of the way by themselves, without what we do with them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice

from confluent_kafka import Consumer, Producer, TopicPartition

from bench.backlog import SECOND, OurTopic, draw_market
from bench.measures.socket_limits import bytes_limit, frames_limit
from bench.plan import MARKET_RATE, MASTER, PARTITIONS, SYMBOLS, Extent
from bench.results import Limits
from bench.world import Place, World
from cryptostream_local.jars import jars
from cryptostream_local.java import java_environment
from cryptostream_local.topics import create_topics
from cryptostream_model.records import Trade

_IN_A_TRANSACTION = 2_000
_AT_ONCE = 10_000


def measure_limits(world: World, extent: Extent, repeat: int, say: Callable[[str], None]) -> Limits:
    """One repetition."""
    say(f"limits {repeat}")
    place = world.fresh("limits")
    create_topics(place.bootstrap, place.stream, PARTITIONS)
    start = (int(time.time() - extent.limit_records / MARKET_RATE) - 60) * SECOND
    trades = list(islice(draw_market(repeat, start, SYMBOLS), extent.limit_records))
    topic = OurTopic(place.bootstrap, place.stream, PARTITIONS)
    for first in range(0, len(trades), _IN_A_TRANSACTION * PARTITIONS):
        topic.write(trades[first : first + _IN_A_TRANSACTION * PARTITIONS])
    topic.close()
    spark = _spark(place)
    return Limits(
        repeat,
        spark_read=spark["read"],
        spark_parse=spark["parse"],
        consume=_consume(place, len(trades)),
        produce=_produce(place, trades),
        socket=bytes_limit(extent.limit_records),
        websocket=frames_limit(extent.limit_records),
    )


def _spark(place: Place) -> dict[str, float]:
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "bench.measures.spark_limits"),
            *("--kafka", place.bootstrap),
            *("--topic", place.stream.trades_topic),
            *("--jars", os.pathsep.join(str(jar) for jar in jars("spark"))),
            *("--master", MASTER),
        ],
        env={**java_environment(), "PYTHONPATH": os.pathsep.join(sys.path), "SPARK_LOCAL_IP": "127.0.0.1"},
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _consume(place: Place, count: int) -> float:
    """Records a second that librdkafka hands to Python, unread."""
    consumer = Consumer(
        {
            "bootstrap.servers": place.bootstrap,
            "group.id": "bench",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
        }
    )
    try:
        consumer.assign([TopicPartition(place.stream.trades_topic, number, 0) for number in range(PARTITIONS)])
        read, began = 0, time.monotonic()
        while read < count:
            read += len(consumer.consume(_AT_ONCE, 1.0))
        return count / (time.monotonic() - began)
    finally:
        consumer.close()


def _produce(place: Place, trades: list[Trade]) -> float:
    """Records a second that librdkafka takes from Python in transactions, without making them."""
    records = [(trade.symbol.encode(), trade.to_json()) for trade in trades]
    topic = place.stream.trades_topic
    producer = Producer(
        {
            "bootstrap.servers": place.bootstrap,
            "transactional.id": "bench-limits",
            "linger.ms": 5,
            "compression.type": "lz4",
        }
    )
    producer.init_transactions()
    began = time.monotonic()
    for first in range(0, len(records), _IN_A_TRANSACTION):
        producer.begin_transaction()
        for key, value in records[first : first + _IN_A_TRANSACTION]:
            producer.produce(topic, value, key)
        producer.commit_transaction()
    return len(records) / (time.monotonic() - began)
