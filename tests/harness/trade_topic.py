"""Judge a trades topic against what the simulated exchange truly traded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cryptostream_model.records import Gap, Position, Progress, Trade, parse_position, parse_record
from cryptostream_model.streams import StreamName, partition_of
from harness.kafka import read_topic
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.waiting import until


@dataclass
class SymbolRecords:
    """One symbol's records in the order of its partition."""

    records: list[Trade | Gap | Progress] = field(default_factory=list)

    @property
    def trades(self) -> list[Trade]:
        return [record for record in self.records if isinstance(record, Trade)]

    @property
    def gaps(self) -> list[Gap]:
        return [record for record in self.records if isinstance(record, Gap)]

    @property
    def progress(self) -> list[Progress]:
        return [record for record in self.records if isinstance(record, Progress)]


def read_trades(bootstrap: str, stream: StreamName, partitions: int) -> dict[str, SymbolRecords]:
    """The committed records by symbol; checks key, partition and Kafka timestamp of each."""
    symbols: dict[str, SymbolRecords] = {}
    for message in read_topic(bootstrap, stream.trades_topic):
        record = parse_record(bytes(message.value() or b""))
        assert message.key() == record.symbol.encode()
        assert message.partition() == partition_of(record.symbol, partitions)
        assert message.timestamp()[1] == record.clock // 1000
        symbols.setdefault(record.symbol, SymbolRecords()).records.append(record)
    return symbols


def read_positions(bootstrap: str, stream: StreamName) -> dict[str, Position]:
    """The latest committed position of each symbol."""
    entries = [parse_position(bytes(m.value() or b"")) for m in read_topic(bootstrap, stream.positions_topic)]
    return {entry.symbol: entry for entry in entries if isinstance(entry, Position)}


def check_complete(
    bootstrap: str,
    stream: StreamName,
    simulator: RunningSimulator,
    partitions: int,
    gaps: Mapping[str, Sequence[tuple[int, int, str]]] | None = None,
    feed: str = "aggTrade",
    exchange: str = "binance",
) -> dict[str, SymbolRecords]:
    """Per symbol: every id once, in order, as truly traded; only the given gaps; clocks never fall; positions agree."""
    symbols = read_trades(bootstrap, stream, partitions)
    positions = read_positions(bootstrap, stream)
    for symbol, records in symbols.items():
        expected: int | None = None
        clock = 0
        for record in records.records:
            if isinstance(record, Trade):
                assert expected in (None, record.id), f"{symbol}: {record.id} follows {expected}"
                expected = record.id + 1
                assert record.clock == max(clock, record.time), f"{symbol}: clock of {record.id}"
            elif isinstance(record, Gap):
                assert expected == record.from_id, f"{symbol}: gap from {record.from_id} follows {expected}"
                expected = record.to_id + 1
                assert record.clock == clock
            else:
                assert record.clock > clock, f"{symbol}: progress does not move the clock"
            clock = record.clock
        found_gaps = [(gap.from_id, gap.to_id, gap.reason) for gap in records.gaps]
        assert found_gaps == list((gaps or {}).get(symbol, ())), f"{symbol}: gaps"
        position = positions[symbol]
        assert (position.exchange, position.feed, position.clock) == (exchange, feed, clock), symbol
        assert expected is None or position.last_id == expected - 1, symbol
        trades = records.trades
        if trades:
            missing = {number for gap in records.gaps for number in range(gap.from_id, gap.to_id + 1)}
            tape = simulator.tape(symbol, trades[0].id, trades[-1].id, feed)
            truth = [
                (t["id"], Decimal(t["price"]), Decimal(t["quantity"]), t["side"], t["fills"], t["time"])
                for t in tape
                if t["id"] not in missing
            ]
            written = [(t.id, Decimal(t.price), Decimal(t.quantity), t.side, t.fills, t.time) for t in trades]
            assert written == truth, symbol
    return symbols


def caught_up(
    producer: RunningProducer, simulator: RunningSimulator, symbols: Sequence[str], timeout: float = 90.0
) -> None:
    """Wait until the producer has committed all that was traded up to now."""
    last_ids = simulator.state()["symbols"]
    for symbol in symbols:
        last = simulator.tape(symbol, last_ids[symbol]["lastId"])[-1]["time"] / 1e6
        until(
            lambda symbol=symbol, last=last: producer.metric(f'clock_seconds{{symbol="{symbol}"}}') >= last - 1e-5,
            f"{symbol} to be written up to {last}",
            timeout,
        )
