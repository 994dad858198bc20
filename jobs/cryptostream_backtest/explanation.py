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


def explain(alert: Alert) -> list[str]:
    """Lines that say what was seen, what is usual, how the score follows from both, and what came of it.

    All numbers are those that the alert carries: its measure in the window with the peak score, and the baseline that
    the window was judged by.
    """
    details = alert.details
    lines = [
        f"{alert.detector} {alert.symbol} on {alert.exchange}: {alert.severity}, {alert.state}",
        f"  id        {alert.id}",
        f"  opened    by the window {_moment(alert.window_start)} to {_moment(alert.window_end)} UTC",
        f"  lasted    {_life(alert)}",
    ]
    if {"value", "median", "scale"} <= details.keys():
        lines += [
            f"  seen      {_seen(alert)}",
            f"  usual     {_usual(alert)}",
            f"  score     {_score(alert)}",
        ]
    if "evidence" in details:
        told = ", ".join(f"{name} {distance:.2f}" for name, distance in details["evidence"].items())
        lines += [
            f"  evidence  {told}: each in standard deviations from what is usual",
            f"  score     {_times(alert)}",
        ]
    lines.append(f"  severity  {_severity(alert)}")
    if "trades" in details:
        lines.append(f"  trades    {details['trades']} in the peak window, {details.get('missingIds', 0)} ids missing")
    if alert.backfilled:
        lines.append("  history   most trades of its opening window came over REST, so it was found afterwards")
    if alert.state == "withdrawn":
        lines.append("  withdrawn the window looked so while it was open; when it closed it did not")
    return lines


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
