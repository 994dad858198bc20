"""Why an alert fired, in numbers and in words."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptostream_job.detectors.episode import CRITICAL_RATIO, WARNING_RATIO
from cryptostream_job.model import Alert
from cryptostream_job.times import to_datetime

_MEASURES: dict[str, str] = {
    "price_spike": "log return of the window, ln(close / open)",
    "volume_surge": "log of the window's quote volume",
    "volatility_burst": "log of the window's realized volatility",
}

_STATISTICS: dict[str, str] = {
    "trades": "number of trades",
    "size": "mean size of a trade",
    "side": "one-sidedness, |buys - sells| / all x sqrt(trades),",
    "range": "mean range of the price within a pane",
    "move": "move of the price",
}


def explain(alert: Alert) -> list[str]:
    """Lines that say what was seen, what is usual, how the score follows from both, and what came of it.

    All numbers are those that the alert carries: what was measured in the window or pane with the peak score, and what
    it was judged by.
    """
    details = alert.details
    folded = _folded(details)
    lines = [
        f"{alert.detector} {alert.symbol} on {alert.exchange}: {alert.severity}, {alert.state}",
        f"  id        {alert.id}",
        f"  opened    by the {folded} {_moment(alert.window_start)} to {_moment(alert.window_end)} UTC",
        f"  lasted    {_life(alert)}",
    ]
    if {"value", "median", "scale"} <= details.keys():
        lines += [
            f"  seen      {_seen(alert)}",
            f"  usual     {_usual(alert)}",
            f"  score     {_score(alert)}",
        ]
    if "evidence" in details:
        lines += [
            *(f"  {'evidence' if not number else '':9} {_part(*each)}" for number, each in enumerate(_parts(details))),
            f"  score     {_joined(alert)}",
        ]
    lines.append(f"  severity  {_severity(alert)}")
    if "trades" in details:
        lines.append(
            f"  trades    {details['trades']} in the peak {folded}, {details.get('missingIds', 0)} ids missing"
        )
    if alert.backfilled:
        lines.append(f"  history   most trades of its opening {folded} came over REST, so it was found afterwards")
    if alert.state == "withdrawn":
        lines.append(f"  withdrawn the {folded} looked so while it was open; when it closed it did not")
    return lines


def _folded(details: dict[str, Any]) -> str:
    return "pane" if "evidence" in details else "window"


def _life(alert: Alert) -> str:
    last = f"until {_moment(alert.last_window_end)}"
    if alert.ended is None:
        return f"{last}, not ended"
    return f"{last}; quiet enough at {_moment(alert.ended)} to have ended"


def _seen(alert: Alert) -> str:
    details = alert.details
    at = "" if "peakWindowEnd" not in details else f", in the window that ends at {_moment(details['peakWindowEnd'])}"
    words = _WORDS.get(alert.detector, _plain)(details)
    return f"{words} (x = {details['value']:.6g}, the {_MEASURES.get(alert.detector, 'measure')}){at}"


def _usual(alert: Alert) -> str:
    details = alert.details
    count = f" of the last {details['baselineWindows']} windows" if "baselineWindows" in details else ""
    return f"median {details['median']:.6g}, scale {details['scale']:.6g}{count} that lie wholly before"


def _score(alert: Alert) -> str:
    details = alert.details
    two_sided = "direction" in details
    formula = f"({details['value']:.6g} - {details['median']:.6g}) / {details['scale']:.6g}"
    formula = f"|{formula}|" if two_sided else formula
    return f"{formula} = {_times(alert)}"


def _parts(details: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    """Each statistic with its numbers, the weightiest first."""
    return sorted(details["evidence"].items(), key=lambda each: (-each[1]["counted"], each[0]))


def _part(name: str, part: dict[str, float]) -> str:
    kind = name.rstrip("0123456789")
    panes = name.removeprefix(kind)
    span = f"{panes} panes" if panes != "1" else "a pane"
    formula = f"({part['seen']:.6g} - {part['usual']:.6g}) / {part['scale']:.6g} = {part['distance']:.4g}"
    capped = "" if part["counted"] == part["distance"] else f", counts as {part['counted']:.4g}"
    return f"{_STATISTICS.get(kind, kind)} over {span}: {_told(kind, part)}, {formula}{capped}"


def _told(kind: str, part: dict[str, float]) -> str:
    seen, usual = part["seen"], part["usual"]
    match kind:
        case "trades":
            return f"{math.exp(seen) - 0.5:,.0f} against {max(math.exp(usual) - 0.5, 0.0):,.1f} usually"
        case "size":
            return f"{math.exp(seen):,.4g} in quote currency against {math.exp(usual):,.4g} usually"
        case "range":
            return f"{math.exp(seen):.4%} against {math.exp(usual):.4%} usually"
        case "move":
            return f"{math.expm1(seen):.4%} at a local volatility of {part['scale']:.4%}"
        case _:
            return f"{seen:.4g} against {usual:.4g} usually"


def _joined(alert: Alert) -> str:
    squares = " + ".join(f"{part['counted']:.4g}^2" for _, part in _parts(alert.details))
    return f"sqrt({squares}) = {_times(alert)}"


def _times(alert: Alert) -> str:
    return f"{alert.score:.4g}, {alert.score / alert.threshold:.2f} times the threshold {alert.threshold:g}"


def _severity(alert: Alert) -> str:
    warning, critical = WARNING_RATIO * alert.threshold, CRITICAL_RATIO * alert.threshold
    return f"{alert.severity}: info from {alert.threshold:g}, warning from {warning:g}, critical from {critical:g}"


def _price(details: dict[str, Any]) -> str:
    change = math.expm1(details["value"])
    return f"the price {'rose' if change >= 0 else 'fell'} by {abs(change):.3%}"


def _volume(details: dict[str, Any]) -> str:
    return f"{_ratio(details)} times the usual volume: {math.exp(details['value']):,.0f} in quote currency"


def _volatility(details: dict[str, Any]) -> str:
    return f"{_ratio(details)} times the usual volatility: {math.exp(details['value']):.3%} over the window"


def _plain(details: dict[str, Any]) -> str:
    return f"{_ratio(details)} times the usual" if "ratio" in details else "an unusual value"


def _ratio(details: dict[str, Any]) -> str:
    return f"{details.get('ratio', math.exp(details['value'] - details['median'])):.3g}"


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "price_spike": _price,
    "volume_surge": _volume,
    "volatility_burst": _volatility,
}


def _moment(time: int) -> str:
    moment: datetime = to_datetime(time)
    return f"{moment:%Y-%m-%d %H:%M:%S}"
