-- How many trades of which size: the panes' counts by class (docs/data-contracts.md, "Sizes of trades"), and their sums
-- over minutes and hours in relations of their own. Panes of before have none. The rollups of prices stay as they are.
ALTER TABLE crypto_panes ADD COLUMN trade_sizes integer[];

CREATE MATERIALIZED VIEW crypto_rollup_sizes_1m
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT stream,
       symbol,
       time_bucket(INTERVAL '1 minute', pane_start) AS bucket,
       ARRAY[
           sum(trade_sizes[1])::integer, sum(trade_sizes[2])::integer, sum(trade_sizes[3])::integer,
           sum(trade_sizes[4])::integer, sum(trade_sizes[5])::integer, sum(trade_sizes[6])::integer,
           sum(trade_sizes[7])::integer, sum(trade_sizes[8])::integer, sum(trade_sizes[9])::integer,
           sum(trade_sizes[10])::integer, sum(trade_sizes[11])::integer, sum(trade_sizes[12])::integer,
           sum(trade_sizes[13])::integer, sum(trade_sizes[14])::integer, sum(trade_sizes[15])::integer,
           sum(trade_sizes[16])::integer, sum(trade_sizes[17])::integer, sum(trade_sizes[18])::integer,
           sum(trade_sizes[19])::integer, sum(trade_sizes[20])::integer, sum(trade_sizes[21])::integer,
           sum(trade_sizes[22])::integer, sum(trade_sizes[23])::integer, sum(trade_sizes[24])::integer
       ] AS trade_sizes
FROM crypto_panes
WHERE trade_sizes IS NOT NULL
GROUP BY stream, symbol, time_bucket(INTERVAL '1 minute', pane_start)
WITH NO DATA;

CREATE MATERIALIZED VIEW crypto_rollup_sizes_5m
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT stream,
       symbol,
       time_bucket(INTERVAL '5 minutes', bucket) AS bucket,
       ARRAY[
           sum(trade_sizes[1])::integer, sum(trade_sizes[2])::integer, sum(trade_sizes[3])::integer,
           sum(trade_sizes[4])::integer, sum(trade_sizes[5])::integer, sum(trade_sizes[6])::integer,
           sum(trade_sizes[7])::integer, sum(trade_sizes[8])::integer, sum(trade_sizes[9])::integer,
           sum(trade_sizes[10])::integer, sum(trade_sizes[11])::integer, sum(trade_sizes[12])::integer,
           sum(trade_sizes[13])::integer, sum(trade_sizes[14])::integer, sum(trade_sizes[15])::integer,
           sum(trade_sizes[16])::integer, sum(trade_sizes[17])::integer, sum(trade_sizes[18])::integer,
           sum(trade_sizes[19])::integer, sum(trade_sizes[20])::integer, sum(trade_sizes[21])::integer,
           sum(trade_sizes[22])::integer, sum(trade_sizes[23])::integer, sum(trade_sizes[24])::integer
       ] AS trade_sizes
FROM crypto_rollup_sizes_1m
WHERE trade_sizes IS NOT NULL
GROUP BY stream, symbol, time_bucket(INTERVAL '5 minutes', bucket)
WITH NO DATA;

CREATE MATERIALIZED VIEW crypto_rollup_sizes_1h
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT stream,
       symbol,
       time_bucket(INTERVAL '1 hour', bucket) AS bucket,
       ARRAY[
           sum(trade_sizes[1])::integer, sum(trade_sizes[2])::integer, sum(trade_sizes[3])::integer,
           sum(trade_sizes[4])::integer, sum(trade_sizes[5])::integer, sum(trade_sizes[6])::integer,
           sum(trade_sizes[7])::integer, sum(trade_sizes[8])::integer, sum(trade_sizes[9])::integer,
           sum(trade_sizes[10])::integer, sum(trade_sizes[11])::integer, sum(trade_sizes[12])::integer,
           sum(trade_sizes[13])::integer, sum(trade_sizes[14])::integer, sum(trade_sizes[15])::integer,
           sum(trade_sizes[16])::integer, sum(trade_sizes[17])::integer, sum(trade_sizes[18])::integer,
           sum(trade_sizes[19])::integer, sum(trade_sizes[20])::integer, sum(trade_sizes[21])::integer,
           sum(trade_sizes[22])::integer, sum(trade_sizes[23])::integer, sum(trade_sizes[24])::integer
       ] AS trade_sizes
FROM crypto_rollup_sizes_5m
WHERE trade_sizes IS NOT NULL
GROUP BY stream, symbol, time_bucket(INTERVAL '1 hour', bucket)
WITH NO DATA;

-- Replace the policies by those that crypto_retention asks for. Rollups are refreshed over the younger half of the panes'
-- time only: a refresh of buckets whose panes have been dropped would empty them.
CREATE OR REPLACE FUNCTION crypto_apply_policies() RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
    item record;
    panes_kept interval := (SELECT "for" FROM crypto_retention WHERE kept = 'panes');
BEGIN
    FOR item IN
        SELECT relation, retention."for"
        FROM (VALUES
            ('crypto_panes', 'panes'), ('crypto_windows', 'windows'), ('crypto_alerts', 'alerts'),
            ('crypto_rollup_1m', 'rollups'), ('crypto_rollup_5m', 'rollups'), ('crypto_rollup_1h', 'rollups'),
            ('crypto_rollup_sizes_1m', 'rollups'), ('crypto_rollup_sizes_5m', 'rollups'),
            ('crypto_rollup_sizes_1h', 'rollups')
        ) AS relations (relation, kept)
        JOIN crypto_retention AS retention USING (kept)
    LOOP
        PERFORM remove_retention_policy(item.relation::regclass, if_exists => true);
        IF item."for" IS NOT NULL THEN
            PERFORM add_retention_policy(item.relation::regclass, item."for");
        END IF;
    END LOOP;

    -- The most recent buckets are left to real-time aggregation: their panes still change with every batch.
    FOR item IN
        SELECT * FROM (VALUES
            ('crypto_rollup_1m', INTERVAL '10 minutes', INTERVAL '1 minute'),
            ('crypto_rollup_5m', INTERVAL '30 minutes', INTERVAL '5 minutes'),
            ('crypto_rollup_1h', INTERVAL '3 hours',    INTERVAL '30 minutes'),
            ('crypto_rollup_sizes_1m', INTERVAL '10 minutes', INTERVAL '1 minute'),
            ('crypto_rollup_sizes_5m', INTERVAL '30 minutes', INTERVAL '5 minutes'),
            ('crypto_rollup_sizes_1h', INTERVAL '3 hours',    INTERVAL '30 minutes')
        ) AS rollups (relation, end_offset, every)
    LOOP
        PERFORM remove_continuous_aggregate_policy(item.relation::regclass, if_exists => true);
        PERFORM add_continuous_aggregate_policy(
            item.relation::regclass,
            start_offset => greatest(panes_kept / 2, CASE WHEN panes_kept IS NOT NULL THEN INTERVAL '12 hours' END),
            end_offset => item.end_offset,
            schedule_interval => item.every);
    END LOOP;
END
$function$;
SELECT crypto_apply_policies();
