-- Chunks of one day, compressed when a day old. Rows of a compressed chunk can still be replaced, only slower.
-- crypto_batches stays a plain table: its key is the batch and cannot hold the time of commit.
SELECT create_hypertable('crypto_panes', 'pane_start', chunk_time_interval => INTERVAL '1 day',
                         create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('crypto_windows', 'window_end', chunk_time_interval => INTERVAL '1 day',
                         create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('crypto_alerts', 'window_end', chunk_time_interval => INTERVAL '1 day',
                         create_default_indexes => false, migrate_data => true);

COMMENT ON TABLE crypto_panes IS 'One row per symbol and pane';
COMMENT ON TABLE crypto_windows IS 'Closed windows, one row each, written once';

ALTER TABLE crypto_panes SET (timescaledb.compress, timescaledb.compress_segmentby = 'stream, symbol',
                              timescaledb.compress_orderby = 'pane_start DESC');
ALTER TABLE crypto_windows SET (timescaledb.compress, timescaledb.compress_segmentby = 'stream, symbol',
                                timescaledb.compress_orderby = 'window_end DESC');
SELECT add_compression_policy('crypto_panes', INTERVAL '1 day');
SELECT add_compression_policy('crypto_windows', INTERVAL '1 day');
