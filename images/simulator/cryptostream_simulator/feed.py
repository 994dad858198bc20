"""The live feed: hands each published trade to the connections that subscribe to its streams."""

from collections import Counter
from collections.abc import Mapping, Sequence

from cryptostream_simulator.connection import Connection, StreamForm
from cryptostream_simulator.faults import FaultBoard
from cryptostream_simulator.frames import text_frame
from cryptostream_simulator.market import Market
from cryptostream_simulator.outgoing import Outgoing
from cryptostream_simulator.stream_faults import StreamFaults, StreamKey
from cryptostream_simulator.tape import FEEDS
from cryptostream_simulator.trades import TradeRow

Listener = Connection[StreamForm]


class Feed:
    """Cursors into the tapes of all symbols that somebody listens to."""

    def __init__(self, market: Market, board: FaultBoard) -> None:
        self._market = market
        self._faults = StreamFaults(board)
        self._listeners: dict[StreamKey, list[Listener]] = {}
        self._positions: dict[str, int] = {}
        self._next_changes: dict[str, int] = {}
        self.sent: Counter[str] = Counter()

    def subscribe(self, connection: Listener, streams: Mapping[str, StreamKey | None]) -> None:
        """A connection hears of trades that are published from now on. ``streams``: by name; None has no trades."""
        now = self._market.clock.now()
        for name, key in streams.items():
            if name in connection.streams:
                continue
            connection.streams[name] = key
            if key is not None:
                self._listeners.setdefault(key, []).append(connection)
                if key.symbol not in self._positions:
                    self._positions[key.symbol] = self._market.tapes[key.symbol].position_at(now)
                    self._next_changes[key.symbol] = now

    def last_sent(self, key: StreamKey) -> TradeRow | None:
        """The trade before the next one that a stream with listeners will carry."""
        position = self._positions[key.symbol]
        last = None
        for row in self._market.rows(key.symbol, key.feed, position - 1, position):
            last = row
        return last

    def unsubscribe(self, connection: Listener, names: Sequence[str]) -> None:
        for name in names:
            key = connection.streams.pop(name, None)
            if key is None:
                continue
            self._listeners[key].remove(connection)
            if not self._listeners[key]:
                del self._listeners[key]
                self._faults.forget(key)
            if not any(StreamKey(key.symbol, feed) in self._listeners for feed in FEEDS):
                del self._positions[key.symbol]
                del self._next_changes[key.symbol]

    def advance(self) -> None:
        """Send everything published since the last call; all of it carries one event time."""
        now = self._market.clock.now()
        faultless = self._faults.idle
        batches: dict[StreamKey, list[Outgoing]] = {} if faultless else self._faults.due()
        for symbol, start, stop in self._published(now):
            for feed in FEEDS:
                key = StreamKey(symbol, feed)
                if key not in self._listeners:
                    continue
                rows = self._market.rows(symbol, feed, start, stop)
                fresh = [Outgoing(row) for row in rows] if faultless else self._faults.apply(key, rows)
                batches.setdefault(key, []).extend(fresh)
        self._send(batches, now)

    def _published(self, now: int) -> list[tuple[str, int, int]]:
        fresh = []
        for symbol, at in self._next_changes.items():
            if at > now:
                continue
            tape = self._market.tapes[symbol]
            start, stop = self._positions[symbol], tape.position_at(now)
            self._positions[symbol] = stop
            self._next_changes[symbol] = tape.next_change(stop, now)
            if stop > start:
                fresh.append((symbol, start, stop))
        return fresh

    def _send(self, batches: dict[StreamKey, list[Outgoing]], now: int) -> None:
        frames: dict[Listener, list[bytes]] = {}
        events: Counter[Listener] = Counter()
        for key, batch in batches.items():
            rendered: dict[StreamForm, bytes] = {}
            for connection in self._listeners.get(key, ()):
                form = connection.form
                if form not in rendered:
                    rendered[form] = b"".join(map(text_frame, form.messages(key, batch, now)))
                frames.setdefault(connection, []).append(rendered[form])
                events[connection] += len(batch)
                self.sent[key.name] += len(batch)
        for connection, parts in frames.items():
            connection.write(b"".join(parts), events[connection])
