"""A stream computed the slow and obvious way, record by record in exact arithmetic: what the fast code must agree
with.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from cryptostream_job.model import Geometry, Window
from cryptostream_model.records import Gap, Progress, Record, Trade
from cryptostream_model.sizes import SIZE_BOUNDS

SECOND = 1_000_000
START = 1_700_000_000 * SECOND

EXACT = Context(prec=50)


@dataclass(frozen=True)
class NaiveSymbol:
    """One symbol's panes as rows of crypto_panes, its closed windows, origin, clock and last on-time id."""

    panes: list[dict[str, Any]]
    windows: list[Window]
    origin: int
    clock: int
    last_id: int | None


def is_late(trade: Trade, geometry: Geometry) -> bool:
    pane_end = trade.time // geometry.pane * geometry.pane + geometry.pane
    return pane_end + geometry.allowed_lateness <= trade.clock


def statistics(records: Sequence[Record], geometry: Geometry) -> dict[str, Any]:
    """The columns that panes and windows share, and ``m2_price``."""
    trades = [r for r in records if isinstance(r, Trade) and not is_late(r, geometry)]
    trades.sort(key=lambda trade: trade.id)
    prices = [Fraction(trade.price) for trade in trades]
    quantities = [Fraction(trade.quantity) for trade in trades]
    values = [price * quantity for price, quantity in zip(prices, quantities, strict=True)]
    mean = sum(prices, Fraction(0)) / len(prices) if prices else None
    buys = [trade.side == "buy" for trade in trades]
    rush = [trade.fills >= 2 for trade in trades]
    return {
        "trades": len(trades),
        "first_id": trades[0].id if trades else None,
        "last_id": trades[-1].id if trades else None,
        "open": Decimal(trades[0].price) if trades else None,
        "high": max((Decimal(trade.price) for trade in trades), default=None),
        "low": min((Decimal(trade.price) for trade in trades), default=None),
        "close": Decimal(trades[-1].price) if trades else None,
        "mean_price": None if mean is None else float(mean),
        "m2_price": None if mean is None else float(sum((price - mean) ** 2 for price in prices)),
        "volume": float(sum(quantities)),
        "quote_volume": float(sum(values)),
        "taker_buy_volume": float(sum(q for q, buy in zip(quantities, buys, strict=True) if buy)),
        "taker_buy_quote_volume": float(sum(v for v, buy in zip(values, buys, strict=True) if buy)),
        "rush_orders": sum(rush),
        "rush_volume": float(sum(v for v, rushed in zip(values, rush, strict=True) if rushed)),
        "rush_buy_orders": sum(buy and rushed for buy, rushed in zip(buys, rush, strict=True)),
        "late_trades": sum(isinstance(r, Trade) and is_late(r, geometry) for r in records),
        "missing_ids": sum(r.to_id - r.from_id + 1 for r in records if isinstance(r, Gap)),
        "backfilled_trades": sum(trade.backfilled for trade in trades),
    }


def sizes(records: Sequence[Record], geometry: Geometry) -> list[int]:
    """On-time trades by class of size: the class of a trade is the number of bounds that its value reaches."""
    bounds = [Fraction(str(bound)) for bound in SIZE_BOUNDS]
    classes = [
        sum(Fraction(trade.price) * Fraction(trade.quantity) >= bound for bound in bounds)
        for trade in records
        if isinstance(trade, Trade) and not is_late(trade, geometry)
    ]
    return [classes.count(number) for number in range(len(bounds) + 1)]


def compute(records: Sequence[Record], geometry: Geometry, partition: int = 0) -> NaiveSymbol:
    """Panes and closed windows of one symbol's records in order."""
    origin = records[0].clock // geometry.pane * geometry.pane
    clock = max(record.clock for record in records)
    placed: dict[int, list[Record]] = {}
    for record in records:
        on_time = isinstance(record, Trade) and not is_late(record, geometry)
        at = record.time if isinstance(record, Trade) and on_time else record.clock
        placed.setdefault(at // geometry.pane * geometry.pane, []).append(record)
    panes = [
        {
            "symbol": records[0].symbol,
            "exchange": records[0].exchange,
            "pane_start": start,
            "pane_end": start + geometry.pane,
            **statistics(members, geometry),
            "first_clock": min(record.clock for record in members),
            "clock": max(record.clock for record in members),
            "partition": partition,
            "trade_sizes": sizes(members, geometry),
            "closed": start + geometry.pane + geometry.allowed_lateness <= clock,
        }
        for start, members in sorted(placed.items())
    ]
    windows = []
    end = (origin // geometry.slide) * geometry.slide
    while end + geometry.allowed_lateness <= clock:
        if end - geometry.window >= origin:
            windows.append(_window(records[0], placed, end, geometry))
        end += geometry.slide
    on_time_ids = [r.id for r in records if isinstance(r, Trade) and not is_late(r, geometry)]
    return NaiveSymbol(panes, windows, origin, clock, max(on_time_ids, default=None))


def _window(first: Record, placed: dict[int, list[Record]], end: int, geometry: Geometry) -> Window:
    starts = sorted(start for start in placed if end - geometry.window <= start < end)
    row = statistics([record for start in starts for record in placed[start]], geometry)
    m2 = row.pop("m2_price")
    closes = [pane["close"] for pane in (statistics(placed[s], geometry) for s in starts) if pane["trades"]]
    returns = [float(EXACT.ln(EXACT.divide(b, a))) for a, b in pairwise(closes)]
    return Window(
        symbol=first.symbol,
        exchange=first.exchange,
        start=end - geometry.window,
        end=end,
        **row,
        stddev_price=math.sqrt(m2 / row["trades"]) if row["trades"] else None,
        vwap=row["quote_volume"] / row["volume"] if row["volume"] else None,
        realized_volatility=math.sqrt(math.fsum(r * r for r in returns)) if returns else None,
    )


def market(
    symbol: str,
    seed: int = 1,
    seconds: int = 60,
    rate: float = 4.0,
    price: str = "60000.00",
    spike_at: int | None = None,
) -> list[Record]:
    """A lively symbol: trades, some out of time order and some late, a gap, progress in silence, perhaps a spike."""
    chance = random.Random(seed)
    identity = ("binance", symbol, "aggTrade")
    tick = Decimal("0.01") if Decimal(price) > 1 else Decimal("0.00000001")
    level, records, clock, number = Decimal(price), list[Record](), START + seed * 137_000, 1000 * seed
    end = clock + seconds * SECOND
    gap_after = clock + seconds * SECOND // 3
    while clock < end:
        step = int(chance.expovariate(rate) * SECOND) + 1
        if step > SECOND:
            clock += SECOND
            records.append(Progress(*identity, clock))
            continue
        if clock > gap_after:
            records.append(Gap(*identity, number, number + 4, "unavailable", clock))
            number, gap_after = number + 5, end
        back = chance.choice([0, 0, 0, 0, 0, 0, 300_000, 4_000_000]) if records else 0
        time = clock + step - back
        clock = max(clock, time)
        level = max(tick, level + tick * chance.randint(-20, 20))
        spiked = spike_at is not None and spike_at <= (clock - START) / SECOND < spike_at + 3
        shown = (level * (Decimal("1.08") if spiked else 1)).quantize(tick)
        quantity = str(Decimal(chance.randint(1, 10**7)).scaleb(-5))
        side: Any = chance.choice(["buy", "sell"])
        backfilled = number % 1000 < 5
        fills = chance.choice([1, 1, 1, 2, 5])
        records.append(Trade(*identity, number, str(shown), quantity, side, fills, time, time + 500, clock, backfilled))
        number += 1
    return records
