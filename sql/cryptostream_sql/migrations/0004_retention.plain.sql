-- How long the database keeps what; NULL keeps it for ever. `cryptostream migrate` writes the settings here.
CREATE TABLE crypto_retention (
    kept    text PRIMARY KEY CHECK (kept IN ('panes', 'windows', 'rollups', 'alerts')),
    "for"   interval CHECK ("for" > INTERVAL '0')
);
INSERT INTO crypto_retention VALUES
    ('panes', INTERVAL '7 days'), ('windows', INTERVAL '7 days'),
    ('rollups', INTERVAL '90 days'), ('alerts', INTERVAL '90 days');

CREATE FUNCTION crypto_configure_retention(panes interval, windows interval, rollups interval, alerts interval)
RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    UPDATE crypto_retention AS retention SET "for" = wanted."for"
    FROM (VALUES ('panes', panes), ('windows', windows), ('rollups', rollups), ('alerts', alerts)) AS wanted (kept, "for")
    WHERE retention.kept = wanted.kept AND retention."for" IS DISTINCT FROM wanted."for";
END
$function$;
REVOKE ALL ON FUNCTION crypto_configure_retention(interval, interval, interval, interval) FROM PUBLIC;

CREATE FUNCTION crypto_apply_retention(at timestamptz) RETURNS bigint
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
COMMENT ON FUNCTION crypto_apply_retention(timestamptz) IS
    'Delete what is older than crypto_retention says, seen from the time given; returns the number of rows';
