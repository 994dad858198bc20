"""The view without a terminal: lines of text, one now and then and one for everything that happens."""

from datetime import UTC, datetime

from cryptostream_view.alert_panel import detector_words
from cryptostream_view.figures import count_text, duration_text, latency_text, percent_text, price_text
from cryptostream_view.glyphs import ASCII, Glyphs
from cryptostream_view.health_lines import source_sentence
from cryptostream_view.snapshot import AlertSnapshot, Snapshot, SourceSnapshot

_SECOND = 1_000_000
_STATUS_EVERY = 10 * _SECOND
_FIRST_WITHIN = 5 * _SECOND
_SYMBOLS = 4


class PlainReport:
    """Give it every snapshot in turn; it gives the lines that are new, each with the time in UTC."""

    def __init__(self, glyphs: Glyphs = ASCII) -> None:
        self._glyphs = glyphs
        self._began: int | None = None
        self._status_at: int | None = None
        self._alerts: dict[str, tuple[str, bool]] | None = None
        self._gaps: int | None = None
        self._up: dict[str, bool | None] = {}
        self._noticed = 0

    def lines(self, snapshot: Snapshot) -> list[str]:
        """What has changed since the snapshot before, and a status line every ten seconds."""
        news = [
            *self._source_news(snapshot.kafka),
            *self._source_news(snapshot.database),
            *self._notices(snapshot),
            *self._alert_news(snapshot),
            *self._gap_news(snapshot),
        ]
        if self._status_is_due(snapshot):
            self._status_at = snapshot.moment
            news.append(status_text(snapshot))
        time = datetime.fromtimestamp(snapshot.moment // _SECOND, UTC).strftime("%H:%M:%S")
        return [f"{time}  {line}" for line in news]

    def _status_is_due(self, snapshot: Snapshot) -> bool:
        if self._status_at is not None:
            return snapshot.moment - self._status_at >= _STATUS_EVERY
        # The first one waits a little for something to say.
        if self._began is None:
            self._began = snapshot.moment
        known = any(symbol.price is not None for symbol in snapshot.symbols)
        return known or snapshot.moment - self._began >= _FIRST_WITHIN

    def _source_news(self, source: SourceSnapshot) -> list[str]:
        before = self._up.get(source.name)
        self._up[source.name] = source.up
        if before is not None and source.up is not before:
            return [f"{source.name} is back" if source.up else source_sentence(source)]
        return []

    def _notices(self, snapshot: Snapshot) -> list[str]:
        news = [notice for notice in snapshot.notices if notice.moment > self._noticed]
        self._noticed = max((notice.moment for notice in news), default=self._noticed)
        return [notice.text for notice in news]

    def _alert_news(self, snapshot: Snapshot) -> list[str]:
        if self._alerts is None:
            if not snapshot.database.up:
                return []
            # What was there before is history.
            self._alerts = {
                alert.id: (alert.state, alert.ended) for alert in snapshot.alerts if alert.backfilled or alert.ended
            }
        news = []
        for alert in reversed(snapshot.alerts):
            state = (alert.state, alert.ended)
            if self._alerts.get(alert.id) != state:
                news.append(self._alert(alert))
                self._alerts[alert.id] = state
        return news

    def _alert(self, alert: AlertSnapshot) -> str:
        state = "ended" if alert.ended else alert.state
        history = ", in history" if alert.backfilled else ""
        words = detector_words(alert, self._glyphs)
        return (
            f"alert {state}: {alert.severity} {alert.symbol} {words}, score {alert.score:.1f} "
            f"(threshold {alert.threshold:g}), opened {duration_text(alert.age)} ago{history}"
        )

    def _gap_news(self, snapshot: Snapshot) -> list[str]:
        before, now = self._gaps, snapshot.health.gaps
        if now is None:
            return []
        self._gaps = now
        if now <= (before or 0):
            return []
        return [
            f"{count_text(now - (before or 0), 'gap')}: {count_text(snapshot.health.missing_ids, 'id')} missing in all"
        ]


def status_text(snapshot: Snapshot) -> str:
    """The stream in one line: prices of the first four symbols and how the pipeline does.

    While Kafka or the database has not been reached yet, that, since every figure would be made up.
    """
    if awaited := [source_sentence(source) for source in (snapshot.kafka, snapshot.database) if source.up is None]:
        return "; ".join(awaited)
    health = snapshot.health
    shown = [
        f"{symbol.symbol} {price_text(symbol.price, symbol.places)}"
        + (f" {percent_text(symbol.change)}" if symbol.change is not None else "")
        + (f" ({symbol.condition})" if symbol.condition in ("quiet", "stale") else "")
        for symbol in snapshot.symbols[:_SYMBOLS]
    ]
    if len(snapshot.symbols) > _SYMBOLS:
        shown.append(f"+{len(snapshot.symbols) - _SYMBOLS} more")
    recent = health.last_minute
    open_alerts = sum(alert.state == "open" for alert in snapshot.alerts)
    return ", ".join(shown) + (
        f" | {health.trades_per_second:,.0f} trades/s, latency p50 {latency_text(recent.p50)} "
        f"p99 {latency_text(recent.p99)}, lag {latency_text(health.behind_seconds)} "
        f"({count_text(health.behind_trades, 'trade')}), {count_text(health.gaps or 0, 'gap')}, "
        f"{count_text(len(snapshot.alerts), 'alert')}, {open_alerts} open"
    )
