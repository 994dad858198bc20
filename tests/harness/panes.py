"""Random panes, and their rows in the database."""

import random
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cryptostream_job.model import Geometry, Pane
from cryptostream_model.sizes import SIZE_CLASSES
from harness.sql import insert

SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GEOMETRY = Geometry(pane=10 * SECOND, slide=30 * SECOND, window=120 * SECOND, allowed_lateness=5 * SECOND)
ODD_SYMBOLS = ("BTCUSDT", "1000SATSUSDT", "币安人生USDT", "O'BRIEN\"USDT", "100%USDT")
"""Symbols that exchanges have, and some with every quote that SQL knows."""


def moment(time: int) -> datetime:
    """UTC microseconds as the database's type."""
    return EPOCH + timedelta(microseconds=time)


def random_panes(seed: int, symbol: str, start: int, count: int, geometry: Geometry = GEOMETRY) -> list[Pane]:
    """A symbol's panes from ``start`` (UTC microseconds) on: one in eight is absent, one in four has no trades."""
    source = random.Random(f"{seed}{symbol}")
    tick = Decimal(1).scaleb(-source.randint(0, 8))
    price = source.randint(1_000, 10_000_000)
    next_id = source.randint(0, 10**12)
    panes = []
    for index in range(count):
        if source.random() < 1 / 8 and index:
            continue
        at = start + index * geometry.pane
        trades = 0 if source.random() < 1 / 4 else source.randint(1, 50)
        prices = [price := max(1, price + source.randint(-20, 20)) for _ in range(trades)]
        panes.append(_pane(source, symbol, at, geometry, next_id, prices, tick))
        next_id += trades + source.randint(0, 3)
    return panes


def _pane(
    source: random.Random, symbol: str, at: int, geometry: Geometry, first_id: int, ticks: list[int], tick: Decimal
) -> Pane:
    trades = len(ticks)
    mean = sum(ticks) / trades * float(tick) if trades else None
    volume = sum(source.uniform(0.001, 10) for _ in ticks)
    quote = volume * mean if mean is not None else 0.0
    rush = source.randint(0, trades)
    return Pane(
        symbol=symbol,
        exchange="binance",
        start=at,
        trades=trades,
        first_id=first_id if trades else None,
        last_id=first_id + trades - 1 if trades else None,
        open=ticks[0] * tick if trades else None,
        high=max(ticks) * tick if trades else None,
        low=min(ticks) * tick if trades else None,
        close=ticks[-1] * tick if trades else None,
        mean_price=mean,
        m2_price=sum((each * float(tick) - mean) ** 2 for each in ticks) if mean is not None else None,
        volume=volume,
        quote_volume=quote,
        taker_buy_volume=volume / 3,
        taker_buy_quote_volume=quote / 3,
        rush_orders=rush,
        rush_volume=quote / 5 if rush else 0.0,
        rush_buy_orders=rush // 2,
        late_trades=source.randint(0, 2),
        missing_ids=source.choice([0, 0, 0, 7]),
        backfilled_trades=source.randint(0, trades),
        first_clock=at,
        clock=at + geometry.pane - 1,
        partition=0,
        trade_sizes=_sizes(at, trades),
    )


def _sizes(at: int, trades: int) -> tuple[int, ...]:
    """The trades in one class and its neighbour, a different one from pane to pane."""
    place = at // (10 * SECOND) % (SIZE_CLASSES - 1)
    sizes = [0] * SIZE_CLASSES
    sizes[place : place + 2] = [trades - trades // 3, trades // 3]
    return tuple(sizes)


def store_panes(url: str, stream: str, panes: Iterable[Pane], geometry: Geometry = GEOMETRY) -> None:
    """Write panes as the job does: a row that is there is replaced."""
    rows = [pane_row(stream, pane, geometry) for pane in panes]
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0])
    insert(url, "crypto_panes", rows, f"ON CONFLICT (stream, symbol, pane_start) DO UPDATE SET {updates}")


def pane_row(stream: str, pane: Pane, geometry: Geometry = GEOMETRY) -> dict[str, Any]:
    fields = asdict(pane)
    del fields["gaps"]
    start = fields.pop("start")
    sizes = fields.pop("trade_sizes")
    return {
        "stream": stream,
        **fields,
        "pane_start": moment(start),
        "pane_end": moment(start + geometry.pane),
        "first_clock": moment(pane.first_clock),
        "clock": moment(pane.clock),
        "closed": True,
        **({} if sizes is None else {"trade_sizes": list(sizes)}),
    }


def store_writer(url: str, stream: str, geometry: Geometry = GEOMETRY) -> None:
    lengths = {"pane": geometry.pane, "slide": geometry.slide, "window": geometry.window}
    row = {name: timedelta(microseconds=length) for name, length in lengths.items()}
    insert(url, "crypto_writers", [{"stream": stream, "epoch": 1, **row}])


def store_symbol(url: str, stream: str, symbol: str, origin: int, closed_through: int) -> None:
    """A symbol whose windows are closed up to those that end at ``closed_through`` (UTC microseconds)."""
    row = {
        "stream": stream,
        "symbol": symbol,
        "exchange": "binance",
        "partition": 0,
        "origin": moment(origin),
        "clock": moment(closed_through),
        "last_id": None,
        "panes_closed_through": moment(closed_through),
        "windows_closed_through": moment(closed_through),
    }
    insert(url, "crypto_symbols", [row])
