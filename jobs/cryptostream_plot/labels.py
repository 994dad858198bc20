"""Numbers and times as a chart writes them."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from cryptostream_plot.chart import AlertMark, Candle, Chart, GapMark
from cryptostream_plot.intervals import in_words

_SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def amount(value: float) -> str:
    """A volume with three digits and a suffix: ``1.23M``, ``45.6k``, ``0.0123``."""
    for size, suffix in _SUFFIXES:
        # What rounds to 1000 of a unit is one of the next.
        if abs(value) >= size * 0.9995:
            return f"{_digits(value / size)}{suffix}"
    return _digits(value)


def price(value: Decimal, places: int = 0) -> str:
    """A price in full, without the zeros that an exchange appends beyond ``places``: ``97123.50``, ``0.00001234``."""
    return f"{value:.{max(places, _places(value))}f}"


def price_places(candles: Sequence[Candle]) -> int:
    """Decimals that the candles' prices have."""
    return max((_places(each) for c in candles for each in (c.open, c.high, c.low, c.close)), default=0)


def price_decimals(candles: Sequence[Candle]) -> int:
    """Decimals that tell the ticks of a price axis apart, however little the price moved."""
    if not candles:
        return 2
    low, high = min(float(each.low) for each in candles), max(float(each.high) for each in candles)
    span = high - low or high * 1e-4
    return max(0, min(12, math.ceil(-math.log10(span)) + 1)) if span else 2


def change(candles: Sequence[Candle]) -> str:
    """From the first price to the last, in percent and with its sign."""
    if not candles or not candles[0].open:
        return "-"
    percent = round((candles[-1].close / candles[0].open - 1) * 100, 2)
    # Without the sign of a zero.
    return f"{percent or 0:+.2f} %"


def moment(time: datetime) -> str:
    """``2026-11-23 10:00:30``, UTC."""
    return f"{time:%Y-%m-%d %H:%M:%S}"


def time_range(start: datetime, end: datetime) -> str:
    """A range in UTC, the day once if it is one."""
    seconds = ":%S" if end - start < timedelta(minutes=10) else ""
    first = start.strftime(f"%Y-%m-%d %H:%M{seconds}")
    same_day = start.date() == end.date()
    return f"{first} to {end.strftime(('' if same_day else '%Y-%m-%d ') + f'%H:%M{seconds}')} UTC"


def title(chart: Chart) -> str:
    """Stream, exchange and range."""
    return f"{chart.stream} · {chart.exchanges} · {time_range(chart.start, chart.end)}"


def candles_of(length: timedelta) -> str:
    return f"candles of {in_words(length)}"


def words(name: str) -> str:
    """``price_spike`` as ``price spike``."""
    return name.replace("_", " ")


def alert_lines(alert: AlertMark) -> list[str]:
    """All that is known of an alert, a line each."""
    direction = f" {alert.direction}" if alert.direction else ""
    until = f"until {moment(alert.ended)}" if alert.ended else f"last window {moment(alert.last_window_end)}"
    return [
        f"{words(alert.detector)}{direction}, {alert.state}{', found in history' if alert.backfilled else ''}",
        f"{alert.severity}: score {alert.score:.4g}, threshold {alert.threshold:.4g}",
        f"window {moment(alert.window_start)} to {alert.window_end:%H:%M:%S}",
        until,
    ]


def gap_line(gap: GapMark) -> str:
    return f"{gap.ids:,} ids not to be had: {gap.from_id} to {gap.to_id} ({words(gap.reason)})"


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _digits(value: float) -> str:
    """Three significant digits without an exponent."""
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
