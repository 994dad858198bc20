"""Numbers of the status, rounded so that they are written seldom."""

from datetime import timedelta

_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200, 86400)


def rounded_rate(rate: float | None) -> float | None:
    """Two significant digits: 1234.5 is 1200, 0.333 is 0.33."""
    return None if rate is None else float(f"{max(rate, 0.0):.2g}")


def rounded_age(age: timedelta | None) -> str | None:
    """The next longer of a few ages: 1s, 2s, 5s, 10s ... 1h, 1d, and whole days beyond."""
    if age is None:
        return None
    seconds = age.total_seconds()
    for step in _STEPS:
        if seconds <= step:
            return _text(step)
    return f"{round(seconds / 86400)}d"


def _text(seconds: int) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
