-- How many trades of which size: the panes' counts by class (docs/data-contracts.md, "Sizes of trades"), and their sums
-- over minutes and hours in relations of their own. Panes of before have none. The rollups of prices stay as they are.
ALTER TABLE crypto_panes ADD COLUMN trade_sizes integer[];

CREATE TABLE crypto_rollup_sizes_1m (
    stream      text NOT NULL,
    symbol      text NOT NULL,
    bucket      timestamptz NOT NULL,
    trade_sizes integer[] NOT NULL,
    PRIMARY KEY (stream, symbol, bucket)
);
CREATE TABLE crypto_rollup_sizes_5m (LIKE crypto_rollup_sizes_1m INCLUDING ALL);
CREATE TABLE crypto_rollup_sizes_1h (LIKE crypto_rollup_sizes_1m INCLUDING ALL);

CREATE FUNCTION crypto_refresh_sizes_of_panes(of_stream text, of_symbols text[], pane_starts timestamptz[]) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    step record;
BEGIN
    FOR step IN
        SELECT * FROM (VALUES
            ('crypto_panes',           'pane_start', 'crypto_rollup_sizes_1m', INTERVAL '1 minute'),
            ('crypto_rollup_sizes_1m', 'bucket',     'crypto_rollup_sizes_5m', INTERVAL '5 minutes'),
            ('crypto_rollup_sizes_5m', 'bucket',     'crypto_rollup_sizes_1h', INTERVAL '1 hour')
        ) AS steps (source, source_time, target, width)
    LOOP
        EXECUTE format($statement$
            WITH touched AS (
                SELECT DISTINCT changed.symbol, date_bin($4, changed.pane_start, 'epoch') AS bucket
                FROM unnest($2, $3) AS changed (symbol, pane_start)
            ), composed AS (
                SELECT touched.symbol, touched.bucket, sums.*
                FROM touched CROSS JOIN LATERAL (
                    SELECT count(trade_sizes) AS parts, ARRAY[
                               sum(trade_sizes[1])::integer, sum(trade_sizes[2])::integer, sum(trade_sizes[3])::integer,
                               sum(trade_sizes[4])::integer, sum(trade_sizes[5])::integer, sum(trade_sizes[6])::integer,
                               sum(trade_sizes[7])::integer, sum(trade_sizes[8])::integer, sum(trade_sizes[9])::integer,
                               sum(trade_sizes[10])::integer, sum(trade_sizes[11])::integer, sum(trade_sizes[12])::integer,
                               sum(trade_sizes[13])::integer, sum(trade_sizes[14])::integer, sum(trade_sizes[15])::integer,
                               sum(trade_sizes[16])::integer, sum(trade_sizes[17])::integer, sum(trade_sizes[18])::integer,
                               sum(trade_sizes[19])::integer, sum(trade_sizes[20])::integer, sum(trade_sizes[21])::integer,
                               sum(trade_sizes[22])::integer, sum(trade_sizes[23])::integer, sum(trade_sizes[24])::integer
                           ] AS trade_sizes
                    FROM %2$I AS source
                    WHERE source.stream = $1 AND source.symbol = touched.symbol
                      AND source.%3$I >= touched.bucket AND source.%3$I < touched.bucket + $4
                ) AS sums
            ), emptied AS (
                DELETE FROM %1$I AS target USING composed
                WHERE target.stream = $1 AND target.symbol = composed.symbol AND target.bucket = composed.bucket
                  AND composed.parts = 0
            )
            INSERT INTO %1$I (stream, symbol, bucket, trade_sizes)
            SELECT $1, symbol, bucket, trade_sizes FROM composed WHERE parts > 0
            ON CONFLICT (stream, symbol, bucket) DO UPDATE SET trade_sizes = excluded.trade_sizes
            $statement$, step.target, step.source, step.source_time)
        USING of_stream, of_symbols, pane_starts, step.width;
    END LOOP;
END
$function$;

ALTER FUNCTION crypto_refresh_rollups_of_panes(text, text[], timestamptz[]) RENAME TO crypto_refresh_prices_of_panes;
CREATE FUNCTION crypto_refresh_rollups_of_panes(of_stream text, of_symbols text[], pane_starts timestamptz[]) RETURNS void
LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM crypto_refresh_prices_of_panes(of_stream, of_symbols, pane_starts);
    PERFORM crypto_refresh_sizes_of_panes(of_stream, of_symbols, pane_starts);
END
$function$;
COMMENT ON FUNCTION crypto_refresh_rollups_of_panes(text, text[], timestamptz[]) IS
    'Recompute the buckets of the given panes (two arrays of one length) from what crypto_panes holds now';

CREATE OR REPLACE FUNCTION crypto_apply_retention_to_rows(at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $function$
DECLARE
    item record;
    deleted bigint;
    total bigint := 0;
BEGIN
    -- Panes go by whole hours, so that the rollups of an hour stand on all of its panes or on none.
    FOR item IN
        SELECT relation, time_column, least(at - retention."for", date_trunc(unit, at - retention."for")) AS horizon
        FROM (VALUES
            ('crypto_panes',     'pane_start', 'panes',   'hour'),
            ('crypto_windows',   'window_end', 'windows', 'microseconds'),
            ('crypto_rollup_1m', 'bucket',     'rollups', 'hour'),
            ('crypto_rollup_5m', 'bucket',     'rollups', 'hour'),
            ('crypto_rollup_1h', 'bucket',     'rollups', 'hour'),
            ('crypto_rollup_sizes_1m', 'bucket', 'rollups', 'hour'),
            ('crypto_rollup_sizes_5m', 'bucket', 'rollups', 'hour'),
            ('crypto_rollup_sizes_1h', 'bucket', 'rollups', 'hour'),
            ('crypto_alerts',    'window_end', 'alerts',  'microseconds')
        ) AS relations (relation, time_column, kept, unit)
        JOIN crypto_retention AS retention USING (kept)
        WHERE retention."for" IS NOT NULL
    LOOP
        -- By way of the symbols, whose rows of one table lie together in its primary key.
        EXECUTE format(
            'DELETE FROM %1$I AS kept USING crypto_symbols AS symbols
             WHERE kept.stream = symbols.stream AND kept.symbol = symbols.symbol AND kept.%2$I < $1',
            item.relation, item.time_column) USING item.horizon;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        total := total + deleted;
    END LOOP;
    DELETE FROM feed_gaps USING crypto_retention AS retention
    WHERE retention.kept = 'alerts' AND feed_gaps.clock < at - retention."for";
    GET DIAGNOSTICS deleted = ROW_COUNT;
    total := total + deleted;
    -- The time of commit is the database's own. A checkpoint's last batch is what its next one is judged by.
    DELETE FROM crypto_batches AS batches USING crypto_retention AS retention
    WHERE retention.kept = 'windows' AND batches.committed_at < now() - retention."for"
      AND EXISTS (
        SELECT FROM crypto_batches AS later
        WHERE later.stream = batches.stream AND later.checkpoint = batches.checkpoint
          AND later.batch_id > batches.batch_id);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN total + deleted;
END
$function$;
