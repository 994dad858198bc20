"""A month of a stream with 20 symbols, written by the database itself, and two small streams beside it.

Panes lie 10 s apart in the last hours, then a minute, five minutes and at last an hour: so each rollup is as full as it
is in production over the ranges for which dashboards read it, with a thirtieth of the panes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_sql.catalogue import Flavour

STREAM = "default/majors"
_NAMES = "ADA APT ATOM AVAX BCH BNB BTC DOGE DOT ETC ETH FIL LINK LTC NEAR SOL TRX UNI XLM XRP"
SYMBOLS = tuple(f"{name}USDT" for name in _NAMES.split())
ODD_STREAM = "odd/names"
ODD_SYMBOLS = ("O'BRIEN\"USDT", "A:B,C", "100%USDT", "BACK\\SLASH", "币安人生USDT", "$BRETT{x}", "a b;--")
LONE_STREAM = "lone/one"
LONE_SYMBOLS = ("BTCUSDT",)
MONTH = timedelta(days=30)
TAIL = timedelta(minutes=10)
"""How much of the newest minutes' rollup TimescaleDB composes of panes when it is read, as its policy leaves it."""
DETECTORS = tuple(DetectorSettings.model_fields)
"""Together they tell of twelve alerts a symbol and day, many times what they aim at."""
_DENSITY = (
    (timedelta(hours=7), timedelta(seconds=10)),
    (timedelta(days=2), timedelta(minutes=1)),
    (timedelta(days=10), timedelta(minutes=5)),
    (MONTH, timedelta(hours=1)),
)
"""Up to which age panes lie how far apart."""
_ROLLUP = """
INSERT INTO {target}
SELECT stream, symbol, date_bin('{width}', {time}, 'epoch'), max(exchange), sum(trades)::bigint, min(first_id),
       max(last_id), (array_agg(open ORDER BY first_id))[1], max(high), min(low),
       (array_agg(close ORDER BY last_id DESC))[1], sum(quote_volume) / nullif(sum(volume), 0), sum(volume),
       sum(quote_volume), sum(taker_buy_volume), sum(taker_buy_quote_volume), sum(rush_orders)::bigint,
       sum(late_trades)::bigint, sum(missing_ids)::bigint
FROM {source} GROUP BY 1, 2, 3
"""
_SIZES = """
INSERT INTO {target}
SELECT stream, symbol, bucket, array_agg(trades ORDER BY class)
FROM (
    SELECT stream, symbol, date_bin('{width}', {time}, 'epoch') AS bucket, class, sum(size)::integer AS trades
    FROM {source}, unnest(trade_sizes) WITH ORDINALITY AS sizes (size, class) GROUP BY 1, 2, 3, 4
) AS counted
GROUP BY 1, 2, 3
"""
_STEPS = (
    ("crypto_panes", "pane_start", "crypto_rollup_1m", "1 minute"),
    ("crypto_rollup_1m", "bucket", "crypto_rollup_5m", "5 minutes"),
    ("crypto_rollup_5m", "bucket", "crypto_rollup_1h", "1 hour"),
)
_SIZE_STEPS = (
    ("crypto_panes", "pane_start", "crypto_rollup_sizes_1m", "1 minute"),
    ("crypto_rollup_sizes_1m", "bucket", "crypto_rollup_sizes_5m", "5 minutes"),
    ("crypto_rollup_sizes_5m", "bucket", "crypto_rollup_sizes_1h", "1 hour"),
)
_PANES = """
WITH known AS (
    SELECT symbol, number, 100 * number::numeric AS base FROM unnest(%(symbols)s) WITH ORDINALITY AS s (symbol, number)
), times AS (
    SELECT generate_series(%(start)s::timestamptz, %(end)s::timestamptz - INTERVAL '1 second', %(step)s) AS at
), shaped AS (
    SELECT symbol, number, at, floor(extract(epoch FROM at) / 10)::bigint AS pane,
           round(base * (1 + 0.05 * sin(extract(epoch FROM at) / 86400 + number)
                           + 0.004 * sin(extract(epoch FROM at) / 700 * number))::numeric, 4) AS price,
           5 + abs(hashint8(floor(extract(epoch FROM at) / 10)::bigint * 31 + number)) %% 40 AS trades
    FROM known CROSS JOIN times
)
INSERT INTO crypto_panes
SELECT %(stream)s, symbol, at, 'binance', at + INTERVAL '10 seconds', trades, pane * 50, pane * 50 + trades - 1,
       price, price * 1.001, price * 0.999, price * (1 + (trades - 25) * 0.00002), price, trades * 0.01, trades * 0.5,
       trades * 0.5 * price, trades * 0.3, trades * 0.3 * price, trades / 4, trades * 0.1 * price, trades / 8,
       trades / 40, 0, 0, at, at + INTERVAL '9.9 seconds', number %% 4, true,
       array_fill(0, ARRAY[9]) || ARRAY[trades - trades / 2, trades / 2]::integer[] || array_fill(0, ARRAY[13])
FROM shaped
"""
_WINDOWS = """
INSERT INTO crypto_windows
SELECT %(stream)s, symbol, at, 'binance', at - INTERVAL '2 minutes', 300, 1, 300, 100, 101, 99, 100.5, 100.2, 0.4,
       100.1, 0.001, 50, 5000, 30, 3000, 9, 900, 4, 0, 0, 0
FROM unnest(%(symbols)s) AS symbol
CROSS JOIN generate_series(%(start)s::timestamptz, %(end)s::timestamptz - INTERVAL '1 second', %(step)s) AS at
"""
_ALERTS = """
INSERT INTO crypto_alerts
SELECT %(stream)s, symbol, at, md5(symbol || detector || at), 'binance', detector, 1,
       CASE WHEN number %% 7 = 0 THEN 'withdrawn' WHEN at > %(end)s::timestamptz - INTERVAL '5 minutes' THEN 'open'
            ELSE 'confirmed' END,
       2, (ARRAY['info', 'warning', 'critical'])[1 + number %% 3], 7.5 + number %% 20, 7, at - INTERVAL '2 minutes',
       at + INTERVAL '3 minutes',
       CASE WHEN number %% 7 = 0 OR at > %(end)s::timestamptz - INTERVAL '5 minutes' THEN NULL
            ELSE at + INTERVAL '5 minutes' END,
       101.25, false, jsonb_build_object('direction', 'up', 'value', 1.5, 'trades', 300), at
FROM unnest(%(symbols)s) WITH ORDINALITY AS s (symbol, position)
CROSS JOIN unnest(%(detectors)s) WITH ORDINALITY AS d (detector, kind)
CROSS JOIN LATERAL (
    SELECT %(end)s::timestamptz - INTERVAL '30 seconds' - step * INTERVAL '14 hours'
             - (position - 1) * INTERVAL '4 minutes' - kind * INTERVAL '30 seconds' AS at,
           step + position + kind AS number
    FROM generate_series(0, 2 * %(days)s) AS step
) AS times
WHERE at > %(start)s
"""
_FACTS = """
INSERT INTO crypto_writers
VALUES (%(stream)s, 3, 0, '10 s', '30 s', '2 min', '5 s', %(end)s::timestamptz - INTERVAL '2 hours');
INSERT INTO crypto_symbols
SELECT %(stream)s, symbol, 'binance', number %% 4, %(start)s, %(end)s, 1000, %(end)s, %(end)s,
       %(end)s::timestamptz - number * INTERVAL '3 seconds'
FROM unnest(%(symbols)s) WITH ORDINALITY AS s (symbol, number);
INSERT INTO crypto_detector_state
SELECT %(stream)s, symbol, detector, 1, %(end)s, '{}'
FROM unnest(%(symbols)s) AS symbol, unnest(%(detectors)s) AS detector;
INSERT INTO feed_gaps
SELECT %(stream)s, symbol, number, 'binance', number + 4, 'unavailable',
       %(end)s::timestamptz - number * INTERVAL '1 day' - INTERVAL '1 minute'
FROM unnest(%(symbols)s) AS symbol CROSS JOIN generate_series(0, %(days)s - 1) AS number;
INSERT INTO crypto_batches
SELECT %(stream)s, 'checkpoint', number, 3, %(end)s::timestamptz - number * INTERVAL '20 seconds',
       20, 1, 0, '{}', 90, 90, 0.4
FROM generate_series(1, least(%(days)s, 7) * 4320) AS number;
"""
_LEDGER = """
INSERT INTO crypto_batches_{width}
SELECT %(stream)s, at, 60, 1200, 40, 1, 5400, 5400, 24, 0.9,
       array_fill(0::bigint, ARRAY[18]) || ARRAY[400, 1500, 2500, 900, 90, 10]::bigint[]
         || array_fill(0::bigint, ARRAY[41])
FROM generate_series(date_bin('{step}', %(start)s::timestamptz, 'epoch'), %(end)s::timestamptz, '{step}') AS at
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with the month, which ended at ``end``."""

    url: str
    flavour: Flavour
    end: datetime


def fill(url: str, flavour: Flavour) -> Filled:
    """Write the streams into a migrated database; the month ends now."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        _fill_stream(connection, STREAM, SYMBOLS, end, MONTH)
        _fill_stream(connection, ODD_STREAM, ODD_SYMBOLS, end, timedelta(hours=2))
        _fill_stream(connection, LONE_STREAM, LONE_SYMBOLS, end, timedelta(hours=2))
        with connection.cursor() as cursor:
            for source, time, target, width in (*_STEPS, *_SIZE_STEPS):
                if flavour == "plain":
                    rollup = _SIZES if "sizes" in target else _ROLLUP
                    cursor.execute(rollup.format(source=source, time=time, target=target, width=width))
                else:
                    horizon = {"1 minute": TAIL, "5 minutes": 3 * TAIL, "1 hour": 18 * TAIL}[width]
                    cursor.execute(f"CALL refresh_continuous_aggregate('{target}', NULL, %s)", (end - horizon,))
            # Plans rest on statistics, and index-only scans on what VACUUM has seen.
            cursor.execute("VACUUM ANALYZE" if flavour == "plain" else "ANALYZE")
    finally:
        connection.close()
    return Filled(url, flavour, end)


def _fill_stream(
    connection: Connection, stream: str, symbols: tuple[str, ...], end: datetime, length: timedelta
) -> None:
    start = end - length
    scope: dict[str, Any] = {
        "stream": stream,
        "symbols": list(symbols),
        "detectors": list(DETECTORS),
        "start": start,
        "end": end,
        "days": max(1, length.days),
    }
    with connection.cursor() as cursor:
        younger = end
        for age, step in _DENSITY:
            older = max(start, end - age)
            if older < younger:
                cursor.execute(_PANES, scope | {"start": older, "end": younger, "step": step})
            younger = older
        hours, days = (max(start, end - age) for age in (timedelta(hours=7), timedelta(days=7)))
        cursor.execute(_WINDOWS, scope | {"start": hours, "step": timedelta(seconds=30)})
        cursor.execute(_WINDOWS, scope | {"start": days, "end": hours, "step": timedelta(minutes=10)})
        cursor.execute(_ALERTS, scope)
        for statement in _FACTS.strip().split(";\n"):
            cursor.execute(statement, scope)
        for width, step in (("1m", "1 minute"), ("1h", "1 hour")):
            cursor.execute(_LEDGER.format(width=width, step=step), scope)
