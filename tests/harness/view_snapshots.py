"""Snapshots for the terminal view's tests."""

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from cryptostream_view.latency import LatencySummary
from cryptostream_view.snapshot import AlertSnapshot, HealthSnapshot, Snapshot, SourceSnapshot, SymbolSnapshot

NOON = 1_795_435_200_000_000
"""2026-11-23 12:00:00 UTC."""

_SHAPES: tuple[dict[str, Any], ...] = (
    {"symbol": "BTCUSDT", "price": Decimal("97123.4"), "change": 0.0052},
    {"symbol": "ETHUSDT", "price": Decimal("3123.45"), "change": -0.0123},
    {"symbol": "1000PEPEUSDT", "price": Decimal("0.00001234"), "places": 8, "change": 0.0},
    {"symbol": "QUIETUSDT", "price": Decimal("12.5"), "condition": "quiet", "age": 723.0},
    {"symbol": "STALEUSDT", "price": Decimal("187.12"), "condition": "stale", "age": 14.0},
    {"symbol": "HALTUSDT", "price": None, "condition": "quiet", "age": None, "trend": (), "vwap_deviation": None},
    {"symbol": "NEWUSDT", "price": None, "condition": "waiting", "age": None, "trend": (), "vwap_deviation": None},
)


def symbol(number: int) -> SymbolSnapshot:
    """The first seven show every condition; those after them are like the first, under names of their own."""
    course = random.Random(number)
    trend = [100.0]
    while len(trend) < 120:
        trend.append(trend[-1] * (1 + course.gauss(0, 0.001)))
    shape = dict(_SHAPES[number] if number < len(_SHAPES) else {**_SHAPES[0], "symbol": f"COIN{number}USDT"})
    whole = {
        "condition": "live",
        "age": 0.3,
        "trades_per_second": 41.5,
        "vwap": 97_000.0,
        "vwap_deviation": 0.0013,
        "trend": tuple(trend),
        "quote_volume": 12_400_000.0,
        "volatility": 0.0011,
        **shape,
    }
    return SymbolSnapshot(**whole)


def alert(number: int, **fields: Any) -> AlertSnapshot:
    kinds = (
        {"detector": "price_spike", "state": "open", "severity": "info", "direction": "up"},
        {"detector": "volume_surge", "state": "confirmed", "severity": "critical", "ratio": 8.21},
        {"detector": "volatility_burst", "state": "withdrawn", "severity": "warning", "ratio": 4.3},
    )
    whole: dict[str, Any] = {
        "id": f"alert-{number}",
        "symbol": _SHAPES[number % 3]["symbol"],
        "revision": 1,
        "score": 7.3 + number,
        "threshold": 4.0,
        "direction": None,
        "ratio": None,
        "price": Decimal("97123.40"),
        "backfilled": False,
        "ended": False,
        "opened_at": NOON - (3 + number * 40) * 1_000_000,
        "written_at": NOON - (3 + number * 40) * 1_000_000,
        "age": 3.0 + number * 40,
        **kinds[number % 3],
        **fields,
    }
    return AlertSnapshot(**whole)


def snapshot(symbols: int = 4, alerts: int = 3, **fields: Any) -> Snapshot:
    """A stream that does well, one second after the last look."""
    recent = LatencySummary(60_000, 0.412, 0.913, 1.8)
    whole = Snapshot(
        moment=NOON,
        stream="demo/majors",
        symbols=tuple(symbol(number) for number in range(symbols)),
        alerts=tuple(alert(number) for number in range(alerts)),
        health=HealthSnapshot(
            trades_per_second=1003.2,
            last_minute=recent,
            total=recent,
            live_since=NOON - 192_000_000,
            behind_trades=212,
            behind_seconds=0.34,
            gaps=0,
            batch_seconds=0.312,
            last_batch_age=0.2,
        ),
        kafka=SourceSnapshot("Kafka", True, 60.0),
        database=SourceSnapshot("database", True, 60.0),
        span=86_400.0,
        trend_span=1200.0,
        window=120.0,
    )
    return replace(whole, **fields)
