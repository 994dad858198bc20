"""Charts without a database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cryptostream_plot.chart import AlertMark, Candle, Chart, GapMark, SymbolChart, running_vwap, spans_over_rest
from cryptostream_plot.intervals import Interval

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
INTERVAL = Interval(timedelta(seconds=10), None)


def candle(number: int, **values: Any) -> Candle:
    """The candle of that number; rises by one quote unit of 100 unless told otherwise."""
    usual = {
        "trades": 10,
        "first_id": 10 * number,
        "last_id": 10 * number + 9,
        "open": Decimal(100),
        "high": Decimal(102),
        "low": Decimal(99),
        "close": Decimal(101),
        "volume": 10.0,
        "quote_volume": 1_005.0,
        "taker_buy_quote_volume": 700.0,
        "backfilled_trades": 0,
    }
    return Candle(start=START + number * INTERVAL.length, **{**usual, **values})


def alert(symbol: str = "BTCUSDT", **values: Any) -> AlertMark:
    usual = {
        "id": f"{symbol}-alert",
        "detector": "price_spike",
        "state": "confirmed",
        "severity": "warning",
        "score": 11.93,
        "threshold": 7.0,
        "window_start": START,
        "window_end": START + timedelta(minutes=2),
        "last_window_end": START + timedelta(minutes=3),
        "ended": None,
        "price": Decimal("101.50"),
        "direction": "up",
        "backfilled": False,
    }
    return AlertMark(symbol=symbol, **{**usual, **values})


def symbol_chart(
    symbol: str, candles: Sequence[Candle], alerts: Sequence[AlertMark] = (), gaps: Sequence[GapMark] = ()
) -> SymbolChart:
    return SymbolChart(
        symbol=symbol,
        exchange="binance",
        candles=tuple(candles),
        vwap=running_vwap(candles, INTERVAL),
        alerts=tuple(alerts),
        gaps=tuple(gaps),
        over_rest=spans_over_rest(candles, INTERVAL.length),
    )


def chart(*symbols: SymbolChart, minutes: float = 5) -> Chart:
    return Chart("desk/majors", START, START + timedelta(minutes=minutes), INTERVAL, symbols)
