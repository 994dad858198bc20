"""The same trades in both pipelines' topics, as their producers would have written them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.naive.producer import message
from bench.plan import MARKET_RATE
from cryptostream_model.records import Position, Trade
from cryptostream_model.streams import StreamName, partition_of
from cryptostream_producer.partition_log import PartitionLog
from cryptostream_simulator.decimals import text
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import parse_symbol
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape

SECOND = 1_000_000
_PANE = 10 * SECOND
_STRETCH = 10 * SECOND
_AT_ONCE = 8_000


def draw_market(seed: int, start: int, symbols: Sequence[str]) -> Iterator[Trade]:
    """All symbols' trades from ``start`` (UTC microseconds, a whole second) on, in order of time, without end."""
    shape = TapeShape(seed, start, 0, _PANE)
    rate = MARKET_RATE / len(symbols)
    tapes = [SyntheticTape(parse_symbol(f"{symbol}:{rate:g}"), shape, EventSchedule(seed, ())) for symbol in symbols]
    reached = dict.fromkeys(symbols, 0)
    end = start
    while True:
        end += _STRETCH
        drawn: list[Trade] = []
        for tape in tapes:
            stop = tape.position_at(end - 1)
            rows = tape.trades(reached[tape.symbol], stop).rows()
            reached[tape.symbol] = stop
            drawn += [
                Trade(
                    exchange="binance",
                    symbol=tape.symbol,
                    feed="aggTrade",
                    id=row.id,
                    price=text(row.price),
                    quantity=text(row.quantity),
                    side="sell" if row.buyer_is_maker else "buy",
                    fills=row.last_fill - row.first_fill + 1,
                    time=row.time,
                    event_time=row.time,
                    clock=row.time,
                    backfilled=False,
                )
                for row in rows
            ]
        drawn.sort(key=lambda trade: trade.time)
        yield from drawn


class OurTopic:
    """Writes with the producer's own log: transactions of some thousand records, with the positions."""

    def __init__(self, bootstrap: str, stream: StreamName, partitions: int) -> None:
        connection = {"bootstrap.servers": bootstrap}
        self._logs = [
            PartitionLog(connection, stream, partition, "bench", 60.0, lambda: False, lambda _: None)
            for partition in range(partitions)
        ]
        for log in self._logs:
            log.open(None)

    def write(self, trades: Sequence[Trade]) -> None:
        """One transaction in each partition."""
        for partition, log in enumerate(self._logs):
            mine = [trade for trade in trades if partition_of(trade.symbol, len(self._logs)) == partition]
            if mine:
                log.begin()
                log.write(mine)
                last = {trade.symbol: trade for trade in mine}
                log.commit(Position(t.exchange, t.symbol, t.feed, t.id, t.clock) for t in last.values())

    def close(self) -> None:
        for log in self._logs:
            log.discard()


class NaiveTopic:
    """Writes as the naive producer does."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        create_naive_topic(bootstrap, topic, partitions)
        self._topic = topic
        self._producer = Producer({"bootstrap.servers": bootstrap})

    def write(self, trades: Sequence[Trade]) -> None:
        for trade in trades:
            self._producer.produce(self._topic, message(trade.symbol, trade.price, trade.time // 1000))
            self._producer.poll(0)
        self._producer.flush()


@dataclass
class Backlog:
    """A market that is written to both topics stretch by stretch."""

    market: Iterator[Trade]
    ours: OurTopic
    naive: NaiveTopic
    last_ids: dict[str, int] = field(default_factory=dict)
    """The highest id of each symbol so far."""

    def extend(self, count: int) -> None:
        """Write so many more trades to both."""
        while count > 0:
            trades = list(islice(self.market, min(count, _AT_ONCE)))
            self.ours.write(trades)
            self.naive.write(trades)
            self.last_ids |= {trade.symbol: trade.id for trade in trades}
            count -= len(trades)


def create_naive_topic(bootstrap: str, topic: str, partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(timeout=30)


def ends_of(bootstrap: str, topic: str) -> dict[int, int]:
    """The offset after the last record of each partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench"})
    try:
        return {
            partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
            for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions
        }
    finally:
        consumer.close()
