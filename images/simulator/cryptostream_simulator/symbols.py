"""What is traded: a symbol's rate, price, steps and volatility, and how a user writes it."""

import re
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from cryptostream_model.settings import microseconds, parse_duration
from cryptostream_simulator.decimals import units

_NAME = re.compile(r"^[A-Z0-9_-]{2,42}$")


@dataclass(frozen=True, slots=True)
class SymbolSpec:
    """One symbol of the exchange.

    ``rate``: mean aggregate trades a second. ``price`` (first price), ``tick`` and ``lot`` in units of 1e-8.
    ``volatility``: standard deviation of log returns over a year of 365.25 days. ``order_value``: median worth of a
    trade in quote currency. ``halted_from``: microseconds after the live start from which on nothing is traded; None
    for never.
    """

    name: str
    rate: float
    price: int
    tick: int
    lot: int
    volatility: float
    order_value: float = 150.0
    halted_from: int | None = None


def _spec(name: str, rate: float, price: str, *, tick: str, lot: str, volatility: float) -> SymbolSpec:
    return SymbolSpec(name, rate, units(price), units(tick), units(lot), volatility)


KNOWN = {
    spec.name: spec
    for spec in (
        _spec("BTCUSDT", 25.0, "91000", tick="0.01", lot="0.00001", volatility=0.50),
        _spec("ETHUSDT", 20.0, "3140", tick="0.01", lot="0.0001", volatility=0.65),
        _spec("SOLUSDT", 10.0, "135", tick="0.01", lot="0.001", volatility=0.85),
        _spec("BNBUSDT", 8.0, "890", tick="0.01", lot="0.001", volatility=0.55),
        _spec("XRPUSDT", 8.0, "2.08", tick="0.0001", lot="0.1", volatility=0.80),
        _spec("DOGEUSDT", 5.0, "0.14", tick="0.00001", lot="1", volatility=0.95),
        _spec("ADAUSDT", 3.0, "0.43", tick="0.0001", lot="0.1", volatility=0.90),
        _spec("AVAXUSDT", 2.0, "14.2", tick="0.01", lot="0.01", volatility=0.95),
        _spec("LINKUSDT", 2.0, "13.9", tick="0.01", lot="0.01", volatility=0.90),
        _spec("LTCUSDT", 1.5, "83", tick="0.01", lot="0.001", volatility=0.75),
        _spec("SHIBUSDT", 1.0, "0.00000870", tick="0.00000001", lot="1", volatility=1.00),
        _spec("BTCEUR", 1.0, "78000", tick="0.01", lot="0.00001", volatility=0.50),
    )
}

_SAME_PRICE = {"USD": "USDT", "USDC": "USDT"}
"""Quote currencies in which a coin costs what it costs in another."""

FOREVER_HALTED = -(2**62)


def spec_of(name: str) -> SymbolSpec:
    """The known symbol of that name, or one whose price and volatility follow from its name. Raises ValueError."""
    if not _NAME.match(name):
        raise ValueError(f"symbol {name!r} must be 2 to 42 upper-case letters, digits, '_' or '-'")
    if name in KNOWN:
        return KNOWN[name]
    base, hyphen, quote = name.partition("-")
    if hyphen and (known := KNOWN.get(base + _SAME_PRICE.get(quote, quote))) is not None:
        return replace(known, name=name)
    digest = zlib.crc32(name.encode())
    magnitude = digest % 5 - 1
    tick = Decimal(10) ** (magnitude - 4)
    price = (Decimal(1 + digest // 5 % 900) / 100 * Decimal(10) ** magnitude).quantize(tick)
    lot = min(Decimal(1), Decimal(10) ** (-magnitude - 1))
    return SymbolSpec(name, 1.0, units(str(price)), units(str(tick)), units(str(lot)), 0.6 + digest // 5000 % 60 / 100)


def parse_symbol(text: str) -> SymbolSpec:
    """Read ``NAME``, ``NAME:RATE``, ``NAME:halted`` or ``NAME:RATE:halted@OFFSET`` (offset from the live start, may be
    negative). Raises ValueError."""
    name, *options = text.strip().split(":")
    spec = spec_of(name)
    for option in options:
        if option == "halted":
            spec = replace(spec, halted_from=FOREVER_HALTED)
        elif option.startswith("halted@"):
            spec = replace(spec, halted_from=parse_offset(option.removeprefix("halted@")))
        else:
            try:
                rate = float(option)
            except ValueError:
                raise ValueError(f"{text!r}: {option!r} is neither trades a second, halted nor halted@OFFSET") from None
            if not 0 < rate <= 100_000:
                raise ValueError(f"{text!r}: the rate must be above 0 and at most 100000 trades a second")
            spec = replace(spec, rate=rate)
    return spec


def parse_symbols(text: str) -> tuple[SymbolSpec, ...]:
    """Read a comma-separated list of symbols. Raises ValueError, for a repeated name too."""
    specs = tuple(parse_symbol(part) for part in text.split(",") if part.strip())
    names = [spec.name for spec in specs]
    if not specs:
        raise ValueError("at least one symbol is needed")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"symbols named twice: {', '.join(repeated)}")
    return specs


def parse_offset(text: str) -> int:
    """Read a signed duration such as ``90s`` or ``-30m`` as microseconds. Raises ValueError."""
    sign = -1 if text.startswith("-") else 1
    duration = parse_duration(text.removeprefix("-"))
    return sign * microseconds(duration if isinstance(duration, timedelta) else timedelta())
