"""What Binance writes on the wire: stream events and REST rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptostream_simulator.decimals import SCALE, text
from cryptostream_simulator.outgoing import Outgoing, truncated
from cryptostream_simulator.stream_faults import StreamKey
from cryptostream_simulator.tape import Feed
from cryptostream_simulator.trades import TradeRow


@dataclass(frozen=True, slots=True)
class EventForm:
    """How a connection wants its events: wrapped with their stream's name or not, and microseconds in a unit of its
    times (1000 or 1)."""

    is_combined: bool
    per_unit: int

    def messages(self, key: StreamKey, batch: Sequence[Outgoing], now: int) -> Iterable[str]:
        events = (stream_event(key.feed, key.symbol, outgoing, now, self.per_unit) for outgoing in batch)
        return (combined(stream_name(key), event) for event in events) if self.is_combined else events

    def shutdown_notice(self, now: int) -> str:
        notice = f'{{"e":"serverShutdown","E":{now // self.per_unit}}}'
        return combined("!serverShutdown", notice) if self.is_combined else notice


def stream_name(key: StreamKey) -> str:
    return f"{key.symbol.lower()}@{key.feed}"


def stream_event(feed: Feed, symbol: str, outgoing: Outgoing, event_time: int, per_unit: int) -> str:
    """A raw stream event. ``event_time`` in UTC microseconds; ``per_unit``: microseconds in a unit of the wire's
    times."""
    row = outgoing.row
    price = "NaN" if outgoing.damage == "fields" else text(row.price)
    maker = "true" if row.buyer_is_maker else "false"
    common = f'"p":"{price}","q":"{text(row.quantity)}"'
    ids = (
        f'"a":{row.id},{common},"f":{row.first_fill},"l":{row.last_fill}'
        if feed == "aggTrade"
        else f'"t":{row.id},{common}'
    )
    event = (
        f'{{"e":"{feed}","E":{event_time // per_unit},"s":"{symbol}",{ids},'
        f'"T":{row.time // per_unit},"m":{maker},"M":true}}'
    )
    return truncated(event, outgoing)


def combined(stream: str, event: str) -> str:
    """An event as a combined connection sends it."""
    return f'{{"stream":"{stream}","data":{event}}}'


def aggregate_row(row: TradeRow, per_unit: int, malformed: bool = False) -> dict[str, object]:
    """A row of /api/v3/aggTrades."""
    return {
        "a": row.id,
        "p": "not-a-price" if malformed else text(row.price),
        "q": text(row.quantity),
        "f": row.first_fill,
        "l": row.last_fill,
        "T": row.time // per_unit,
        "m": row.buyer_is_maker,
        "M": True,
    }


def fill_row(row: TradeRow, per_unit: int, malformed: bool = False) -> dict[str, object]:
    """A row of /api/v3/historicalTrades and /api/v3/trades."""
    return {
        "id": row.id,
        "price": "not-a-price" if malformed else text(row.price),
        "qty": text(row.quantity),
        "quoteQty": text(row.price * row.quantity // SCALE),
        "time": row.time // per_unit,
        "isBuyerMaker": row.buyer_is_maker,
        "isBestMatch": True,
    }
