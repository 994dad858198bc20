-- Tables that the job writes. Every key begins with (stream, symbol); stream = namespace/name.
-- docs/data-contracts.md defines the columns.

CREATE TABLE crypto_writers (
    stream            text PRIMARY KEY,
    epoch             bigint NOT NULL,
    checkpoint_generation bigint NOT NULL DEFAULT 0,
    pane              interval,
    slide             interval,
    "window"          interval,
    allowed_lateness  interval,
    started_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE crypto_symbols (
    stream          text NOT NULL,
    symbol          text NOT NULL,
    exchange        text NOT NULL,
    partition       integer NOT NULL,
    origin          timestamptz NOT NULL,
    clock           timestamptz NOT NULL,
    last_id         bigint,
    panes_closed_through   timestamptz NOT NULL,
    windows_closed_through timestamptz NOT NULL,
    PRIMARY KEY (stream, symbol)
);

CREATE TABLE crypto_panes (
    stream          text NOT NULL,
    symbol          text NOT NULL,
    pane_start      timestamptz NOT NULL,
    exchange        text NOT NULL,
    pane_end        timestamptz NOT NULL,
    trades          bigint NOT NULL,
    first_id        bigint,
    last_id         bigint,
    open            numeric,
    high            numeric,
    low             numeric,
    close           numeric,
    mean_price      double precision,
    m2_price        double precision,
    volume          double precision NOT NULL,
    quote_volume    double precision NOT NULL,
    taker_buy_volume       double precision NOT NULL,
    taker_buy_quote_volume double precision NOT NULL,
    rush_orders     bigint NOT NULL,
    rush_volume     double precision NOT NULL,
    rush_buy_orders bigint NOT NULL,
    late_trades     bigint NOT NULL,
    missing_ids     bigint NOT NULL,
    backfilled_trades bigint NOT NULL,
    first_clock     timestamptz NOT NULL,
    clock           timestamptz NOT NULL,
    partition       integer NOT NULL,
    closed          boolean NOT NULL,
    PRIMARY KEY (stream, symbol, pane_start)
);

CREATE TABLE crypto_windows (
    stream          text NOT NULL,
    symbol          text NOT NULL,
    window_end      timestamptz NOT NULL,
    exchange        text NOT NULL,
    window_start    timestamptz NOT NULL,
    trades          bigint NOT NULL,
    first_id        bigint,
    last_id         bigint,
    open            numeric,
    high            numeric,
    low             numeric,
    close           numeric,
    mean_price      double precision,
    stddev_price    double precision,
    vwap            double precision,
    realized_volatility double precision,
    volume          double precision NOT NULL,
    quote_volume    double precision NOT NULL,
    taker_buy_volume       double precision NOT NULL,
    taker_buy_quote_volume double precision NOT NULL,
    rush_orders     bigint NOT NULL,
    rush_volume     double precision NOT NULL,
    rush_buy_orders bigint NOT NULL,
    late_trades     bigint NOT NULL,
    missing_ids     bigint NOT NULL,
    backfilled_trades bigint NOT NULL,
    PRIMARY KEY (stream, symbol, window_end)
);
CREATE INDEX crypto_windows_latest ON crypto_windows (stream, symbol, window_end DESC);

CREATE TABLE crypto_alerts (
    stream          text NOT NULL,
    symbol          text NOT NULL,
    window_end      timestamptz NOT NULL,
    id              text NOT NULL,
    exchange        text NOT NULL,
    detector        text NOT NULL,
    version         integer NOT NULL,
    state           text NOT NULL CHECK (state IN ('open', 'confirmed', 'withdrawn')),
    revision        integer NOT NULL,
    severity        text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    score           double precision NOT NULL,
    threshold       double precision NOT NULL,
    window_start    timestamptz NOT NULL,
    last_window_end timestamptz NOT NULL,
    ended           timestamptz,
    price           numeric,
    backfilled      boolean NOT NULL,
    details         jsonb NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream, symbol, window_end, id)
);

-- Alert revisions committed here and not yet acknowledged by Kafka.
CREATE TABLE crypto_alert_outbox (
    stream    text NOT NULL,
    id        text NOT NULL,
    revision  integer NOT NULL,
    payload   jsonb NOT NULL,
    PRIMARY KEY (stream, id, revision)
);

CREATE TABLE crypto_detector_state (
    stream    text NOT NULL,
    symbol    text NOT NULL,
    detector  text NOT NULL,
    version   integer NOT NULL,
    through   timestamptz NOT NULL,
    state     jsonb NOT NULL,
    PRIMARY KEY (stream, symbol, detector)
);

CREATE TABLE feed_gaps (
    stream    text NOT NULL,
    symbol    text NOT NULL,
    from_id   bigint NOT NULL,
    exchange  text NOT NULL,
    to_id     bigint NOT NULL,
    reason    text NOT NULL,
    clock     timestamptz NOT NULL,
    PRIMARY KEY (stream, symbol, from_id)
);

-- One row a micro-batch: what it covered and when it was committed.
CREATE TABLE crypto_batches (
    stream        text NOT NULL,
    checkpoint    text NOT NULL,
    batch_id      bigint NOT NULL,
    epoch         bigint NOT NULL,
    committed_at  timestamptz NOT NULL,
    changed_panes integer NOT NULL,
    closed_windows integer NOT NULL,
    alerts        integer NOT NULL,
    positions     jsonb NOT NULL,
    PRIMARY KEY (stream, checkpoint, batch_id)
);
CREATE INDEX crypto_batches_by_time ON crypto_batches (stream, committed_at DESC);
