"""Macros as Grafana's server expands them for its PostgreSQL data source, after the browser has put in variables."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harness.grafana_variables import milliseconds

_CALL = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
_LEFT = re.compile(r"\$__\w+")


class MacroError(ValueError):
    """Grafana would refuse the query."""


@dataclass(frozen=True, slots=True)
class Range:
    """The dashboard's range, ``$__interval`` in milliseconds, and whether the data source is set to TimescaleDB."""

    start: datetime
    end: datetime
    interval_ms: int
    timescale: bool = False

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def expand(sql: str, scope: Range) -> str:
    """The statement that PostgreSQL receives. Raises MacroError as Grafana does, and for a macro that is left over."""
    start, end = (int(moment.timestamp()) for moment in (scope.start, scope.end))
    for name, value in (
        ("$__interval_ms", str(scope.interval_ms)),
        ("$__interval", _interval(scope.interval_ms)),
        ("$__unixEpochFrom()", str(start)),
        ("$__unixEpochTo()", str(end)),
    ):
        sql = sql.replace(name, value)
    expanded = _CALL.sub(lambda match: _macro(match, sql, scope), sql)
    if left := _LEFT.search(expanded):
        raise MacroError(f"{left[0]} is no macro, or is called in a way that Grafana does not see")
    return expanded


def _macro(match: re.Match[str], sql: str, scope: Range) -> str:
    name, arguments = match[1], [part.strip(" ") for part in match[2].split(",")]
    # Without a name and followed by a comma it is taken for the time column.
    if name == "__timeGroup" and sql[sql.index(match[0]) + len(match[0]) :].startswith(","):
        name = "__timeGroupAlias"
    start, end = _text(scope.start), _text(scope.end)
    nanoseconds = [int(moment.timestamp()) * 1_000_000_000 for moment in (scope.start, scope.end)]
    match name:
        case "__time":
            return f'{arguments[0]} AS "time"'
        case "__timeEpoch":
            return f'extract(epoch from {arguments[0]}) as "time"'
        case "__timeFilter":
            return f"{arguments[0]} BETWEEN '{start}' AND '{end}'"
        case "__timeFrom":
            return f"'{start}'"
        case "__timeTo":
            return f"'{end}'"
        case "__timeGroup" | "__timeGroupAlias" | "__unixEpochGroup" | "__unixEpochGroupAlias":
            group = _group(name, arguments, scope)
            return f'{group} AS "time"' if name.endswith("Alias") else group
        case "__unixEpochFilter":
            bounds = [int(moment.timestamp()) for moment in (scope.start, scope.end)]
            return f"{arguments[0]} >= {bounds[0]} AND {arguments[0]} <= {bounds[1]}"
        case "__unixEpochNanoFilter":
            return f"{arguments[0]} >= {nanoseconds[0]} AND {arguments[0]} <= {nanoseconds[1]}"
        case "__unixEpochNanoFrom":
            return str(nanoseconds[0])
        case "__unixEpochNanoTo":
            return str(nanoseconds[1])
    raise MacroError(f'unknown macro "{name}"')


def _group(name: str, arguments: list[str], scope: Range) -> str:
    """Buckets; a third argument (NULL, previous or a number) fills gaps after the query and leaves the SQL alone."""
    if len(arguments) < 2:
        raise MacroError(f"macro {name} needs time column and interval and optional fill value")
    try:
        seconds = milliseconds(arguments[1].strip("'")) / 1000
    except ValueError:
        raise MacroError(f"error parsing interval {arguments[1]}") from None
    if len(arguments) == 3 and arguments[2].upper() not in ("NULL", "PREVIOUS"):
        try:
            float(arguments[2])
        except ValueError:
            raise MacroError(f"error parsing fill value {arguments[2]}") from None
    if name.startswith("__unixEpoch"):
        return f"floor(({arguments[0]})/{seconds:g})*{seconds:g}"
    if scope.timescale:
        return f"time_bucket('{seconds:.3f}s',{arguments[0]})"
    return f"floor(extract(epoch from {arguments[0]})/{seconds:g})*{seconds:g}"


def _text(moment: datetime) -> str:
    """RFC 3339 as Go writes it: no zeros at the end of the fraction."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


def _interval(interval_ms: int) -> str:
    """A length in its largest whole unit, smaller ones left out."""
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if interval_ms >= length:
            return f"{interval_ms // length}{unit}"
    return f"{interval_ms}ms"
