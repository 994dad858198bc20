"""Faults that can be asked for, and the board that keeps the active ones. Faults change what is sent, never the
truth."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cryptostream_simulator.tape import Feed

StreamFault = Literal["drop", "duplicate", "reorder", "delay", "silence", "bad_json", "bad_fields", "absurd_time"]
ConnectionFault = Literal["cut", "refuse", "server_shutdown"]
RestFault = Literal["rest_429", "rest_5xx", "rest_outage", "rest_slow", "rest_missing", "rest_malformed"]
FaultKind = StreamFault | ConnectionFault | RestFault
STREAM_FAULTS: tuple[StreamFault, ...] = get_args(StreamFault)
_BY_ID = ("rest_missing", "rest_malformed")
_AT_ONCE = ("cut", "server_shutdown")
_TEN_YEARS_MS = 10 * 365 * 86_400_000


class FaultRequest(BaseModel):
    """What POST /admin/faults takes. A fault lasts until it has hit ``count`` times, for ``seconds`` of real time, or
    until it is cleared, whichever comes first; without ``count`` every message (or REST call) is hit with
    ``probability``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    symbol: str | None = Field(None, description="hit this symbol only; default: all")
    probability: float = Field(1.0, gt=0, le=1)
    count: int | None = Field(None, ge=1)
    seconds: float | None = Field(None, gt=0)
    seed: int = Field(0, description="of the draws against probability")
    delay_ms: float = Field(500.0, gt=0, description="delay, rest_slow: how long, real time")
    distance: int = Field(1, ge=1, description="reorder: by how many messages of its stream a message is overtaken")
    offset_ms: int = Field(_TEN_YEARS_MS, description="absurd_time: added to the trade's time")
    pings: bool = Field(True, description="silence: false stops the server's pings too")
    close_after: float | None = Field(None, ge=0, description="server_shutdown: close so many seconds after the notice")
    retry_after: int = Field(1, ge=0, description="rest_429: seconds in the Retry-After header")
    status: int = Field(503, ge=400, le=599, description="rest_5xx, refuse: the HTTP status")
    feed: str | None = Field(
        None, description="rest_missing, rest_malformed: the feed whose ids are meant; default: the exchange's first"
    )
    from_id: int | None = Field(None, ge=1, description="rest_missing, rest_malformed: first id")
    to_id: int | None = Field(None, description="last id; default: from_id")
    next: int | None = Field(
        None, ge=1, description="instead of from_id and to_id: the next so many ids to be published"
    )
    on_stream: bool = Field(False, description="rest_missing: the ids are absent from the stream as well")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind in _BY_ID:
            if self.symbol is None or (self.from_id is None) == (self.next is None):
                raise ValueError(f"{self.kind} needs symbol, and either from_id (and to_id) or next")
            if self.to_id is not None and self.from_id is not None and self.to_id < self.from_id:
                raise ValueError("to_id must not be smaller than from_id")
        return self


class ActiveFault:
    """A fault in force. ``feed``: whose ids its range counts by."""

    def __init__(self, number: int, request: FaultRequest, now: float, feed: Feed = "aggTrade") -> None:
        self.number = number
        self.request = request
        self.feed = feed
        self.until = now + request.seconds if request.seconds is not None else None
        self.remaining = request.count
        self.done = 0
        self._random = random.Random(request.seed)  # noqa: S311 - reproducible, not secret

    def lasts(self, now: float) -> bool:
        return (self.until is None or now < self.until) and self.remaining != 0

    def hits(self, symbol: str | None) -> bool:
        """Whether this message or call is hit; counts it if so."""
        if self.remaining == 0 or (self.request.symbol is not None and symbol != self.request.symbol):
            return False
        if self.request.probability < 1 and self._random.random() >= self.request.probability:
            return False
        if self.remaining is not None:
            self.remaining -= 1
        self.done += 1
        return True

    def holds(self, symbol: str, feed: Feed, trade_id: int) -> bool:
        """Whether an id is in the fault's range, both ends included."""
        request = self.request
        if request.from_id is None or request.symbol != symbol or self.feed != feed:
            return False
        return request.to_id is not None and request.from_id <= trade_id <= request.to_id

    def describe(self, now: float) -> dict[str, object]:
        return {
            "id": self.number,
            **self.request.model_dump(exclude_defaults=True),
            "kind": self.request.kind,
            "done": self.done,
            "remaining": self.remaining,
            "secondsLeft": None if self.until is None else round(max(self.until - now, 0.0), 3),
        }


class FaultBoard:
    """The faults in force and the counts of what was done so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.done: Counter[str] = Counter()
        self._active: list[ActiveFault] = []
        self._count = 0

    def add(self, request: FaultRequest, feed: Feed = "aggTrade") -> ActiveFault:
        self._count += 1
        fault = ActiveFault(self._count, request, self.clock(), feed)
        if request.kind not in _AT_ONCE:
            self._active.append(fault)
        return fault

    def clear(self, number: int | None = None) -> int:
        """End one fault or all; returns how many were in force."""
        before = len(self.active())
        self._active = [fault for fault in self._active if number is not None and fault.number != number]
        return before - len(self._active)

    def active(self) -> list[ActiveFault]:
        now = self.clock()
        self._active = [fault for fault in self._active if fault.lasts(now)]
        return self._active

    def of(self, *kinds: FaultKind) -> Iterator[ActiveFault]:
        """Faults in force of these kinds, oldest first."""
        return (fault for fault in self.active() if fault.request.kind in kinds)

    def strike(self, kind: FaultKind, symbol: str | None = None) -> ActiveFault | None:
        """The first fault of this kind that hits; counts it."""
        for fault in self.of(kind):
            if fault.hits(symbol):
                self.done[kind] += 1
                return fault
        return None

    def affects_streams(self) -> bool:
        """Whether stream events must be looked at one by one."""
        return any(fault.request.kind in STREAM_FAULTS or fault.request.on_stream for fault in self.active())

    def is_missing(self, symbol: str, feed: Feed, trade_id: int, on_stream: bool = False) -> bool:
        """Whether the exchange pretends not to know an id."""
        return any(
            fault.holds(symbol, feed, trade_id)
            for fault in self.of("rest_missing")
            if fault.request.on_stream or not on_stream
        )
