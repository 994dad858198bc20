-- Closed windows as stored, and the open ones composed from the panes there are so far (docs/data-contracts.md, "Closing
-- and windows"). Open: those that end after the symbol's last closed window and begin no later than its last pane.
CREATE VIEW crypto_windows_live AS
SELECT stream, symbol, window_end, exchange, window_start, trades, first_id, last_id, open, high, low, close,
       mean_price, stddev_price, vwap, realized_volatility, volume, quote_volume, taker_buy_volume,
       taker_buy_quote_volume, rush_orders, rush_volume, rush_buy_orders, late_trades, missing_ids, backfilled_trades,
       true AS closed
FROM crypto_windows
UNION ALL
SELECT symbols.stream, symbols.symbol, ends.window_end, symbols.exchange, ends.window_end - geometry.width,
       composed.*, false
FROM crypto_symbols AS symbols
JOIN crypto_writers AS writers ON writers.stream = symbols.stream
-- Whole seconds instead of days: adding a day to a timestamptz would depend on the session's time zone.
CROSS JOIN LATERAL (
    SELECT make_interval(secs => extract(epoch FROM writers."window")::double precision) AS width,
           make_interval(secs => extract(epoch FROM writers.slide)::double precision) AS slide
) AS geometry
CROSS JOIN LATERAL (
    SELECT panes.pane_start
    FROM crypto_panes AS panes
    WHERE panes.stream = symbols.stream AND panes.symbol = symbols.symbol
    ORDER BY panes.pane_start DESC
    LIMIT 1
) AS latest
CROSS JOIN LATERAL generate_series(
    date_bin(geometry.slide, greatest(symbols.windows_closed_through, symbols.origin), 'epoch') + geometry.slide,
    latest.pane_start + geometry.width,
    geometry.slide
) AS ends (window_end)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(parts.trades), 0)::bigint,
           min(parts.first_id),
           max(parts.last_id),
           (array_agg(parts.open ORDER BY parts.first_id) FILTER (WHERE parts.trades > 0))[1],
           max(parts.high),
           min(parts.low),
           (array_agg(parts.close ORDER BY parts.last_id DESC) FILTER (WHERE parts.trades > 0))[1],
           max(parts.centre),
           -- Chan et al.: the panes' own squared deviations and those of their means from the common mean.
           sqrt(sum(parts.m2_price + parts.trades * (parts.mean_price - parts.centre) ^ 2)
                / nullif(sum(parts.trades), 0)::double precision),
           sum(parts.quote_volume) / nullif(sum(parts.volume), 0),
           sqrt(sum(parts.log_return ^ 2)),
           coalesce(sum(parts.volume), 0),
           coalesce(sum(parts.quote_volume), 0),
           coalesce(sum(parts.taker_buy_volume), 0),
           coalesce(sum(parts.taker_buy_quote_volume), 0),
           coalesce(sum(parts.rush_orders), 0)::bigint,
           coalesce(sum(parts.rush_volume), 0),
           coalesce(sum(parts.rush_buy_orders), 0)::bigint,
           coalesce(sum(parts.late_trades), 0)::bigint,
           coalesce(sum(parts.missing_ids), 0)::bigint,
           coalesce(sum(parts.backfilled_trades), 0)::bigint
    FROM (
        SELECT panes.*,
               sum(panes.trades * panes.mean_price) OVER () / nullif(sum(panes.trades) OVER (), 0)::double precision
                   AS centre,
               -- ln(b / a) = 2 atanh((b - a) / (b + a)), which keeps the digits of a small return.
               2 * atanh((panes.close - lag(panes.close) OVER consecutive)::double precision
                         / (panes.close + lag(panes.close) OVER consecutive)::double precision) AS log_return
        FROM crypto_panes AS panes
        WHERE panes.stream = symbols.stream AND panes.symbol = symbols.symbol
          AND panes.pane_start >= ends.window_end - geometry.width AND panes.pane_start < ends.window_end
        WINDOW consecutive AS (PARTITION BY panes.trades > 0 ORDER BY panes.pane_start)
    ) AS parts
) AS composed
WHERE ends.window_end > symbols.windows_closed_through
  AND ends.window_end - geometry.width >= symbols.origin;
