"""How large the events are. Fixed before any detector was tuned; a change of it makes older results incomparable."""

from dataclasses import dataclass

import numpy as np

from cryptostream_simulator.events import EventType

LOWEST_QUARTILE_SHARE = 1 / 3
"""Share of events in the lowest quarter of their range: small events are the hard ones, and frequent."""


@dataclass(frozen=True, slots=True)
class SizeRange:
    """From the least to the largest size, and what they count."""

    least: float
    largest: float
    unit: str

    def at(self, share: float) -> float:
        """The size at a share of the way from the least to the largest."""
        return self.least + share * (self.largest - self.least)

    def draw(self, random: np.random.Generator) -> float:
        """A third uniformly from the lowest quarter of the range, the others uniformly from the rest."""
        low = random.random() < LOWEST_QUARTILE_SHARE
        share = random.uniform(0.0, 0.25) if low else random.uniform(0.25, 1.0)
        return round(self.at(float(share)), 2)

    def quarter(self, size: float) -> int:
        """Which quarter of the range a size lies in, 0 to 3."""
        return min(int(4 * (size - self.least) / (self.largest - self.least)), 3)


_MOVE = SizeRange(4.0, 30.0, "pane volatilities")

PRICE_EVENTS: frozenset[EventType] = frozenset({"price_spike", "flash_crash", "pump_and_dump"})

SIZES: dict[EventType, SizeRange] = {
    "price_spike": _MOVE,
    "flash_crash": _MOVE,
    "pump_and_dump": _MOVE,
    "volume_surge": SizeRange(3.0, 20.0, "times the volume"),
    "volatility_burst": SizeRange(3.0, 12.0, "times the volatility"),
}
