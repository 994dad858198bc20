"""The last panes of a symbol as plain sums: what statistics over several panes are made of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from cryptostream_job.model import Pane

SPAN = 6
"""Panes that the longest statistic covers."""
_HALT = 6
"""Empty panes after which the next trade's price is not compared with the last one: the market stood still."""


@dataclass(frozen=True, slots=True)
class PaneSums:
    """One pane: trades, quote volume, taker buys in quote currency, log range and log close; None without a price.

    ``move``: the largest distance of a price in it from the close before, in logarithms. ``joined``: whether its prices
    may be compared with those before.
    """

    trades: int
    quote: float
    bought: float
    reach: float
    move: float
    close: float | None
    joined: bool

    def to_json(self) -> list[Any]:
        return [self.trades, self.quote, self.bought, self.reach, self.move, self.close, self.joined]


@dataclass(frozen=True, slots=True)
class Recent:
    """The last panes, oldest first, at most one more than the span, and how many empty ones end them."""

    panes: tuple[PaneSums, ...] = ()
    empty: int = 0

    def followed_by(self, pane: Pane) -> Self:
        """With one more pane. Prices are never compared across missing ids or a halt."""
        before = self.panes[-1].close if self.panes else None
        if pane.missing_ids or self.empty >= _HALT:
            before = None
        sums = _sums(pane, before)
        return type(self)((*self.panes, sums)[-(SPAN + 1) :], 0 if pane.trades else self.empty + 1)

    def last(self, count: int) -> Sequence[PaneSums]:
        return self.panes[-count:]

    def moved(self, count: int) -> float:
        """Log return over the last ``count`` panes, signed; 0 where a price is not known or not comparable."""
        if len(self.panes) <= count:
            return 0.0
        first, last = self.panes[-count - 1].close, self.panes[-1].close
        if first is None or last is None or not all(pane.joined for pane in self.last(count)):
            return 0.0
        return last - first

    def to_json(self) -> dict[str, Any]:
        return {"panes": [pane.to_json() for pane in self.panes], "empty": self.empty}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        return cls(tuple(PaneSums(*pane) for pane in fields["panes"]), fields["empty"])


def _sums(pane: Pane, before: float | None) -> PaneSums:
    joined = before is not None
    if not pane.trades or pane.close is None or pane.high is None or pane.low is None:
        return PaneSums(0, 0.0, 0.0, 0.0, 0.0, before, joined)
    high, low, close = (math.log(price) for price in (pane.high, pane.low, pane.close))
    move = 0.0 if before is None else max(high - before, before - low, 0.0)
    reach = max(high - low, move)
    return PaneSums(pane.trades, pane.quote_volume, pane.taker_buy_quote_volume, reach, move, close, joined)
