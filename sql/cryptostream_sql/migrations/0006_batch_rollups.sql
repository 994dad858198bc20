-- When a symbol was last traded, and the ledger by minute and hour with the latencies of live trades: what dashboards ask
-- for without reading panes or a row for every batch.

ALTER TABLE crypto_symbols ADD COLUMN traded_at timestamptz;
UPDATE crypto_symbols AS symbols SET traded_at = (
    SELECT panes.clock FROM crypto_panes AS panes
    WHERE panes.stream = symbols.stream AND panes.symbol = symbols.symbol AND panes.trades > 0
    ORDER BY panes.pane_start DESC LIMIT 1
);
ALTER TABLE crypto_batches ADD COLUMN trades bigint, ADD COLUMN live_trades bigint, ADD COLUMN seconds double precision;

-- A batch belongs to the bucket of its commit. Each one is added once, in the transaction that puts it into the ledger.
CREATE TABLE crypto_batches_1m (
    stream          text NOT NULL,
    bucket          timestamptz NOT NULL,
    batches         bigint NOT NULL,
    changed_panes   bigint NOT NULL,
    closed_windows  bigint NOT NULL,
    alerts          bigint NOT NULL,
    trades          bigint NOT NULL,
    live_trades     bigint NOT NULL,
    seconds         double precision NOT NULL,
    slowest_seconds double precision NOT NULL,
    latency         bigint[] NOT NULL,
    PRIMARY KEY (stream, bucket)
);
CREATE TABLE crypto_batches_1h (LIKE crypto_batches_1m INCLUDING ALL);

CREATE FUNCTION crypto_latency_add(counts bigint[], further bigint[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $function$
    SELECT array_agg(bins.count + bins.added ORDER BY bins.number)
    FROM unnest(counts, further) WITH ORDINALITY AS bins (count, added, number)
$function$;
CREATE AGGREGATE crypto_latency_sum(bigint[]) (
    SFUNC = crypto_latency_add, STYPE = bigint[], COMBINEFUNC = crypto_latency_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE crypto_latency_sum(bigint[]) IS 'Latencies of several buckets as one: bin by bin';

-- Bin 1 ends at 10 ms, each further one at 2^(1/4) times the end of the one before; bin 65 is open.
CREATE FUNCTION crypto_latency_quantile(counts bigint[], share double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT CASE
        WHEN number = 1 THEN 0.01 * part
        WHEN number = cardinality(counts) THEN 0.01 * 2 ^ ((number - 2) / 4.0::double precision)
        ELSE 0.01 * 2 ^ ((number - 2 + part) / 4)
    END
    FROM (
        SELECT number, (share * total - reached + count)::double precision / count AS part
        FROM (
            SELECT bins.number, bins.count,
                   sum(bins.count) OVER (ORDER BY bins.number)::double precision AS reached,
                   sum(bins.count) OVER ()::double precision AS total
            FROM unnest(counts) WITH ORDINALITY AS bins (count, number)
        ) AS summed
        WHERE count > 0 AND reached >= share * total
        ORDER BY number
        LIMIT 1
    ) AS found
$function$;
COMMENT ON FUNCTION crypto_latency_quantile(bigint[], double precision) IS
    'Seconds that the given share of the trades stayed within; NULL where none was counted';

ALTER FUNCTION crypto_apply_retention(timestamptz) RENAME TO crypto_apply_retention_to_rows;
CREATE FUNCTION crypto_apply_retention(at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $function$
DECLARE
    deleted bigint;
    total bigint := crypto_apply_retention_to_rows(at);
BEGIN
    -- The time of commit is the database's own.
    DELETE FROM crypto_batches_1m AS batches USING crypto_retention AS retention
    WHERE retention.kept = 'rollups' AND batches.bucket < now() - retention."for";
    GET DIAGNOSTICS deleted = ROW_COUNT;
    total := total + deleted;
    DELETE FROM crypto_batches_1h AS batches USING crypto_retention AS retention
    WHERE retention.kept = 'rollups' AND batches.bucket < now() - retention."for";
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN total + deleted;
END
$function$;
COMMENT ON FUNCTION crypto_apply_retention(timestamptz) IS
    'Delete what is older than crypto_retention says, seen from the time given; returns the number of rows';
