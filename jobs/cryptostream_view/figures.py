"""Numbers as people read them, never cut in the middle. Durations in seconds."""

from decimal import ROUND_HALF_EVEN, Decimal

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
UNKNOWN = "-"
_MOST_PLACES = 12
_WIDEST_PRICE = 16


def price_text(price: Decimal | None, places: int) -> str:
    """A price with its symbol's decimal places, thousands separated: ``97,123.40``, ``0.01633102``.

    Where that is wider than 16 characters, the last places are rounded away, and beyond that it is written ``1.2e+21``.
    """
    if price is None:
        return UNKNOWN
    for kept in range(min(places, _MOST_PLACES), -1, -1):
        if abs(price) < Decimal(10) ** _WIDEST_PRICE:
            text = f"{price.quantize(Decimal(1).scaleb(-kept), ROUND_HALF_EVEN):,f}"
            if len(text) <= _WIDEST_PRICE and (price == 0 or Decimal(text.replace(",", "")) != 0):
                return text
    return f"{price:.1e}"


def average_text(value: float | None, places: int) -> str:
    """A mean price, with the decimal places of the prices it is a mean of."""
    if value is None:
        return UNKNOWN
    return price_text(Decimal(repr(value)), places)


def percent_text(share: float | None) -> str:
    """A change with its sign: ``+0.52%``, ``-12.3%``, ``+1,250%``."""
    if share is None:
        return UNKNOWN
    return f"{'-' if share < 0 else '+'}{_percent(abs(share))}"


def unsigned_percent_text(share: float | None) -> str:
    return UNKNOWN if share is None else _percent(share)


def compact_text(amount: float | None) -> str:
    """An amount in three digits, two below a tenth: ``0.052``, ``0.375``, ``12.3``, ``999``, ``1.2M``, ``45.1B``."""
    if amount is None:
        return UNKNOWN
    for size, unit in _UNITS:
        # What would be rounded up to 1000 of a unit is written in the next one.
        if abs(amount) >= size * 0.9995:
            return f"{_three_digits(amount / size)}{unit}"
    return _three_digits(amount)


def duration_text(seconds: float | None) -> str:
    """How long, in at most four characters up to a hundred days: ``0.4s``, ``12s``, ``5m``, ``3h``, ``12d``."""
    if seconds is None:
        return UNKNOWN
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f}s"
    for length, unit, following in ((1, "s", 60), (60, "m", 60), (3600, "h", 48), (86400, "d", 100_000)):
        if seconds < length * following - length / 2 or unit == "d":
            return f"{max(1, round(seconds / length))}{unit}"
    return UNKNOWN


def ago_text(seconds: float) -> str:
    """How long ago, in whole seconds at least: ``now``, ``7s ago``, ``12m ago``."""
    if seconds < 0.5:
        return "now"
    return f"{seconds:.0f}s ago" if seconds < 9.95 else f"{duration_text(seconds)} ago"


def span_text(seconds: float | None) -> str:
    """Over how long: ``24h``, ``65m``, ``40s``."""
    if seconds is None:
        return ""
    for length, unit in ((3600, "h"), (60, "m")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"


def latency_text(seconds: float | None) -> str:
    """A latency to the millisecond below a second: ``412 ms``, ``1.35 s``, ``12.0 s``, ``135 s``."""
    if seconds is None:
        return UNKNOWN
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    return f"{seconds:.1f} s" if seconds < 99.95 else f"{seconds:.0f} s"


def clock_text(seconds: float) -> str:
    """Elapsed time as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count_text(count: int, noun: str) -> str:
    """``1 gap``, ``12,345 trades``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _percent(share: float) -> str:
    value = share * 100
    places = 2 if value < 99.995 else 1 if value < 999.95 else 0
    return f"{value:,.{places}f}%" if value < 1e6 else f"{compact_text(value)}%"


def _three_digits(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e6:
        return f"{value:.1e}"
    if size >= 99.95:
        return f"{value:.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    if size >= 0.9995:
        return f"{value:.2f}"
    return f"{value:.3f}" if size >= 0.0995 else f"{value:.2g}"
