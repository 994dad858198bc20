-- Plain PostgreSQL keeps the core tables as they are: their primary keys lead with (stream, symbol) and end with the
-- time, which serves writing, composing and retention alike.
COMMENT ON TABLE crypto_panes IS 'One row per symbol and pane';
COMMENT ON TABLE crypto_windows IS 'Closed windows, one row each, written once';
