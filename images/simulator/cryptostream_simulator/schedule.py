"""Which events happen when: the ones asked for and the ones drawn from the seed."""

from collections.abc import Sequence
from functools import lru_cache

from cryptostream_simulator.events import EVENT_TYPES, SECOND, SHAPES, MarketEvent
from cryptostream_simulator.randomness import generator
from cryptostream_simulator.symbols import SymbolSpec

_HOUR = 3600
_SLOT = 300
_SLOTS = _HOUR // _SLOT


class EventSchedule:
    """Events of every symbol. Drawn ones fall into five-minute slots, at most one a slot, so they never overlap."""

    def __init__(self, seed: int, explicit: Sequence[MarketEvent] = (), events_per_hour: float = 0.0) -> None:
        self._seed = seed
        self.explicit = tuple(explicit)
        self._events_per_hour = events_per_hour
        self._drawn = lru_cache(maxsize=4096)(self._draw)

    def between(self, symbol: str, start: int, stop: int) -> list[MarketEvent]:
        """A symbol's events that last into ``start .. stop`` (seconds after the live start), in order of start."""
        hours = range(start // _HOUR - 1, stop // _HOUR + 1) if self._events_per_hour else range(0)
        known = [event for event in self.explicit if event.symbol == symbol]
        known += [event for hour in hours for event in self._drawn(symbol, hour)]
        return sorted(
            (event for event in known if event.start < stop and event.start + event.seconds > start),
            key=lambda event: event.start,
        )

    def is_halted(self, spec: SymbolSpec, after_live_start: int) -> bool:
        """Whether the symbol is halted at a time given in microseconds after the live start."""
        if spec.halted_from is not None and after_live_start >= spec.halted_from:
            return True
        second = after_live_start // SECOND
        return any(event.type == "halt" for event in self.between(spec.name, second, second + 1))

    def _draw(self, symbol: str, hour: int) -> tuple[MarketEvent, ...]:
        random = generator(self._seed, symbol, hour, "events")
        count = min(int(random.poisson(self._events_per_hour)), _SLOTS)
        slots = random.permutation(_SLOTS)[:count].tolist()
        drawn = []
        for slot in slots:
            kind = EVENT_TYPES[int(random.integers(len(EVENT_TYPES)))]
            shape = SHAPES[kind]
            start = hour * _HOUR + slot * _SLOT + int(random.integers(_SLOT // 3))
            size = round(shape.size * float(random.uniform(0.6, 1.6)), 2)
            drawn.append(MarketEvent(symbol, kind, start, shape.seconds, size))
        return tuple(drawn)
