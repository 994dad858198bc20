"""The alert rules: what is watched, from when on it is trouble, and what to look at then."""

from dataclasses import dataclass
from typing import Literal

from cryptostream_grafana.links import ALERTS, FEED_HEALTH
from cryptostream_grafana.queries import alarms
from cryptostream_grafana.queries.query import Query

_MINUTE = 60
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires for each row of the query whose value is above ``above`` for as long as ``lasting`` says.

    Texts are templates of Grafana, which knows the row's texts as ``.Labels`` and its number as ``.Values.A.Value``.
    """

    uid: str
    """Stays the same for ever: silences hang on it."""
    title: str
    watches: str
    """What the number counts, and of what."""
    query: Query
    range: int
    """Seconds of the past that the query looks at."""
    above: float
    lasting: str
    severity: Literal["info", "warning", "critical"]
    summary: str
    description: str
    board: str
    tile: str
    """The panel that shows more, by dashboard and key."""


_WHAT = "{{ .Labels.stream }} {{ .Labels.symbol }}"
_FOR = "{{ humanizeDuration .Values.A.Value }}"
_STREAM = "{{ .Labels.stream }}"

RULES = (
    Rule(
        uid="cryptostream-job-not-committing",
        title="Job does not commit",
        watches="seconds since a stream's last commit",
        query=alarms.since_last_commit(),
        range=_DAY,
        above=60,
        lasting="1m",
        severity="critical",
        summary=f"{_STREAM}: no batch was committed for {_FOR}",
        description="Prices, windows and alerts stand still. See the job's log and readiness: it says what it waits "
        "for. After a day of silence the rule takes the stream for given up.",
        board=FEED_HEALTH,
        tile="now",
    ),
    Rule(
        uid="cryptostream-feed-stale",
        title="Feed is stale",
        watches="seconds that a symbol's clock is behind",
        query=alarms.behind(),
        range=_DAY,
        above=120,
        lasting="2m",
        severity="critical",
        summary=f"{_WHAT}: nothing was heard for {_FOR}",
        description="Neither trades nor what proves that there were none. If all symbols of a shard are silent, its "
        "producer or the exchange is away; if all of the stream are, see whether the job commits.",
        board=FEED_HEALTH,
        tile="symbols",
    ),
    Rule(
        uid="cryptostream-gaps",
        title="Trades are missing",
        watches="missing trades of a symbol in 15 minutes",
        query=alarms.missing_trades(),
        range=15 * _MINUTE,
        above=0,
        lasting="0s",
        severity="warning",
        summary=f"{_WHAT}: {{{{ humanize .Values.A.Value }}}} trades cannot be had",
        description="The exchange does not deliver them any more, or they lie further back than maxHeal. Windows that "
        "hold them count them in missing_ids.",
        board=FEED_HEALTH,
        tile="missing",
    ),
    Rule(
        uid="cryptostream-slow",
        title="Trades arrive slowly",
        watches="seconds of a stream's p95 latency in 10 minutes",
        query=alarms.latency(),
        range=10 * _MINUTE,
        above=10,
        lasting="5m",
        severity="warning",
        summary=f"{_STREAM}: 5 of 100 trades take longer than {_FOR} into the database",
        description="The job is behind or batches take long: compare latency with batch time and Kafka lag. Clocks "
        "of exchange and database that disagree look the same.",
        board=FEED_HEALTH,
        tile="latency",
    ),
    Rule(
        uid="cryptostream-alert-storm",
        title="Alert storm",
        watches="alerts of a stream in 10 minutes",
        query=alarms.storms(),
        range=10 * _MINUTE,
        above=30,
        lasting="0s",
        severity="warning",
        summary=f"{_STREAM}: {{{{ humanize .Values.A.Value }}}} alerts within ten minutes",
        description="The whole market moves, or the feed is disturbed: see whether all symbols fire, and Feed health.",
        board=ALERTS,
        tile="timeline",
    ),
    Rule(
        uid="cryptostream-critical-anomaly",
        title="Critical anomaly",
        watches="score of a critical, confirmed alert of the last 10 minutes",
        query=alarms.critical_alerts(),
        range=10 * _MINUTE,
        above=0,
        lasting="0s",
        severity="critical",
        summary=f"{_WHAT}: {{{{ .Labels.detector }}}} with score {{{{ humanize .Values.A.Value }}}}",
        description="A closed window scores at least three times the detector's threshold.",
        board=ALERTS,
        tile="list",
    ),
)
