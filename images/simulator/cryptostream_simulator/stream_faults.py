"""What faults do to stream events between the tape and the connections."""

import heapq
from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple

from cryptostream_simulator.faults import FaultBoard
from cryptostream_simulator.outgoing import Outgoing
from cryptostream_simulator.tape import Feed
from cryptostream_simulator.trades import TradeRow

_LONGEST_HOLD = 1.0


class StreamKey(NamedTuple):
    """A stream: symbol in upper case, and feed."""

    symbol: str
    feed: Feed

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.symbol}@{self.feed}"


class _Held(NamedTuple):
    release: float
    order: int
    key: StreamKey
    outgoing: Outgoing


class StreamFaults:
    """Drops, doubles, damages, delays and reorders events of the streams as the board asks."""

    def __init__(self, board: FaultBoard) -> None:
        self._board = board
        self._order = count()
        self._delayed: list[_Held] = []
        self._overtaken: dict[StreamKey, list[tuple[int, float, Outgoing]]] = {}

    @property
    def idle(self) -> bool:
        """True while no fault touches streams and nothing is held back."""
        return not self._delayed and not self._overtaken and not self._board.affects_streams()

    def apply(self, key: StreamKey, rows: Iterable[TradeRow]) -> list[Outgoing]:
        """What to send now for new trades of a stream, in this order."""
        sent: list[Outgoing] = []
        for row in rows:
            for outgoing in self._strike(key, row):
                self._pass(key, outgoing, sent)
        return sent

    def due(self) -> dict[StreamKey, list[Outgoing]]:
        """Events held back until now."""
        now = self._board.clock()
        released: dict[StreamKey, list[Outgoing]] = {}
        while self._delayed and self._delayed[0].release <= now:
            held = heapq.heappop(self._delayed)
            released.setdefault(held.key, []).append(held.outgoing)
        for key, waiting in list(self._overtaken.items()):
            late = [outgoing for _, until, outgoing in waiting if until <= now]
            if late:
                released.setdefault(key, []).extend(late)
                self._keep(key, [entry for entry in waiting if entry[1] > now])
        return released

    def forget(self, key: StreamKey) -> None:
        """Forget what is held back of a stream that nobody listens to any more."""
        self._delayed = [held for held in self._delayed if held.key != key]
        heapq.heapify(self._delayed)
        self._overtaken.pop(key, None)

    def _strike(self, key: StreamKey, row: TradeRow) -> Sequence[Outgoing]:
        """The fate of one event: none, one or two events, or one that is held back."""
        board, symbol = self._board, key.symbol
        if board.is_missing(symbol, key.feed, row.id, on_stream=True):
            board.done["rest_missing"] += 1
            return ()
        if board.strike("drop", symbol) or board.strike("silence", symbol):
            return ()
        outgoing = Outgoing(row)
        if board.strike("bad_json", symbol):
            outgoing = Outgoing(row, "truncated")
        elif board.strike("bad_fields", symbol):
            outgoing = Outgoing(row, "fields")
        elif absurd := board.strike("absurd_time", symbol):
            outgoing = Outgoing(row._replace(time=max(row.time + absurd.request.offset_ms * 1000, 0)))
        if delay := board.strike("delay", symbol):
            release = board.clock() + delay.request.delay_ms / 1000
            heapq.heappush(self._delayed, _Held(release, next(self._order), key, outgoing))
            return ()
        if reorder := board.strike("reorder", symbol):
            entry = (reorder.request.distance, board.clock() + _LONGEST_HOLD, outgoing)
            self._overtaken.setdefault(key, []).append(entry)
            return ()
        return (outgoing, outgoing) if board.strike("duplicate", symbol) else (outgoing,)

    def _pass(self, key: StreamKey, outgoing: Outgoing, sent: list[Outgoing]) -> None:
        """Send an event, and after it those that it was the last to overtake."""
        sent.append(outgoing)
        waiting = self._overtaken.get(key)
        if not waiting:
            return
        counted = [(left - 1, until, held) for left, until, held in waiting]
        sent.extend(held for left, _, held in counted if left <= 0)
        self._keep(key, [entry for entry in counted if entry[0] > 0])

    def _keep(self, key: StreamKey, waiting: list[tuple[int, float, Outgoing]]) -> None:
        if waiting:
            self._overtaken[key] = waiting
        else:
            self._overtaken.pop(key, None)
