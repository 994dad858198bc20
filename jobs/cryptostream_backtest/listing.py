"""Alerts of a backtest as lines and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence

import orjson

from cryptostream_backtest.explanation import explain
from cryptostream_backtest.replaying import ToldAlert
from cryptostream_job.alerts import alert_to_json
from cryptostream_job.model import Pane
from cryptostream_job.times import to_datetime

_MICROSECONDS_A_DAY = 86_400_000_000
_LEAST_DAYS = 1 / 24
"""Less says nothing about a day."""


def symbol_days(panes: Mapping[str, Sequence[Pane]], pane: int) -> float:
    """How many days all symbols have together, from their first pane to their last."""
    return sum(each[-1].start + pane - each[0].start for each in panes.values()) / _MICROSECONDS_A_DAY


def render_text(told: Sequence[ToldAlert], days: float, *, explained: bool) -> str:
    """One line an alert in order of telling, its explanation below it if wanted, and how many there are a day."""
    lines = []
    for each in told:
        alert = each.alert
        lines.append(
            f"{to_datetime(each.told):%Y-%m-%d %H:%M:%S}  {alert.symbol:<12} {alert.detector:<17} {alert.severity:<8} "
            f"{alert.state:<9} score {alert.score:8.2f} of {alert.threshold:g}  {alert.id[:12]}"
        )
        if explained:
            lines += explain(alert)[2:]
    return "\n".join([*lines, *_totals(told, days)])


def render_json(told: Sequence[ToldAlert], stream: str, days: float) -> str:
    """One JSON object: the alerts as the alerts topic has them, each with ``told``, and the symbol-days."""
    alerts = [{**orjson.loads(alert_to_json(each.alert, 1, stream)), "told": each.told} for each in told]
    return orjson.dumps({"stream": stream, "symbolDays": days, "alerts": alerts}, option=orjson.OPT_INDENT_2).decode()


def _totals(told: Sequence[ToldAlert], days: float) -> list[str]:
    counted = Counter(each.alert.detector for each in told)
    parts = [f"{name} {count}" for name, count in sorted(counted.items())]
    found = f"{len(told)} alerts" + (f" ({', '.join(parts)})" if parts else "")
    rate = f": {len(told) / days:.2f} a symbol-day" if days >= _LEAST_DAYS else ""
    hours = days * 24
    return [f"{found} in {days:.2f} symbol-days{rate}" if days >= 1 else f"{found} in {hours:.2f} symbol-hours{rate}"]
