"""The order of one symbol: live trades and healed pages in, contiguous records out. Pure, no clock and no network.

Contract (docs/data-contracts.md): ids of trades and gaps together are contiguous, each once, ascending; the clock never
falls; no progress is told while an id may be missing or the connection is in doubt.

A connection is *anchored* when every trade up to some frame of it is accounted for, so that nothing but its later
frames can be missing. Reaching a live trade without a hole anchors its connection; so does a REST answer that reaches
the newest trade and was asked after the connection had subscribed.
"""

from dataclasses import dataclass

from cryptostream_model.records import Gap, GapReason, Position, Progress, Record, Trade
from cryptostream_producer.exchanges.base import ExchangeTrade
from cryptostream_producer.held import HeldBudget, HeldTrades
from cryptostream_producer.needs import Anchor, Answer, BeyondLimit, Fetch, FindStart, Need, Page, StartFound

_PASSES = 1000
"""Live trades in order below a held id after which that id is no longer believed."""


@dataclass(slots=True)
class SequenceCounts:
    """What happened since the counts were last taken."""

    duplicates: int = 0
    overflowed: int = 0
    gaps_opened: int = 0
    gaps_healed: int = 0
    implausible: int = 0

    def any(self) -> bool:
        return any((self.duplicates, self.overflowed, self.gaps_opened, self.gaps_healed, self.implausible))


class Sequencer:
    """State of one symbol: the id to come next, the clock, and live trades held behind a hole."""

    def __init__(
        self, exchange: str, symbol: str, feed: str, position: Position | None = None, held: HeldBudget | None = None
    ) -> None:
        self.exchange = exchange
        self.symbol = symbol
        self.feed = feed
        self.next_id: int | None = None if position is None or position.last_id is None else position.last_id + 1
        self.clock = 0 if position is None else position.clock
        self.anchored_on: int | None = None
        self.counts = SequenceCounts()
        self._connection: int | None = None
        self._doubts = 0
        self._held = HeldTrades(held if held is not None else HeldBudget(limit=10_000))
        self._seen_to = -1
        self._gap_open = False
        self._passed = 0
        self._limited_to: int | None = -1

    @property
    def settled(self) -> bool:
        """No id up to the highest one seen is missing."""
        return not self._held and (self.next_id is None or self._seen_to < self.next_id)

    @property
    def held(self) -> int:
        return len(self._held)

    def position(self) -> Position:
        last_id = self.next_id - 1 if self.next_id else None
        return Position(self.exchange, self.symbol, self.feed, last_id, self.clock)

    def live(self, trade: ExchangeTrade, connection: int) -> list[Record]:
        """A trade from the stream; returns what can be written now."""
        next_id = self.next_id
        if next_id is None or trade.id > next_id:
            self._hold(trade)
            return []
        if trade.id < next_id:
            self.counts.duplicates += 1
            return []
        records: list[Record] = [self._write(trade, trade.event_time, backfilled=False)]
        if self._held:
            self._release(records)
            self._watch_passing()
        if self.settled:
            self.anchored_on = connection
            self._close_gap()
        return records

    def subscribed(self, connection: int) -> None:
        """A connection has begun to deliver this symbol; REST must show what went before it."""
        self._connection = connection

    def lost(self, connection: int) -> None:
        """A connection is gone."""
        if self._connection == connection:
            self._connection = None
        if self.anchored_on == connection:
            self.anchored_on = None

    def handed_over(self, old: int, new: int) -> None:
        """All frames of ``old`` up to a moment after ``new`` had subscribed are delivered: ``new`` misses nothing."""
        if self.anchored_on == old and self.settled:
            self.anchored_on = new

    def doubted(self) -> None:
        """A frame that may have been this symbol's could not be read."""
        self.anchored_on = None
        self._doubts += 1

    def announced(self, last_id: int) -> None:
        """The exchange has traded up to this id: it is missing until it comes over the stream or over REST."""
        if self.next_id is not None:
            self._seen_to = max(self._seen_to, last_id)

    def need(self, vouching: bool = True) -> Need | None:
        """What to ask of REST now. ``vouching``: an answer may anchor the subscribed connection."""
        anchor = self._anchor() if vouching else None
        limited = self.next_id == self._limited_to
        unproven = self._connection is not None and self.anchored_on != self._connection
        if self.next_id is None:
            return FindStart(self.clock > 0, anchor) if self._held or unproven else None
        if self._held:
            return Fetch(self.next_id, self._held.first() - 1, self.clock, anchor, limited)
        if self._seen_to >= self.next_id:
            return Fetch(self.next_id, self._seen_to, self.clock, anchor, limited)
        return Fetch(self.next_id, None, self.clock, anchor, limited) if unproven else None

    def answered(self, need: Need, answer: Answer) -> list[Record]:
        """REST's answer to an earlier need, however old; returns what can be written now."""
        records: list[Record] = []
        match answer:
            case StartFound(next_id):
                self._start(next_id, need)
            case BeyondLimit(from_id, to_id):
                if self.next_id is not None and from_id <= self.next_id <= to_id:
                    self._skip(to_id, "heal-limit", records)
                    self._limited_to = self.next_id
            case Page():
                self._page(answer, records)
        self._release(records)
        if isinstance(answer, Page) and isinstance(need, Fetch):
            self._reached_newest(need, answer, records)
        if self.settled:
            self._close_gap()
        return records

    def progress(self, connection: int, time: int) -> Progress | None:
        """Every frame of ``connection`` up to exchange time ``time`` (UTC microseconds) is delivered."""
        if self.anchored_on != connection or not self.settled or time <= self.clock:
            return None
        self.clock = time
        return Progress(self.exchange, self.symbol, self.feed, time)

    def _anchor(self) -> Anchor | None:
        return None if self._connection is None else Anchor(self._connection, self._doubts)

    def _hold(self, trade: ExchangeTrade) -> None:
        if trade.id in self._held:
            self.counts.duplicates += 1
            return
        if not self._gap_open and self.next_id is not None:
            self._gap_open = True
            self.counts.gaps_opened += 1
        if self._held.full:
            self._overflow(trade)
        else:
            self._held.add(trade)

    def _overflow(self, trade: ExchangeTrade) -> None:
        """Forget what is held and heal it over REST instead, up to the highest id seen."""
        self._seen_to = max(self._seen_to, trade.id, *self._held.ids())
        self.counts.overflowed += 1 + self._held.clear()

    def _start(self, next_id: int | None, need: Need) -> None:
        if self.next_id is not None:
            return
        if next_id is None and self._held:
            next_id = self._held.first()
        if next_id is None:
            if need.anchor is not None and need.anchor == self._anchor():
                self.anchored_on = need.anchor.connection
            return
        self.next_id = next_id
        self._held.drop_below(next_id)

    def _page(self, page: Page, records: list[Record]) -> None:
        if self.next_id is None or not page.from_id <= self.next_id <= page.through_id:
            return
        for trade in page.trades:
            if trade.id < self.next_id:
                continue
            self._account_missing(trade.id - 1, page.invalid, records)
            records.append(self._write(trade, trade.time, backfilled=True))
        self._account_missing(page.through_id, page.invalid, records)

    def _account_missing(self, through: int, invalid: frozenset[int], records: list[Record]) -> None:
        """Gap records for next_id..through, one per run of the same reason; a held live trade fills its own place."""
        while self.next_id is not None and self.next_id <= through:
            held = self._held.take(self.next_id)
            if held is not None:
                records.append(self._write(held, held.event_time, backfilled=False))
                continue
            first = self.next_id
            if first in invalid:
                last = first
                while last < through and last + 1 in invalid and last + 1 not in self._held:
                    last += 1
                self._skip(last, "invalid", records)
            else:
                stops = [number for number in (*self._held.ids(), *invalid) if first < number <= through]
                self._skip(min(stops, default=through + 1) - 1, "unavailable", records)

    def _skip(self, to_id: int, reason: GapReason, records: list[Record]) -> None:
        """Move past next_id..to_id. Before the first record there is no sequence that they could be missing from."""
        if self._held:
            to_id = min(to_id, self._held.first() - 1)
        if self.next_id is None or to_id < self.next_id:
            return
        if self.clock:
            records.append(Gap(self.exchange, self.symbol, self.feed, self.next_id, to_id, reason, self.clock))
            self._gap_open = False
        self.next_id = to_id + 1

    def _reached_newest(self, need: Fetch, page: Page, records: list[Record]) -> None:
        if not page.at_newest:
            return
        if not self._held:
            if need.to_id is None and self.settled and need.anchor is not None and need.anchor == self._anchor():
                self.anchored_on = need.anchor.connection
            elif need.to_id is not None and not self.settled:
                self._seen_to = -1
                self.anchored_on = None
            return
        first = self._held.first()
        if self.next_id is None or need.to_id is None or need.to_id != first - 1:
            return
        if first + 1 in self._held:
            self._skip(first - 1, "unavailable", records)
            self._release(records)
        else:
            self._disbelieve()

    def _watch_passing(self) -> None:
        """A held id that the stream's own order goes past again and again was never the exchange's."""
        self._passed = self._passed + 1 if self._held else 0
        if self._passed >= _PASSES:
            self._disbelieve()

    def _disbelieve(self) -> None:
        """Drop held trades that nothing confirms. If they were real, REST or the next live trade brings them back."""
        self.counts.implausible += self._held.clear()
        self._passed = 0
        self.anchored_on = None

    def _release(self, records: list[Record]) -> None:
        while self._held and self.next_id is not None:
            trade = self._held.take(self.next_id)
            if trade is None:
                self._held.drop_below(self.next_id)
                break
            records.append(self._write(trade, trade.event_time, backfilled=False))

    def _write(self, trade: ExchangeTrade, event_time: int, backfilled: bool) -> Trade:
        self.next_id = trade.id + 1
        self.clock = max(self.clock, trade.time)
        return Trade(
            self.exchange,
            self.symbol,
            self.feed,
            trade.id,
            trade.price,
            trade.quantity,
            trade.side,
            trade.fills,
            trade.time,
            event_time,
            self.clock,
            backfilled,
        )

    def _close_gap(self) -> None:
        if self._gap_open:
            self._gap_open = False
            self.counts.gaps_healed += 1
