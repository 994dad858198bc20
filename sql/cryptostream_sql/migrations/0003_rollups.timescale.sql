-- Rollups as continuous aggregates with real-time aggregation: buckets that are not materialized yet are computed from
-- the panes when they are read. Each coarser one stands on the finer one. Their refresh policies come with retention.
CREATE MATERIALIZED VIEW crypto_rollup_1m
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT stream,
       symbol,
       time_bucket(INTERVAL '1 minute', pane_start) AS bucket,
       max(exchange) AS exchange,
       sum(trades)::bigint AS trades,
       min(first_id) AS first_id,
       max(last_id) AS last_id,
       first(open, first_id) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, last_id) AS close,
       sum(quote_volume) / nullif(sum(volume), 0) AS vwap,
       sum(volume) AS volume,
       sum(quote_volume) AS quote_volume,
       sum(taker_buy_volume) AS taker_buy_volume,
       sum(taker_buy_quote_volume) AS taker_buy_quote_volume,
       sum(rush_orders)::bigint AS rush_orders,
       sum(late_trades)::bigint AS late_trades,
       sum(missing_ids)::bigint AS missing_ids
FROM crypto_panes
GROUP BY stream, symbol, time_bucket(INTERVAL '1 minute', pane_start)
WITH NO DATA;

CREATE MATERIALIZED VIEW crypto_rollup_5m
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT stream,
       symbol,
       time_bucket(INTERVAL '5 minutes', bucket) AS bucket,
       max(exchange) AS exchange,
       sum(trades)::bigint AS trades,
       min(first_id) AS first_id,
       max(last_id) AS last_id,
       first(open, first_id) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, last_id) AS close,
       sum(quote_volume) / nullif(sum(volume), 0) AS vwap,
       sum(volume) AS volume,
       sum(quote_volume) AS quote_volume,
       sum(taker_buy_volume) AS taker_buy_volume,
       sum(taker_buy_quote_volume) AS taker_buy_quote_volume,
       sum(rush_orders)::bigint AS rush_orders,
       sum(late_trades)::bigint AS late_trades,
       sum(missing_ids)::bigint AS missing_ids
FROM crypto_rollup_1m
GROUP BY stream, symbol, time_bucket(INTERVAL '5 minutes', bucket)
WITH NO DATA;

CREATE MATERIALIZED VIEW crypto_rollup_1h
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT stream,
       symbol,
       time_bucket(INTERVAL '1 hour', bucket) AS bucket,
       max(exchange) AS exchange,
       sum(trades)::bigint AS trades,
       min(first_id) AS first_id,
       max(last_id) AS last_id,
       first(open, first_id) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, last_id) AS close,
       sum(quote_volume) / nullif(sum(volume), 0) AS vwap,
       sum(volume) AS volume,
       sum(quote_volume) AS quote_volume,
       sum(taker_buy_volume) AS taker_buy_volume,
       sum(taker_buy_quote_volume) AS taker_buy_quote_volume,
       sum(rush_orders)::bigint AS rush_orders,
       sum(late_trades)::bigint AS late_trades,
       sum(missing_ids)::bigint AS missing_ids
FROM crypto_rollup_5m
GROUP BY stream, symbol, time_bucket(INTERVAL '1 hour', bucket)
WITH NO DATA;

-- The writer calls these in its transaction; here the database keeps the rollups by itself.
CREATE FUNCTION crypto_refresh_rollups_of_panes(of_stream text, of_symbols text[], pane_starts timestamptz[]) RETURNS void
LANGUAGE sql AS '';
CREATE FUNCTION crypto_refresh_rollups(of_stream text, from_time timestamptz, to_time timestamptz) RETURNS void
LANGUAGE sql AS '';
