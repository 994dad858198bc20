"""Panes and closed windows, computed by DuckDB from the records of the topic.

Each record has a place in time: an on-time trade its own time, everything else its symbol's clock
(docs/data-contracts.md, "Panes"). Windows are computed from the trades themselves, not composed of panes; only realized
volatility, which is defined over the closes of panes, looks at panes.

Prices are exact decimals. Sums of doubles are compensated (Kahan). Means come first and squared deviations second, with
the difference of price and mean taken in decimals: the two-pass form of Chan, Golub and LeVeque, "Algorithms for
computing the sample variance" (1983), which loses nothing where prices are large and their spread is small.
"""

from cryptostream_job.model import Geometry
from cryptostream_model.sizes import SIZE_THRESHOLDS
from cryptostream_verify.workspace import Workspace

_PLACED = """
CREATE OR REPLACE TEMP VIEW placed AS
SELECT *, CASE WHEN on_time THEN "time" ELSE clock END AS placed_at
FROM (
    SELECT *, kind = 'trade' AND "time" - "time" % {pane} + {pane} + {allowed_lateness} > clock AS on_time FROM records
)
"""

_STATISTICS = """
    count(*) FILTER (on_time) AS trades,
    min(first_id) FILTER (on_time) AS first_id,
    max(first_id) FILTER (on_time) AS last_id,
    arg_min(price, first_id) FILTER (on_time) AS open,
    max(price) FILTER (on_time) AS high,
    min(price) FILTER (on_time) AS low,
    arg_max(price, first_id) FILTER (on_time) AS close,
    kahan_sum(CAST(price AS DOUBLE)) FILTER (on_time) / nullif(count(*) FILTER (on_time), 0) AS mean_price,
    coalesce(kahan_sum(CAST(quantity AS DOUBLE)) FILTER (on_time), 0) AS volume,
    coalesce(kahan_sum(value) FILTER (on_time), 0) AS quote_volume,
    coalesce(kahan_sum(CAST(quantity AS DOUBLE)) FILTER (on_time AND side = 'buy'), 0) AS taker_buy_volume,
    coalesce(kahan_sum(value) FILTER (on_time AND side = 'buy'), 0) AS taker_buy_quote_volume,
    count(*) FILTER (on_time AND fills >= 2) AS rush_orders,
    coalesce(kahan_sum(value) FILTER (on_time AND fills >= 2), 0) AS rush_volume,
    count(*) FILTER (on_time AND fills >= 2 AND side = 'buy') AS rush_buy_orders,
    count(*) FILTER (kind = 'trade' AND NOT on_time) AS late_trades,
    CAST(coalesce(sum(last_id - first_id + 1) FILTER (kind = 'gap'), 0) AS BIGINT) AS missing_ids,
    count(*) FILTER (on_time AND backfilled) AS backfilled_trades
"""

# By way of text: DuckDB's cast of a decimal does not always give the nearest double.
_SIZE = "CAST(CAST(price AS VARCHAR) AS DOUBLE) * CAST(CAST(quantity AS VARCHAR) AS DOUBLE)"
_TRADE_SIZES = ", ".join(
    f"count(*) FILTER (on_time AND size >= {lowest:.17e} AND size < {highest})"
    for lowest, highest in zip(
        (0.0, *SIZE_THRESHOLDS), (*(f"{bound:.17e}" for bound in SIZE_THRESHOLDS), "'inf'::DOUBLE"), strict=True
    )
)

_PANES = """
CREATE OR REPLACE TABLE panes AS
WITH members AS (
    SELECT *, placed_at - placed_at % {pane} AS pane_start, CAST(price AS DOUBLE) * CAST(quantity AS DOUBLE) AS value,
        {size} AS size
    FROM placed
), counted AS (
    SELECT symbol, pane_start, min(exchange) AS exchange, {statistics}, [{trade_sizes}] AS trade_sizes,
        min(clock) AS first_clock, max(clock) AS clock, min("partition") AS "partition"
    FROM members GROUP BY symbol, pane_start
), spread AS (
    SELECT symbol, pane_start,
        kahan_sum(power(CAST(price - CAST(mean_price AS DECIMAL(38, 18)) AS DOUBLE), 2)) AS m2_price
    FROM (SELECT symbol, pane_start, price FROM members WHERE on_time) JOIN counted USING (symbol, pane_start)
    GROUP BY symbol, pane_start
)
SELECT counted.*, m2_price FROM counted LEFT JOIN spread USING (symbol, pane_start)
"""

_EXTENTS = """
CREATE OR REPLACE TABLE extents AS
SELECT symbol, arg_min(exchange, "offset") AS exchange, max(clock) AS clock,
    arg_min(clock - clock % {pane}, "offset") AS origin,
    max(first_id) FILTER (kind = 'trade' AND on_time) AS last_on_time_id,
    max(last_id) AS last_id, min("offset") AS first_offset, min("partition") AS "partition"
FROM placed GROUP BY symbol
"""

_WINDOWS = """
CREATE OR REPLACE TABLE windows AS
WITH due AS (
    SELECT symbol, exchange, unnest(range(
        (origin + {window} + {slide} - 1) // {slide} * {slide}, clock - {allowed_lateness} + 1, {slide})) AS window_end
    FROM extents
), members AS (
    SELECT symbol, kind, on_time, first_id, last_id, price, quantity, side, fills, backfilled,
        CAST(price AS DOUBLE) * CAST(quantity AS DOUBLE) AS value,
        (placed_at // {slide} + step) * {slide} AS window_end
    FROM placed, range(1, {window} // {slide} + 1) AS steps (step)
    WHERE kind <> 'progress'
), counted AS (
    SELECT symbol, window_end, {statistics} FROM members GROUP BY symbol, window_end
), spread AS (
    SELECT symbol, window_end,
        sqrt(kahan_sum(power(CAST(price - CAST(mean_price AS DECIMAL(38, 18)) AS DOUBLE), 2)) / count(*))
            AS stddev_price
    FROM (SELECT symbol, window_end, price FROM members WHERE on_time) JOIN counted USING (symbol, window_end)
    GROUP BY symbol, window_end
), closes AS (
    SELECT symbol, window_end, CAST(close AS DOUBLE) AS close,
        CAST(close - lag(close) OVER earlier AS DOUBLE) AS change,
        CAST(lag(close) OVER earlier AS DOUBLE) AS close_before
    FROM (
        SELECT symbol, pane_start, close, (pane_start // {slide} + step) * {slide} AS window_end
        FROM panes, range(1, {window} // {slide} + 1) AS steps (step) WHERE trades > 0
    )
    WINDOW earlier AS (PARTITION BY symbol, window_end ORDER BY pane_start)
), volatility AS (
    SELECT symbol, window_end,
        sqrt(kahan_sum(power(CASE
            -- The area tangent keeps the digits of a small change, the logarithm those of a large one.
            WHEN abs(change) < close_before / 2 THEN 2 * atanh(change / (close_before + close))
            ELSE ln(close / close_before)
        END, 2))) AS realized_volatility
    FROM closes WHERE change IS NOT NULL GROUP BY symbol, window_end
)
SELECT symbol, window_end, window_end - {window} AS window_start, exchange,
    coalesce(trades, 0) AS trades, first_id, last_id, open, high, low, close, mean_price, stddev_price,
    CASE WHEN volume > 0 THEN quote_volume / volume END AS vwap, realized_volatility,
    coalesce(volume, 0) AS volume, coalesce(quote_volume, 0) AS quote_volume,
    coalesce(taker_buy_volume, 0) AS taker_buy_volume, coalesce(taker_buy_quote_volume, 0) AS taker_buy_quote_volume,
    coalesce(rush_orders, 0) AS rush_orders, coalesce(rush_volume, 0) AS rush_volume,
    coalesce(rush_buy_orders, 0) AS rush_buy_orders, coalesce(late_trades, 0) AS late_trades,
    coalesce(missing_ids, 0) AS missing_ids, coalesce(backfilled_trades, 0) AS backfilled_trades
FROM due LEFT JOIN counted USING (symbol, window_end) LEFT JOIN spread USING (symbol, window_end)
    LEFT JOIN volatility USING (symbol, window_end)
"""


def recompute(workspace: Workspace, geometry: Geometry) -> None:
    """Fill the tables ``extents``, ``panes`` and ``windows`` from ``records``.

    ``extents``: per symbol its last clock, its origin as far as the topic shows it, and last ids. ``panes``: every pane
    that has a record, open ones too. ``windows``: every window that the topic's last clock closes, empty ones too. All
    times in UTC microseconds.
    """
    lengths = {
        "pane": geometry.pane,
        "slide": geometry.slide,
        "window": geometry.window,
        "allowed_lateness": geometry.allowed_lateness,
    }
    for statement in (_PLACED, _PANES, _EXTENTS, _WINDOWS):
        workspace.execute(statement.format(statistics=_STATISTICS, size=_SIZE, trade_sizes=_TRADE_SIZES, **lengths))
