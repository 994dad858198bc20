"""Variables as Grafana's browser part writes them into a query for its PostgreSQL data source."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_REFERENCE = re.compile(r"\$(\w+)|\$\{(\w+)(?::(\w+))?\}")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SQLSTRING = {"'": "''", '"': '\\"'}
_LADDER = (
    *((10, 1), (15, 10), (35, 20), (75, 50), (150, 100), (350, 200), (750, 500), (1_500, 1_000), (3_500, 2_000)),
    *((7_500, 5_000), (12_500, 10_000), (17_500, 15_000), (25_000, 20_000), (45_000, 30_000), (90_000, 60_000)),
    *((210_000, 120_000), (450_000, 300_000), (750_000, 600_000), (1_050_000, 900_000), (1_500_000, 1_200_000)),
    *((2_700_000, 1_800_000), (5_400_000, 3_600_000), (9_000_000, 7_200_000), (16_200_000, 10_800_000)),
    *((32_400_000, 21_600_000), (86_400_000, 43_200_000), (604_800_000, 86_400_000), (1_814_400_000, 604_800_000)),
    (3_628_800_000, 2_592_000_000),
)
"""Below the first number of milliseconds, the second is the interval that Grafana rounds to."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen in a dashboard: one text, or several where a variable allows that. ``All`` is every choice."""

    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def interpolate(self, text: str) -> str:
        """Write the values in. What is no variable, such as a macro, stays. Raises ValueError for an unknown format."""

        def replaced(match: re.Match[str]) -> str:
            name, form = match[1] or match[2], match[3]
            return match[0] if name not in self.values else _formatted(self.values[name], form)

        return _REFERENCE.sub(replaced, text)


def _formatted(value: str | Sequence[str], form: str | None) -> str:
    texts = [value] if isinstance(value, str) else list(value)
    if form is None:
        if isinstance(value, str):
            return value.replace("'", "''")
        return ",".join("'" + text.replace("'", "''") + "'" for text in texts)
    if form == "sqlstring":
        return ",".join("'" + re.sub("['\"]", lambda match: _SQLSTRING[match[0]], text) + "'" for text in texts)
    if form == "raw":
        return ",".join(texts)
    raise ValueError(f"the format {form} is not known here: add it, as Grafana does it")


def milliseconds(interval: str) -> int:
    """``30s`` as a number."""
    match = re.fullmatch(r"(\d+)(ms|[smhdw])", interval)
    if match is None:
        raise ValueError(f"{interval!r} is no interval")
    return int(match[1]) * _UNITS[match[2]]


def interval_of(range_ms: int, points: int, shortest: str) -> int:
    """``$__interval_ms`` of a panel: range by points, rounded on Grafana's ladder, at least the panel's shortest."""
    ideal = range_ms / points
    rounded = next((interval for bound, interval in _LADDER if ideal < bound), 31_536_000_000)
    return max(rounded, milliseconds(shortest))
