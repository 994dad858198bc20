"""Alerts: what fired and whether it was right."""

from grafana_foundation_sdk.models.common import VisibilityMode

from cryptostream_grafana.board import Board, Row, Tile
from cryptostream_grafana.links import ALERTS, market_url
from cryptostream_grafana.palette import CRITICAL, GOOD, SEVERITIES, STATES, WARNING
from cryptostream_grafana.panels.bars import stacked_bars, stacked_classes
from cryptostream_grafana.panels.feed_tables import full_alert_list
from cryptostream_grafana.panels.lines import lines
from cryptostream_grafana.panels.states import alert_timeline
from cryptostream_grafana.panels.stats import Figure, figures
from cryptostream_grafana.queries import alerts
from cryptostream_grafana.units import COUNT, SHARE
from cryptostream_grafana.variables import common_variables

_NO_ALERTS = "No alerts in this range"
_TO_MARKET = market_url(
    symbol="${__data.fields.symbol:percentencode}",
    keep_symbols=True,
    start="${__data.fields.from_ms}",
    end="${__data.fields.to_ms}",
)
_OPEN_COUNT = Tile(
    key="open-count",
    title="Going on",
    answers="How many alerts go on at the end of the range? Withdrawn ones do not count.",
    panel=figures([Figure("open", "alerts", steps=((None, GOOD), (1, WARNING), (10, CRITICAL)))]),
    queries={"A": alerts.open_count()},
    width=6,
    height=4,
    no_data="0",
)
_FIGURES = Tile(
    key="figures",
    title="In this range",
    answers=(
        "How much fired? Alerts that were not withdrawn, the critical ones among them, the symbols that had any, and "
        "the share that the closed window did not bear out."
    ),
    panel=figures(
        [
            Figure("alerts", "alerts"),
            Figure("critical", "critical", steps=((None, GOOD), (1, CRITICAL))),
            Figure("symbols", "symbols"),
            Figure("withdrawn", "withdrawn", SHARE, 1, ((None, GOOD), (0.2, WARNING), (0.5, CRITICAL))),
        ]
    ),
    queries={"A": alerts.figures()},
    width=18,
    height=4,
    no_data="-",
)
_OPEN_ALERTS = Tile(
    key="open-alerts",
    title="Open alerts",
    answers=(
        "What goes on at the end of the range? The strongest first: score and threshold are in scales of the symbol's "
        "own baseline. Open alerts are of a window that has not closed yet and may be withdrawn. Time and symbol lead "
        "to the chart."
    ),
    panel=full_alert_list(_TO_MARKET),
    queries={"A": alerts.open_alerts()},
    width=24,
    height=7,
    no_data="No alert goes on",
)
_TIMELINE = Tile(
    key="timeline",
    title="Symbols and detectors",
    answers=(
        "When did which detector fire for which symbol? Coloured by severity from the window that fired to the "
        "episode's end, grey where the alert was withdrawn; in long ranges an episode is at least one interval wide. "
        "Symbols and detectors without an alert in the range are left out."
    ),
    panel=alert_timeline(),
    queries={"A": alerts.timeline()},
    width=24,
    height=14,
    no_data=_NO_ALERTS,
    points=240,
)
_PER_HOUR = Tile(
    key="per-hour",
    title="Alerts per hour",
    answers=(
        "Does something break loose, and what? Alerts an hour by detector, without the withdrawn ones; in long ranges "
        "the average of several hours."
    ),
    panel=stacked_bars(COUNT, {}, decimals=1),
    queries={"A": alerts.per_hour()},
    height=9,
    no_data=_NO_ALERTS,
    points=120,
)
_BY_SYMBOL = Tile(
    key="by-symbol",
    title="Alerts by symbol",
    answers="Which symbols fire most? The first 20, by severity, without withdrawn alerts.",
    panel=stacked_classes("symbol", SEVERITIES),
    queries={"A": alerts.by_symbol()},
    height=9,
    no_data=_NO_ALERTS,
)
_SCORES = Tile(
    key="scores",
    title="Scores, as multiples of the threshold",
    answers=(
        "How far beyond the threshold do alerts go, and do weak ones hold? Warning begins at 1.5, critical at 3. Many "
        "withdrawn alerts just above 1 say that the threshold could be higher."
    ),
    panel=stacked_classes("score", STATES),
    queries={"A": alerts.scores()},
    height=9,
    no_data=_NO_ALERTS,
)
_WITHDRAWN = Tile(
    key="withdrawn",
    title="Share withdrawn",
    answers=(
        "Can one trust an alert that has just opened? The share of alerts that their closed window did not bear out, "
        "by detector and hour."
    ),
    panel=lines(SHARE, decimals=0).show_points(VisibilityMode.ALWAYS).min(0).max(1),
    queries={"A": alerts.withdrawn_share()},
    height=9,
    no_data=_NO_ALERTS,
    points=120,
)
_LIST = Tile(
    key="list",
    title="Alerts of this range",
    answers=(
        "What exactly fired? The newest 500 alerts with their score, how long they lasted and whether they were found "
        "live or in history. Time and symbol lead to the chart around the alert."
    ),
    panel=full_alert_list(_TO_MARKET),
    queries={"A": alerts.alerts()},
    width=24,
    height=14,
    no_data=_NO_ALERTS,
)


def board() -> Board:
    return Board(
        uid=ALERTS,
        title="Alerts",
        description="What the detectors found, what goes on, and how much of it was taken back",
        rows=(
            Row("Now", (_OPEN_COUNT, _FIGURES, _OPEN_ALERTS)),
            Row("When and where", (_TIMELINE, _PER_HOUR, _BY_SYMBOL)),
            Row("How reliable", (_SCORES, _WITHDRAWN)),
            Row("All", (_LIST,)),
        ),
        variables=tuple(common_variables()),
        start="now-24h",
        refresh="30s",
    )
