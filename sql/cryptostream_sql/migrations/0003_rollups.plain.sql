-- Rollups as tables that the writer keeps: it calls crypto_refresh_rollups in the transaction that writes the panes.
-- A pane belongs to the bucket that holds its start.
CREATE TABLE crypto_rollup_1m (
    stream          text NOT NULL,
    symbol          text NOT NULL,
    bucket          timestamptz NOT NULL,
    exchange        text NOT NULL,
    trades          bigint NOT NULL,
    first_id        bigint,
    last_id         bigint,
    open            numeric,
    high            numeric,
    low             numeric,
    close           numeric,
    vwap            double precision,
    volume          double precision NOT NULL,
    quote_volume    double precision NOT NULL,
    taker_buy_volume       double precision NOT NULL,
    taker_buy_quote_volume double precision NOT NULL,
    rush_orders     bigint NOT NULL,
    late_trades     bigint NOT NULL,
    missing_ids     bigint NOT NULL,
    PRIMARY KEY (stream, symbol, bucket)
);
CREATE TABLE crypto_rollup_5m (LIKE crypto_rollup_1m INCLUDING ALL);
CREATE TABLE crypto_rollup_1h (LIKE crypto_rollup_1m INCLUDING ALL);

CREATE FUNCTION crypto_refresh_rollups_of_panes(of_stream text, of_symbols text[], pane_starts timestamptz[]) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    step record;
BEGIN
    FOR step IN
        SELECT * FROM (VALUES
            ('crypto_panes',     'pane_start', 'crypto_rollup_1m', INTERVAL '1 minute'),
            ('crypto_rollup_1m', 'bucket',     'crypto_rollup_5m', INTERVAL '5 minutes'),
            ('crypto_rollup_5m', 'bucket',     'crypto_rollup_1h', INTERVAL '1 hour')
        ) AS steps (source, source_time, target, width)
    LOOP
        EXECUTE format($statement$
            WITH touched AS (
                SELECT DISTINCT changed.symbol, date_bin($4, changed.pane_start, 'epoch') AS bucket
                FROM unnest($2, $3) AS changed (symbol, pane_start)
            ), composed AS (
                -- One short scan of the primary key for each bucket, however far apart the buckets lie.
                SELECT touched.symbol, touched.bucket, sums.*
                FROM touched CROSS JOIN LATERAL (
                    SELECT count(*) AS parts, max(exchange) AS exchange, sum(trades)::bigint AS trades,
                           min(first_id) AS first_id, max(last_id) AS last_id,
                           (array_agg(open ORDER BY first_id) FILTER (WHERE first_id IS NOT NULL))[1] AS open,
                           max(high) AS high, min(low) AS low,
                           (array_agg(close ORDER BY last_id DESC) FILTER (WHERE last_id IS NOT NULL))[1] AS close,
                           sum(quote_volume) / nullif(sum(volume), 0) AS vwap,
                           sum(volume) AS volume, sum(quote_volume) AS quote_volume,
                           sum(taker_buy_volume) AS taker_buy_volume,
                           sum(taker_buy_quote_volume) AS taker_buy_quote_volume,
                           sum(rush_orders)::bigint AS rush_orders, sum(late_trades)::bigint AS late_trades,
                           sum(missing_ids)::bigint AS missing_ids
                    FROM %2$I AS source
                    WHERE source.stream = $1 AND source.symbol = touched.symbol
                      AND source.%3$I >= touched.bucket AND source.%3$I < touched.bucket + $4
                ) AS sums
            ), emptied AS (
                DELETE FROM %1$I AS target USING composed
                WHERE target.stream = $1 AND target.symbol = composed.symbol AND target.bucket = composed.bucket
                  AND composed.parts = 0
            )
            INSERT INTO %1$I (
                stream, symbol, bucket, exchange, trades, first_id, last_id, open, high, low, close, vwap, volume,
                quote_volume, taker_buy_volume, taker_buy_quote_volume, rush_orders, late_trades, missing_ids)
            SELECT $1, symbol, bucket, exchange, trades, first_id, last_id, open, high, low, close, vwap, volume,
                   quote_volume, taker_buy_volume, taker_buy_quote_volume, rush_orders, late_trades, missing_ids
            FROM composed
            WHERE parts > 0
            ON CONFLICT (stream, symbol, bucket) DO UPDATE SET
                exchange = excluded.exchange, trades = excluded.trades,
                first_id = excluded.first_id, last_id = excluded.last_id,
                open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
                vwap = excluded.vwap, volume = excluded.volume, quote_volume = excluded.quote_volume,
                taker_buy_volume = excluded.taker_buy_volume,
                taker_buy_quote_volume = excluded.taker_buy_quote_volume,
                rush_orders = excluded.rush_orders, late_trades = excluded.late_trades,
                missing_ids = excluded.missing_ids
            $statement$, step.target, step.source, step.source_time)
        USING of_stream, of_symbols, pane_starts, step.width;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION crypto_refresh_rollups_of_panes(text, text[], timestamptz[]) IS
    'Recompute the buckets of the given panes (two arrays of one length) from what crypto_panes holds now';

CREATE FUNCTION crypto_refresh_rollups(of_stream text, from_time timestamptz, to_time timestamptz) RETURNS void
LANGUAGE sql AS $function$
    SELECT crypto_refresh_rollups_of_panes(of_stream, array_agg(panes.symbol), array_agg(panes.pane_start))
    FROM crypto_symbols AS symbols
    JOIN crypto_panes AS panes
      ON panes.stream = symbols.stream AND panes.symbol = symbols.symbol
     AND panes.pane_start >= from_time AND panes.pane_start < to_time
    WHERE symbols.stream = of_stream
$function$;
COMMENT ON FUNCTION crypto_refresh_rollups(text, timestamptz, timestamptz) IS
    'Recompute the buckets of all the stream''s panes that start in [from_time, to_time)';

-- What the tables held before the rollups came.
SELECT crypto_refresh_rollups_of_panes(stream, array_agg(symbol), array_agg(pane_start)) FROM crypto_panes GROUP BY stream;
