"""Write a small market to a trades topic, record by record, as a producer would."""

import random
from collections.abc import Iterable, Mapping

from confluent_kafka import Producer

from cryptostream_model.records import Gap, GapReason, Progress, Record, Trade
from cryptostream_model.streams import StreamName, partition_of

SECOND = 1_000_000
EPOCH = 1_700_000_000 * SECOND
"""A Tuesday in November 2023, on the grid of every pane length used in tests."""


class Tape:
    """Keeps each symbol's next id and clock, and writes committed records."""

    def __init__(self, bootstrap: str, stream: StreamName, partitions: int = 2, seed: int = 1) -> None:
        self._stream = stream
        self._partitions = partitions
        self._random = random.Random(seed)
        self._next_id: dict[str, int] = {}
        self._clock: dict[str, int] = {}
        self._price: dict[str, float] = {}
        self._producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"{stream.name}-tape"})
        self._producer.init_transactions()

    def resume(self, next_ids: Mapping[str, int], clock: int) -> None:
        """Go on where another writer left off."""
        self._next_id.update(next_ids)
        self._clock.update(dict.fromkeys(next_ids, clock))

    def trades(
        self,
        symbols: Iterable[str],
        start: float,
        seconds: float,
        rate: float = 20.0,
        move: float = 0.0,
        volume: float = 1.0,
    ) -> None:
        """``rate`` trades a second and symbol from ``start``, in seconds after EPOCH; ``move`` is relative, in all."""
        records: list[Record] = []
        count = int(seconds * rate)
        for index in range(count):
            time = EPOCH + int((start + index / rate) * SECOND)
            for symbol in symbols:
                price = self._price.get(symbol, 100.0)
                price *= (1 + move) ** (1 / count) * (1 + self._random.gauss(0, 2e-5))
                self._price[symbol] = price
                records.append(
                    self.trade(symbol, time, f"{price:.4f}", f"{self._random.uniform(0.1, 0.9) * volume:.3f}")
                )
        self.write(records)

    def trade(self, symbol: str, time: int, price: str, quantity: str = "0.5") -> Trade:
        """The symbol's next trade; moves its id and clock but is not written yet."""
        number = self._next_id.get(symbol, 1)
        self._next_id[symbol] = number + 1
        self._clock[symbol] = max(self._clock.get(symbol, time), time)
        side = self._random.choice(("buy", "sell"))
        fills = self._random.choice((1, 1, 1, 2, 3))
        clock = self._clock[symbol]
        return Trade("binance", symbol, "aggTrade", number, price, quantity, side, fills, time, time, clock, False)

    def gap(self, symbol: str, ids: int, reason: GapReason = "unavailable") -> Gap:
        """The next ``ids`` ids cannot be had."""
        first = self._next_id.get(symbol, 1)
        self._next_id[symbol] = first + ids
        return Gap("binance", symbol, "aggTrade", first, first + ids - 1, reason, self._clock[symbol])

    def progress(self, symbols: Iterable[str], at: float) -> None:
        """Nothing more until ``at`` (seconds after EPOCH): closes what ends before it."""
        records: list[Record] = []
        for symbol in symbols:
            self._clock[symbol] = max(self._clock.get(symbol, 0), EPOCH + int(at * SECOND))
            records.append(Progress("binance", symbol, "aggTrade", self._clock[symbol]))
        self.write(records)

    def write(self, records: Iterable[Record]) -> None:
        """Commit records in one transaction."""
        self.write_raw({}, records)

    def write_raw(self, values: Mapping[str, bytes], records: Iterable[Record] = ()) -> None:
        """Commit records, then raw values by symbol, in one transaction."""
        self._producer.begin_transaction()
        for record in records:
            self._produce(record.symbol, record.to_json(), record.clock)
        for symbol, value in values.items():
            self._produce(symbol, value, self._clock.get(symbol, EPOCH))
        self._producer.commit_transaction(30)

    def _produce(self, symbol: str, value: bytes, clock: int) -> None:
        self._producer.produce(
            self._stream.trades_topic,
            key=symbol,
            value=value,
            partition=partition_of(symbol, self._partitions),
            timestamp=clock // 1000,
        )
        self._producer.poll(0)
