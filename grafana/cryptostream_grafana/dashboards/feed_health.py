"""Feed health: whether the numbers can be trusted."""

from cryptostream_grafana.board import Board, Row, Tile
from cryptostream_grafana.dashboards.feed_parts import parts
from cryptostream_grafana.links import FEED_HEALTH
from cryptostream_grafana.palette import CRITICAL, DOWN, GOOD, MUTED, UP, VWAP, WARNING
from cryptostream_grafana.panels.bars import gauges, stacked_bars
from cryptostream_grafana.panels.feed_tables import gap_table, symbol_table
from cryptostream_grafana.panels.lines import lines
from cryptostream_grafana.panels.looks import fixed_property
from cryptostream_grafana.panels.states import judgements
from cryptostream_grafana.panels.stats import Figure, figures
from cryptostream_grafana.panels.tickers import AGE_STEPS
from cryptostream_grafana.queries import feed, ledger
from cryptostream_grafana.units import COUNT, SECONDS, TRADES_PER_SECOND
from cryptostream_grafana.variables import common_variables

_NO_BATCHES = "No batch was committed in this range"
_LATENCY_STEPS = ((None, GOOD), (2, WARNING), (10, CRITICAL))
_CONDITIONS = Tile(
    key="conditions",
    title="Conditions",
    answers=(
        "Is the stream well now? What the database knows of the job, the symbols, gaps and alerts; gaps are those of "
        "the range. A job that has been started within ten minutes is doubtful: it may be restarting again and again."
    ),
    panel=judgements(),
    queries={"A": feed.conditions()},
    width=14,
    height=8,
    no_data="The database does not know this stream",
)
_NOW = Tile(
    key="now",
    title="Job",
    answers=(
        "Does the job keep up? Trades a second over the range, seconds that a micro-batch takes on average, and the "
        "time since the last commit; a range that ends in the past has none."
    ),
    panel=figures(
        [
            Figure("rate", "trades/s", TRADES_PER_SECOND, 1),
            Figure("batch", "a batch", SECONDS, 2, _LATENCY_STEPS),
            Figure("age", "since the last commit", SECONDS, 0, ((None, GOOD), (10, WARNING), (60, CRITICAL))),
        ]
    ),
    queries={"A": ledger.figures()},
    width=12,
    height=4,
    no_data="-",
)
_LATENCY_NOW = Tile(
    key="latency-of-range",
    title="From trade to database",
    answers=(
        "How fresh is what the database holds? Half of the live trades, 95 and 99 of 100, were committed within this "
        "time after they happened at the exchange, over the whole range."
    ),
    panel=figures([Figure(share, share, SECONDS, 2, _LATENCY_STEPS) for share in ("p50", "p95", "p99")]),
    queries={"A": ledger.latency_of_range()},
    width=12,
    height=4,
    no_data="-",
)
_WHOLE = Tile(
    key="whole",
    title="In this range",
    answers=(
        "Is the feed whole? Trades that came too late for their window, gaps that could not be healed, and the trades "
        "that are missing in them."
    ),
    panel=figures(
        [
            Figure("late", "late trades", steps=((None, GOOD), (1, WARNING))),
            Figure("gaps", "gaps", steps=((None, GOOD), (1, WARNING))),
            Figure("missing", "missing trades", steps=((None, GOOD), (1, CRITICAL))),
        ]
    ),
    queries={"A": feed.figures()},
    width=10,
    height=8,
    no_data="-",
)
_LATENCY = Tile(
    key="latency",
    title="Latency from trade to database",
    answers=(
        "Does freshness hold? Seconds between a live trade at the exchange and the commit of the batch that brought "
        "it: half of the trades, 95 and 99 of 100 took less. From the ledger of batches; what came over REST is left "
        "out. Clocks of exchange and database that disagree show here."
    ),
    panel=lines(SECONDS, decimals=2)
    .override_by_name("p50", [fixed_property(UP)])
    .override_by_name("p95", [fixed_property(WARNING)])
    .override_by_name("p99", [fixed_property(CRITICAL)]),
    queries={"A": ledger.latency()},
    height=9,
    no_data=_NO_BATCHES,
    points=360,
)
_BATCHES = Tile(
    key="batches",
    title="Batch time",
    answers=(
        "Where does latency come from? How long a micro-batch takes from reading the topic to its commit, on average "
        "and at worst."
    ),
    panel=lines(SECONDS, decimals=2)
    .override_by_name("average", [fixed_property(UP)])
    .override_by_name("slowest", [fixed_property(WARNING)]),
    queries={"A": ledger.batch_time()},
    height=9,
    no_data=_NO_BATCHES,
    points=360,
)
_THROUGHPUT = Tile(
    key="throughput",
    title="Trades committed",
    answers=(
        "How much comes in? Trades a second over the stream, and those that were fetched over REST: history at the "
        "start, and what was missed while something was away."
    ),
    panel=stacked_bars(TRADES_PER_SECOND, {"live": UP, "backfilled": VWAP}, decimals=1),
    queries={"A": ledger.throughput()},
    height=9,
    no_data=_NO_BATCHES,
    points=180,
)
_RATES = Tile(
    key="rates",
    title="Trades by symbol",
    answers="Does every symbol deliver? On-time trades a second by the exchange's time.",
    panel=lines(TRADES_PER_SECOND, decimals=1),
    queries={"A": feed.rates()},
    height=9,
    no_data="No trades in this range",
    points=240,
)
_AGES = Tile(
    key="ages",
    title="Last trade",
    answers=(
        "Which symbol has fallen silent? Seconds since each one's last trade; yellow from 10 s, red from 60 s. Seldom "
        "traded symbols are silent though all is well: the column Clock behind tells whether the feed is. A range in "
        "the past has no ages."
    ),
    panel=gauges(SECONDS, AGE_STEPS, 120),
    queries={"A": feed.ages()},
    width=8,
    height=12,
    no_data="-",
)
_SYMBOLS = Tile(
    key="symbols",
    title="Symbols",
    answers=(
        "What came of each symbol, and what did not? Missing are trades that the exchange could not deliver, late ones "
        "came after their pane had closed; both are in no window. Clock behind is how far the symbol is from now, "
        "whether or not there was a trade."
    ),
    panel=symbol_table(),
    queries={"A": feed.symbols()},
    width=16,
    height=12,
    no_data="No symbols: choose a stream that has begun by the end of this range",
    points=60,
)
_LATE = Tile(
    key="late",
    title="Late trades",
    answers="When do trades come too late for their pane? They are counted, and in no window.",
    panel=stacked_bars(COUNT, {}, decimals=0),
    queries={"A": feed.late_trades()},
    height=8,
    no_data="No late trades in this range",
    points=180,
)
_MISSING = Tile(
    key="missing",
    title="Trades not to be had",
    answers=(
        "When did the feed lose trades for good? Ids that the exchange does not deliver any more (unavailable), that "
        "lie further back than maxHeal (heal limit), or that it serves malformed (invalid)."
    ),
    panel=stacked_bars(COUNT, {"unavailable": DOWN, "heal limit": WARNING, "invalid": MUTED}, decimals=0),
    queries={"A": feed.missing_trades()},
    height=8,
    no_data="No gap was left in this range",
    points=180,
)
_GAPS = Tile(
    key="gaps",
    title="Gaps",
    answers="Which trades are missing? The newest 100 gaps that could not be healed, with the ids on both ends.",
    panel=gap_table(),
    queries={"A": feed.gaps()},
    width=24,
    height=8,
    no_data="No gap was left in this range",
)


def board() -> Board:
    return Board(
        uid=FEED_HEALTH,
        title="Feed health",
        description="Whether the feed is alive and whole, and how fresh the database is",
        rows=(
            Row("Now", (_NOW, _LATENCY_NOW, _CONDITIONS, _WHOLE)),
            Row("Freshness", (_LATENCY, _BATCHES, _THROUGHPUT, _RATES)),
            Row("Symbols", (_AGES, _SYMBOLS)),
            Row("Completeness", (_LATE, _MISSING, _GAPS)),
            Row("From Prometheus, where one is configured", parts(), collapsed=True),
        ),
        variables=tuple(common_variables(prometheus=True)),
        start="now-1h",
        refresh="10s",
    )
