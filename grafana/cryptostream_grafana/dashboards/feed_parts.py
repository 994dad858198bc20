"""The row of Feed health that reads Prometheus: what the parts tell of themselves and the database does not know."""

from cryptostream_grafana.board import PrometheusQuery, Tile
from cryptostream_grafana.palette import CRITICAL, GOOD, NEUTRAL, UP, VWAP, WARNING
from cryptostream_grafana.panels.lines import lines
from cryptostream_grafana.panels.looks import fixed_property
from cryptostream_grafana.panels.states import conditions_timeline
from cryptostream_grafana.queries.parts import highest, increase, metric, quantile, rate, total
from cryptostream_grafana.units import COUNT, SECONDS, TRADES_PER_SECOND

_PRODUCER = "cryptostream_producer"
_JOB = "cryptostream_job"
_NO_METRICS = "No metrics of this stream in Prometheus"


def parts() -> tuple[Tile, ...]:
    return (_LAG, _RECONNECTS, _GAPS, _DROPPED, _QUEUES, _TRANSACTIONS, _CONDITIONS, _TROUBLES)


_LAG = Tile(
    key="kafka-lag",
    title="Kafka lag",
    answers="Does the job keep up with the topic? Records that are in the topic and not processed yet.",
    panel=lines(COUNT, decimals=0),
    prometheus={"A": PrometheusQuery(total(f"{_JOB}_lag_records"), "records")},
    no_data=_NO_METRICS,
)
_RECONNECTS = Tile(
    key="reconnects",
    title="Connections to the exchange",
    answers=(
        "Is the connection steady? WebSocket connections that were opened, by the reason, and those that were refused "
        "or lost. One rotation a day is as it should be."
    ),
    panel=lines(COUNT, decimals=0).override_by_name("refused or lost", [fixed_property(CRITICAL)]),
    prometheus={
        "A": PrometheusQuery(increase(f"{_PRODUCER}_connections_total", "reason"), "opened: {{reason}}"),
        "B": PrometheusQuery(increase(f"{_PRODUCER}_connection_failures_total"), "refused or lost"),
    },
    no_data=_NO_METRICS,
)
_GAPS = Tile(
    key="gaps-by-producer",
    title="Gaps opened, healed, unfillable",
    answers=(
        "Are lost trades fetched again? Jumps of ids that were seen, those that were filled without loss, and the gap "
        "records of what could not be had; and how many symbols wait for missing ids now."
    ),
    panel=lines(COUNT, decimals=0)
    .override_by_name("opened", [fixed_property(WARNING)])
    .override_by_name("healed", [fixed_property(GOOD)])
    .override_by_name("unfillable", [fixed_property(CRITICAL)])
    .override_by_name("open now", [fixed_property(VWAP)]),
    prometheus={
        "A": PrometheusQuery(increase(f"{_PRODUCER}_gaps_opened_total"), "opened"),
        "B": PrometheusQuery(increase(f"{_PRODUCER}_gaps_healed_total"), "healed"),
        "C": PrometheusQuery(increase(f"{_PRODUCER}_gaps_unfillable_total"), "unfillable"),
        "D": PrometheusQuery(total(f"{_PRODUCER}_gaps_open"), "open now"),
    },
    no_data=_NO_METRICS,
)
_DROPPED = Tile(
    key="dropped",
    title="Duplicates and odd records",
    answers=(
        "What does the exchange send that is not a new trade? Live trades whose id was known already, those that no "
        "other id confirmed, and frames that could not be read (they are in the dead letters). Duplicates come with "
        "every overlap of two connections."
    ),
    panel=lines(TRADES_PER_SECOND, decimals=2),
    prometheus={
        "A": PrometheusQuery(rate(f"{_PRODUCER}_duplicates_total"), "duplicates"),
        "B": PrometheusQuery(rate(f"{_PRODUCER}_implausible_trades_total"), "implausible"),
        "C": PrometheusQuery(rate(f"{_PRODUCER}_dead_letters_total"), "dead letters"),
        "D": PrometheusQuery(rate(f"{_JOB}_unreadable_records_total"), "unreadable in the job"),
    },
    no_data=_NO_METRICS,
)
_QUEUES = Tile(
    key="queues",
    title="Held and queued",
    answers=(
        "Does something pile up in the producers? Items that wait to be written to Kafka, and live trades that are "
        "held behind a gap until it is healed."
    ),
    panel=lines(COUNT, decimals=0),
    prometheus={
        "A": PrometheusQuery(total(f"{_PRODUCER}_queue_depth"), "queued"),
        "B": PrometheusQuery(total(f"{_PRODUCER}_held_trades"), "held behind a gap"),
    },
    no_data=_NO_METRICS,
)
_TRANSACTIONS = Tile(
    key="transactions",
    title="Kafka transactions",
    answers="Is Kafka quick? Seconds from the begin of a producer's transaction to its commit.",
    panel=lines(SECONDS, decimals=3)
    .override_by_name("p50", [fixed_property(UP)])
    .override_by_name("p99", [fixed_property(CRITICAL)]),
    prometheus={
        "A": PrometheusQuery(quantile(0.5, f"{_PRODUCER}_transaction_seconds"), "p50"),
        "B": PrometheusQuery(quantile(0.99, f"{_PRODUCER}_transaction_seconds"), "p99"),
    },
    no_data=_NO_METRICS,
)
_CONDITIONS = Tile(
    key="resource-conditions",
    title="Conditions of the CryptoStream",
    answers=(
        "What does the operator say of the stream? Conditions of the resource that hold, as kube-state-metrics reports "
        "them with the configuration that the chart brings."
    ),
    panel=conditions_timeline({"true": UP, "not true": NEUTRAL}),
    prometheus={
        "A": PrometheusQuery(
            'max by (type) (cryptostream_resource_condition{namespace="$namespace",name="$name",status="True"})',
            "{{type}}",
        )
    },
    no_data="No conditions: kube-state-metrics does not report CryptoStreams",
)
_TROUBLES = Tile(
    key="troubles",
    title="Troubles of producers and job",
    answers=(
        "What do the parts complain of? The job waits for a part that is away or has met a condition, a producer has "
        "been replaced by another (fenced) or has no connection that delivers every symbol."
    ),
    panel=conditions_timeline({"yes": CRITICAL, "no": NEUTRAL}),
    prometheus={
        "A": PrometheusQuery(highest(f"{_JOB}_waiting", "part"), "job waits for {{part}}"),
        "B": PrometheusQuery(highest(f"{_JOB}_condition", "condition"), "job: {{condition}}"),
        "C": PrometheusQuery(highest(f"{_PRODUCER}_fenced", "pod"), "fenced: {{pod}}"),
        "D": PrometheusQuery(f"1 - min ({metric(f'{_PRODUCER}_subscribed')})", "not subscribed"),
    },
    no_data=_NO_METRICS,
)
