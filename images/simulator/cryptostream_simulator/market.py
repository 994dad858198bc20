"""The exchange's market: its clock, what is traded and the truth about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cryptostream_model.logs import get_logger
from cryptostream_model.settings import microseconds
from cryptostream_simulator.clock import ExchangeClock, host_microseconds
from cryptostream_simulator.events import SECOND
from cryptostream_simulator.faces.wires import DEFAULT
from cryptostream_simulator.recorded import LoopedTape, RecordedTape, read_recording, shifted
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.settings import SimulatorSettings
from cryptostream_simulator.symbols import SymbolSpec
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape
from cryptostream_simulator.tape import Feed, Tape
from cryptostream_simulator.trades import TradeRow, split_into_fills

_CHUNK = 4096
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as the exchange lists it; tick and lot in units of 1e-8."""

    symbol: str
    tick: int
    lot: int


@dataclass(frozen=True, slots=True)
class Market:
    """Tapes by symbol under one clock. ``schedule`` and ``specs`` are those of a synthetic market, empty for a
    recording.

    ``exchange``: whose protocol serves it. ``history``: seconds before the live start in which the tape begins.
    ``tape_end``: when a recording's last trade is published (UTC microseconds); None for a tape without end.
    """

    clock: ExchangeClock
    tapes: Mapping[str, Tape]
    listings: Mapping[str, Listing]
    schedule: EventSchedule
    specs: Mapping[str, SymbolSpec]
    exchange: str
    history: int = 0
    tape_end: int | None = None

    @property
    def live_start(self) -> int:
        return self.clock.origin

    def is_halted(self, symbol: str, now: int) -> bool:
        spec = self.specs.get(symbol)
        return spec is not None and self.schedule.is_halted(spec, now - self.live_start)

    def labels(self, now: int) -> list[dict[str, object]]:
        """Events that have begun by now (UTC microseconds), and the ones asked for even if they are still to come."""
        until = (now - self.live_start) // SECOND + 1
        events = set(self.schedule.explicit)
        for symbol in self.specs:
            events.update(self.schedule.between(symbol, -self.history, until))
        return [event.label(self.live_start) for event in sorted(events, key=lambda each: (each.start, each.symbol))]

    def rows(self, symbol: str, feed: Feed, start: int, stop: int) -> Iterator[TradeRow]:
        """The truth at positions ``start .. stop - 1`` of a symbol's tape: aggregates, or their single fills."""
        tape = self.tapes[symbol]
        for begin in range(max(start, 0), stop, _CHUNK):
            rows = tape.trades(begin, min(begin + _CHUNK, stop)).rows()
            if feed == "aggTrade":
                yield from rows
            else:
                for row in rows:
                    yield from split_into_fills(row, tape.lot)

    def last_id(self, symbol: str, now: int, feed: Feed = "aggTrade") -> int | None:
        """The last id published by now; None before the first trade."""
        stop = self.tapes[symbol].position_at(now)
        last = None
        for row in self.rows(symbol, feed, stop - 1, stop):
            last = row.id
        return last

    def position_of(self, symbol: str, feed: Feed, trade_id: int) -> int:
        """Position of the first trade that holds an id of at least ``trade_id`` in the feed's numbering."""
        tape = self.tapes[symbol]
        return tape.position_of_id(trade_id) if feed == "aggTrade" else tape.position_of_fill(trade_id)


def open_market(settings: SimulatorSettings) -> Market:
    """Build the market and start its clock. Raises RecordingError when the recording cannot be read."""
    origin = int(settings.origin.timestamp() * 1_000_000) if settings.origin else None
    if settings.tape is not None:
        return _recorded_market(settings.tape, settings, origin)
    origin = host_microseconds() if origin is None else origin
    shape = TapeShape(
        seed=settings.seed,
        live_start=origin,
        history=microseconds(settings.history),
        pane=microseconds(settings.pane),
        burstiness=settings.burstiness,
        backdated_share=settings.backdated_share,
        largest_backdating=microseconds(settings.backdated_by),
    )
    schedule = EventSchedule(settings.seed, settings.events, settings.events_per_hour)
    tapes: dict[str, Tape] = {spec.name: SyntheticTape(spec, shape, schedule) for spec in settings.symbols}
    clock = ExchangeClock(origin, settings.speed)
    if settings.resume:
        clock = ExchangeClock(origin, settings.speed, elapsed=max(host_microseconds() - origin, 0))
    for tape in tapes.values():
        tape.position_at(clock.now())
    return Market(
        clock=clock,
        tapes=tapes,
        listings={spec.name: Listing(spec.name, spec.tick, spec.lot) for spec in settings.symbols},
        schedule=schedule,
        specs={spec.name: spec for spec in settings.symbols},
        exchange=settings.exchange or DEFAULT,
        history=microseconds(settings.history) // SECOND,
    )


def _recorded_market(path: Path, settings: SimulatorSettings, origin: int | None) -> Market:
    recording = read_recording(path, settings.tape_symbols)
    for warning in recording.warnings:
        log.warning("the recording is not whole", path=str(path), reason=warning)
    lead_in = microseconds(settings.lead_in)
    if settings.original_times:
        origin = recording.start - lead_in
    else:
        origin = host_microseconds() if origin is None else origin
        recording = shifted(recording, origin + lead_in - recording.start)
    period = recording.end - recording.start + max(lead_in, SECOND)
    tapes: dict[str, Tape] = {
        symbol: LoopedTape(symbol, trades, recording.start, period) if settings.loop else RecordedTape(symbol, trades)
        for symbol, trades in recording.trades.items()
    }
    listings = {
        symbol: Listing(symbol, int(np.gcd.reduce(trades.price)), int(np.gcd.reduce(trades.quantity)))
        for symbol, trades in recording.trades.items()
    }
    schedule = EventSchedule(settings.seed)
    clock = ExchangeClock(origin, settings.speed)
    spoken = settings.exchange or recording.exchange
    return Market(clock, tapes, listings, schedule, {}, spoken, tape_end=None if settings.loop else recording.end)
