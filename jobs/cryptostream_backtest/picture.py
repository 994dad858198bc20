"""A chart of panes and the alerts that they raise, for the renderers of `cryptostream plot`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from cryptostream_backtest.replaying import ToldAlert
from cryptostream_job.model import Alert, Geometry, Pane
from cryptostream_job.times import to_datetime
from cryptostream_plot.chart import AlertMark, Candle, Chart, SymbolChart, merge_candles, running_vwap
from cryptostream_plot.intervals import choose_interval


def draw_chart(
    title: str, panes: Mapping[str, Sequence[Pane]], alerts: Mapping[str, Sequence[ToldAlert]], geometry: Geometry
) -> Chart:
    """The chart of all symbols over all of their panes."""
    length = timedelta(microseconds=geometry.pane)
    start = min(to_datetime(each[0].start) for each in panes.values())
    end = max(to_datetime(each[-1].start) for each in panes.values()) + length
    interval = choose_interval(start, end, length)
    charts = []
    for symbol, each in panes.items():
        candles = merge_candles(_candles(each), interval)
        charts.append(
            SymbolChart(
                symbol=symbol,
                exchange=each[0].exchange,
                candles=candles,
                vwap=running_vwap(candles, interval),
                alerts=tuple(mark_of(told.alert) for told in alerts.get(symbol, ())),
            )
        )
    charts.sort(key=lambda chart: (-chart.quote_volume, chart.symbol))
    return Chart(title, interval.floor(start), interval.ceil(end), interval, tuple(charts))


def mark_of(alert: Alert) -> AlertMark:
    """An alert as it is drawn."""
    return AlertMark(
        id=alert.id,
        symbol=alert.symbol,
        detector=alert.detector,
        state=alert.state,
        severity=alert.severity,
        score=alert.score,
        threshold=alert.threshold,
        window_start=to_datetime(alert.window_start),
        window_end=to_datetime(alert.window_end),
        last_window_end=to_datetime(alert.last_window_end),
        ended=_moment(alert.ended),
        price=alert.price,
        direction=alert.details.get("direction"),
        backfilled=alert.backfilled,
    )


def _candles(panes: Iterable[Pane]) -> Iterable[Candle]:
    for pane in panes:
        if None in (pane.open, pane.high, pane.low, pane.close, pane.first_id, pane.last_id):
            continue
        yield Candle(
            start=to_datetime(pane.start),
            trades=pane.trades,
            first_id=pane.first_id or 0,
            last_id=pane.last_id or 0,
            open=pane.open,  # type: ignore[arg-type]
            high=pane.high,  # type: ignore[arg-type]
            low=pane.low,  # type: ignore[arg-type]
            close=pane.close,  # type: ignore[arg-type]
            volume=pane.volume,
            quote_volume=pane.quote_volume,
            taker_buy_quote_volume=pane.taker_buy_quote_volume,
            backfilled_trades=pane.backfilled_trades,
        )


def _moment(time: int | None) -> datetime | None:
    return None if time is None else to_datetime(time)
