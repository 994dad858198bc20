-- How long the database keeps what; NULL keeps it for ever. `cryptostream migrate` writes the settings here.
CREATE TABLE crypto_retention (
    kept    text PRIMARY KEY CHECK (kept IN ('panes', 'windows', 'rollups', 'alerts')),
    "for"   interval CHECK ("for" > INTERVAL '0')
);
INSERT INTO crypto_retention VALUES
    ('panes', INTERVAL '7 days'), ('windows', INTERVAL '7 days'),
    ('rollups', INTERVAL '90 days'), ('alerts', INTERVAL '90 days');

-- Replace the policies by those that crypto_retention asks for. Rollups are refreshed over the younger half of the panes'
-- time only: a refresh of buckets whose panes have been dropped would empty them.
CREATE FUNCTION crypto_apply_policies() RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
    item record;
    panes_kept interval := (SELECT "for" FROM crypto_retention WHERE kept = 'panes');
BEGIN
    FOR item IN
        SELECT relation, retention."for"
        FROM (VALUES
            ('crypto_panes', 'panes'), ('crypto_windows', 'windows'), ('crypto_alerts', 'alerts'),
            ('crypto_rollup_1m', 'rollups'), ('crypto_rollup_5m', 'rollups'), ('crypto_rollup_1h', 'rollups')
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
            ('crypto_rollup_1h', INTERVAL '3 hours',    INTERVAL '30 minutes')
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
REVOKE ALL ON FUNCTION crypto_apply_policies() FROM PUBLIC;
SELECT crypto_apply_policies();

CREATE FUNCTION crypto_configure_retention(panes interval, windows interval, rollups interval, alerts interval)
RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    UPDATE crypto_retention AS retention SET "for" = wanted."for"
    FROM (VALUES ('panes', panes), ('windows', windows), ('rollups', rollups), ('alerts', alerts)) AS wanted (kept, "for")
    WHERE retention.kept = wanted.kept AND retention."for" IS DISTINCT FROM wanted."for";
    IF FOUND THEN
        PERFORM crypto_apply_policies();
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION crypto_configure_retention(interval, interval, interval, interval) FROM PUBLIC;

-- Policies drop the chunks; this deletes from the plain tables.
CREATE FUNCTION crypto_apply_retention(at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $function$
DECLARE
    deleted bigint;
    total bigint := 0;
BEGIN
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
COMMENT ON FUNCTION crypto_apply_retention(timestamptz) IS
    'Delete what is older than crypto_retention says, seen from the time given; returns the number of rows';
