"""Columns of the tables that mirror a value's fields, named once for reading and writing."""

PANE_COLUMNS = (
    "symbol",
    "pane_start",
    "exchange",
    "trades",
    "first_id",
    "last_id",
    "open",
    "high",
    "low",
    "close",
    "mean_price",
    "m2_price",
    "volume",
    "quote_volume",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "rush_orders",
    "rush_volume",
    "rush_buy_orders",
    "late_trades",
    "missing_ids",
    "backfilled_trades",
    "first_clock",
    "clock",
    "partition",
    "trade_sizes",
)

WINDOW_COLUMNS = (
    "symbol",
    "window_end",
    "exchange",
    "window_start",
    "trades",
    "first_id",
    "last_id",
    "open",
    "high",
    "low",
    "close",
    "mean_price",
    "stddev_price",
    "vwap",
    "realized_volatility",
    "volume",
    "quote_volume",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "rush_orders",
    "rush_volume",
    "rush_buy_orders",
    "late_trades",
    "missing_ids",
    "backfilled_trades",
)

ALERT_COLUMNS = (
    "id",
    "symbol",
    "exchange",
    "detector",
    "version",
    "state",
    "severity",
    "score",
    "threshold",
    "window_start",
    "window_end",
    "last_window_end",
    "ended",
    "price",
    "backfilled",
    "details",
)

# Fields whose values are UTC microseconds, by the column that holds them; some are named shorter in the model.
TIMES = {
    "pane_start": "start",
    "first_clock": "first_clock",
    "clock": "clock",
    "window_start": "window_start",
    "window_end": "window_end",
    "last_window_end": "last_window_end",
    "ended": "ended",
}


def selected(columns: tuple[str, ...], table: str | None = None) -> str:
    """A column list for a SELECT or INSERT, qualified by a table's alias if one is given."""
    return ", ".join(f"{table}.{column}" if table else column for column in columns)
