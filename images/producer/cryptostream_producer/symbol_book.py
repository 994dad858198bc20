"""The symbols of one partition: their sequencers, what happens to them, and when each asks REST for something."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from cryptostream_model.records import Position, Record
from cryptostream_producer.events import Announced, Confirmed, Doubted, Event, HandedOver, Healed, Lost, Subscribed
from cryptostream_producer.exchanges.base import ExchangeTrade
from cryptostream_producer.held import HeldBudget
from cryptostream_producer.needs import Answer, Fetch, Need, Page, StartFound
from cryptostream_producer.sequence import Sequencer

_ALMOST = 0.8
"""Times are confirmed once an interval: one that comes a little early must not make a symbol wait for the next."""


class Healing(Protocol):
    """Answers needs in the background."""

    def request(self, symbol: str, need: Need, deliver: Callable[[Answer], None]) -> None: ...


@dataclass(slots=True)
class SymbolState:
    """A sequencer, when it last wrote, and its request: the number of the one under way, or when to make one."""

    sequencer: Sequencer
    written_at: float
    catching_up: bool = True
    asked: int | None = None
    ask_at: float | None = None


class SymbolBook:
    """Belongs to the partition's writer thread. Times are monotonic seconds."""

    def __init__(
        self,
        exchange: str,
        feed: str,
        names: Sequence[str],
        healing: Healing,
        deliver: Callable[[Event], None],
        held_limit: int,
        heal_delay: float,
        quiet: float,
    ) -> None:
        self._exchange = exchange
        self._feed = feed
        self._names = names
        self._healing = healing
        self._deliver = deliver
        self._heal_delay = heal_delay
        self._quiet = quiet
        self._requests = 0
        self._subscribed_at: dict[int, float] = {}
        self._states: dict[str, SymbolState] = {}
        self.held = HeldBudget(held_limit)

    def restart(self, positions: Mapping[str, Position]) -> None:
        """Begin anew from what is committed; what was held or asked for is forgotten."""
        now = monotonic()
        self.held.used = 0
        self._states = {
            name: SymbolState(
                Sequencer(self._exchange, name, self._feed, positions.get(name), self.held), written_at=now
            )
            for name in self._names
        }
        for connection in self._subscribed_at:
            self._subscribe(connection)

    def sequencers(self) -> Iterable[Sequencer]:
        return (state.sequencer for state in self._states.values())

    def sequencer(self, name: str) -> Sequencer:
        return self._states[name].sequencer

    def written(self, names: Iterable[str], at: float) -> None:
        """Records of these symbols are committed."""
        for name in names:
            self._states[name].written_at = at

    def trade(self, connection: int, trade: ExchangeTrade) -> Sequence[Record]:
        """A live trade; returns what can be written now."""
        state = self._states[trade.symbol]
        records = state.sequencer.live(trade, connection)
        if not records and state.asked is None and state.ask_at is None:
            self._plan(state)
        return records

    def event(self, event: Event) -> Sequence[Record]:
        """Anything else from the inbox; returns what can be written now."""
        match event:
            case Subscribed(connection):
                self._subscribed_at[connection] = monotonic()
                self._subscribe(connection)
            case Lost(connection):
                self._subscribed_at.pop(connection, None)
                for sequencer in self.sequencers():
                    sequencer.lost(connection)
            case HandedOver(old, new):
                for sequencer in self.sequencers():
                    sequencer.handed_over(old, new)
            case Doubted(name):
                for state in self._states.values() if name is None else [self._states[name]]:
                    state.sequencer.doubted()
                    self._plan(state)
            case Announced(name, last_id):
                self._states[name].sequencer.announced(last_id)
                self._plan(self._states[name])
            case Confirmed(connection, time):
                return self._progress(connection, time)
            case Healed():
                return self._healed(event)
        return ()

    def ask_due(self) -> None:
        """Make the requests whose time has come."""
        now = monotonic()
        for name, state in self._states.items():
            if state.ask_at is not None and state.ask_at <= now:
                state.ask_at = None
                self._ask(name, state, now)

    def until_due(self, longest: float) -> float:
        """Seconds until the next request, at most ``longest``."""
        now = monotonic()
        dues = [state.ask_at - now for state in self._states.values() if state.ask_at is not None]
        return max(0.0, min([longest, *dues]))

    def _subscribe(self, connection: int) -> None:
        for state in self._states.values():
            state.sequencer.subscribed(connection)
            self._plan(state)

    def _progress(self, connection: int, time: int) -> list[Record]:
        quiet_since = monotonic() - self._quiet * _ALMOST
        told = (
            state.sequencer.progress(connection, time)
            for state in self._states.values()
            if state.written_at <= quiet_since
        )
        return [record for record in told if record is not None]

    def _healed(self, event: Healed) -> Sequence[Record]:
        state = self._states[event.symbol]
        if state.asked != event.number:
            return ()
        state.asked = None
        records = state.sequencer.answered(event.need, event.answer)
        if isinstance(event.answer, Page):
            state.catching_up = not event.answer.at_newest
        elif isinstance(event.answer, StartFound):
            state.catching_up = event.answer.next_id is not None
        self._plan(state, following=True)
        return records

    def _plan(self, state: SymbolState, following: bool = False) -> None:
        """Plan the symbol's next request. A page follows the one before at once; all else waits a little.

        A missing id may still come by itself. A check for the newest trade vouches for nothing right after subscribing,
        and needs not be made where a live trade comes first.
        """
        need = state.sequencer.need()
        if need is None or state.asked is not None:
            return
        bounded = isinstance(need, Fetch) and need.to_id is not None
        if state.catching_up or (bounded and following):
            delay = 0.0
        else:
            delay = self._heal_delay if bounded or state.sequencer.held else self._quiet
        due = monotonic() + delay
        if state.ask_at is None or due < state.ask_at:
            state.ask_at = due

    def _ask(self, name: str, state: SymbolState, now: float) -> None:
        newest = max(self._subscribed_at.values(), default=now)
        need = state.sequencer.need(vouching=now - newest >= self._quiet)
        if need is None:
            return
        self._requests += 1
        number = state.asked = self._requests
        self._healing.request(name, need, lambda answer: self._deliver(Healed(name, number, need, answer)))
