"""The newest of each symbol, folded from what the topic brings."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from cryptostream_view.decoding import Arrivals

_RATE_SECONDS = 10


@dataclass(slots=True)
class Rate:
    """Events a second over the last ten whole seconds of a steady clock."""

    _counts: deque[tuple[int, int]] = field(default_factory=deque)
    _first: int | None = None

    def add(self, count: int, now: float) -> None:
        second = int(now)
        if self._first is None:
            self._first = second
        if self._counts and self._counts[-1][0] == second:
            count += self._counts.pop()[1]
        self._counts.append((second, count))
        while self._counts[0][0] < second - _RATE_SECONDS:
            self._counts.popleft()

    def per_second(self, now: float) -> float:
        """Shorter than ten seconds after the start, the mean of those that there are."""
        if self._first is None:
            return 0.0
        second = int(now)
        length = min(_RATE_SECONDS, max(1, second - self._first))
        return sum(count for at, count in self._counts if second - length <= at < second) / length


@dataclass(slots=True)
class Ticker:
    """A symbol's last trade and its rate.

    ``heard_at`` is when any record of it came, by the viewer's steady clock; ``places`` are the most decimal places
    that its prices were seen to use.
    """

    price: Decimal | None = None
    last_id: int | None = None
    traded_at: int | None = None
    heard_at: float | None = None
    places: int = 0
    rate: Rate = field(default_factory=Rate)


class TickerBoard:
    """Tickers by symbol, and the rate of all together."""

    def __init__(self) -> None:
        self.tickers: dict[str, Ticker] = {}
        self.rate = Rate()
        self.unreadable = 0

    def take(self, arrivals: Arrivals, now: float, since: int = 0) -> None:
        """``now``: seconds of a steady clock. Rates are of trades sent at or after ``since``, UTC microseconds."""
        self.unreadable += arrivals.unreadable
        for symbol, brought in arrivals.symbols.items():
            ticker = self.tickers.setdefault(symbol, Ticker())
            ticker.heard_at = now
            counted = sum(sent >= since for sent in brought.sent)
            ticker.rate.add(counted, now)
            self.rate.add(counted, now)
            if brought.last_id is not None and (ticker.last_id is None or brought.last_id > ticker.last_id):
                ticker.last_id, ticker.price, ticker.traded_at = brought.last_id, brought.price, brought.traded_at
                ticker.places = max(ticker.places, decimal_places(brought.price))


def decimal_places(price: Decimal | None) -> int:
    """Digits after the point without the zeros at the end: 2 for 97123.45000000."""
    if price is None:
        return 0
    exponent = price.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
