"""The database against the recomputed panes, windows and gaps.

Needs the workspace's tables ``panes``, ``windows``, ``records`` (recompute), ``stored_*`` (stored) and ``scope``
(scope).
"""

from dataclasses import dataclass

from cryptostream_job.model import Geometry
from cryptostream_verify.findings import Difference, Findings, moment, shown
from cryptostream_verify.stored import GAP_COLUMNS, PANE_COLUMNS, WINDOW_COLUMNS
from cryptostream_verify.tolerance import equal_closely, equal_exactly, equal_prices, equal_where_counted, price_text
from cryptostream_verify.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two relations of equal shape, joined on (symbol, key): what must be there and what is."""

    what: str
    key: str
    columns: dict[str, str]
    expected: str
    found: str


def _comparisons(geometry: Geometry) -> list[_Comparison]:
    pane_closes = f"pane_start + {geometry.pane + geometry.allowed_lateness} <= judged_clock"
    window_closes = f"window_end + {geometry.allowed_lateness} <= judged_clock"
    return [
        _Comparison(
            "pane",
            "pane_start",
            {"pane_end": "time", "closed": "flag", **PANE_COLUMNS},
            f"""SELECT p.*, pane_start + {geometry.pane} AS pane_end, true AS closed
                FROM panes p JOIN scope USING (symbol)
                WHERE pane_start >= panes_from AND {pane_closes}""",
            f"""SELECT p.* FROM stored_panes p JOIN scope USING (symbol)
                WHERE (pane_start >= panes_from OR NOT head_cut) AND ({pane_closes} OR closed)""",
        ),
        _Comparison(
            "window",
            "window_end",
            WINDOW_COLUMNS,
            f"""SELECT w.* FROM windows w JOIN scope USING (symbol)
                WHERE window_start >= windows_from AND {window_closes}""",
            """SELECT w.* FROM stored_windows w JOIN scope USING (symbol)
                WHERE window_start >= windows_from OR NOT head_cut""",
        ),
        _Comparison(
            "gap",
            "from_id",
            GAP_COLUMNS,
            """SELECT DISTINCT ON (symbol, from_id)
                    r.symbol, first_id AS from_id, last_id AS to_id, exchange, reason, clock
                FROM records r JOIN scope USING (symbol)
                WHERE kind = 'gap' AND (clock < judged_clock OR "offset" < settled_offset) ORDER BY "offset\"""",
            """SELECT g.* FROM stored_gaps g JOIN scope USING (symbol)
                WHERE NOT head_cut OR from_id >= (SELECT min(first_id) FROM records r WHERE r.symbol = g.symbol)""",
        ),
    ]


def check_database(workspace: Workspace, geometry: Geometry, findings: Findings) -> None:
    """Compare panes, windows and gaps of every symbol in ``scope``, row by row and column by column."""
    for comparison in _comparisons(geometry):
        _compare(workspace, comparison, geometry, findings)
    _check_uncovered_windows(workspace, geometry, findings)


def _compare(workspace: Workspace, comparison: _Comparison, geometry: Geometry, findings: Findings) -> None:
    what, key = comparison.what, comparison.key
    workspace.execute(f"CREATE OR REPLACE TEMP TABLE expected AS {comparison.expected}")
    workspace.execute(f"CREATE OR REPLACE TEMP TABLE found AS {comparison.found}")
    for symbol, number in workspace.execute("SELECT symbol, count(*) FROM expected GROUP BY symbol").fetchall():
        findings.tally(symbol, f"{what}s compared", number)
    _absent(workspace, findings, f"{what} missing", comparison, "e", ("a row", "nothing"))
    _absent(workspace, findings, f"{what} not in the topic", comparison, "f", ("nothing", "a row"))
    for column, kind in comparison.columns.items():
        condition, text = equal_exactly(column), f'CAST(e."{column}" AS VARCHAR)'
        if kind == "price":
            condition, text = equal_prices(column), price_text(column)
        elif kind == "double":
            condition = equal_closely(column, geometry)
        elif kind == "counts":
            condition = equal_where_counted(column)
        join = f"FROM expected e JOIN found f ON e.symbol = f.symbol AND e.{key} = f.{key} WHERE NOT ({condition})"
        total = workspace.execute(f"SELECT count(*) {join}").fetchall()[0][0]
        if total:
            rows = workspace.execute(
                f'SELECT e.symbol, e.{key}, {text}, CAST(f."{column}" AS VARCHAR) {join} '
                f"ORDER BY 1, 2 LIMIT {findings.cap}"
            ).fetchall()
            samples = [
                Difference(
                    f"{what} differs",
                    symbol,
                    _subject(comparison, place),
                    column,
                    _value(kind, expected),
                    _value(kind, found),
                )
                for symbol, place, expected, found in rows
            ]
            findings.count(f"{what} differs", samples, total)


def _absent(
    workspace: Workspace, findings: Findings, kind: str, comparison: _Comparison, side: str, values: tuple[str, str]
) -> None:
    """Report rows of one side that the other lacks."""
    this, other = ("expected", "found") if side == "e" else ("found", "expected")
    query = f"FROM {this} ANTI JOIN {other} USING (symbol, {comparison.key})"
    total = workspace.execute(f"SELECT count(*) {query}").fetchall()[0][0]
    rows = workspace.execute(f"SELECT symbol, {comparison.key} {query} ORDER BY 1, 2 LIMIT {findings.cap}").fetchall()
    samples = [
        Difference(kind, symbol, _subject(comparison, place), None, values[0], values[1]) for symbol, place in rows
    ]
    findings.count(kind, samples, total)


def _check_uncovered_windows(workspace: Workspace, geometry: Geometry, findings: Findings) -> None:
    """After a head cut, windows that the topic no longer covers must at least be there."""
    query = f"""FROM (
        SELECT symbol, unnest(range(
            (windows_due_from + {geometry.window} + {geometry.slide} - 1) // {geometry.slide} * {geometry.slide},
            least(windows_from + {geometry.window}, judged_clock - {geometry.allowed_lateness} + 1),
            {geometry.slide})) AS window_end
        FROM scope WHERE head_cut
    ) ANTI JOIN stored_windows USING (symbol, window_end)"""
    total = workspace.execute(f"SELECT count(*) {query}").fetchall()[0][0]
    rows = workspace.execute(f"SELECT symbol, window_end {query} ORDER BY 1, 2 LIMIT {findings.cap}").fetchall()
    samples = [
        Difference("window missing", symbol, f"window ending {moment(end)}", None, "a row", "nothing")
        for symbol, end in rows
    ]
    findings.count("window missing", samples, total)


def _subject(comparison: _Comparison, place: int) -> str:
    match comparison.what:
        case "pane":
            return f"pane starting {moment(place)}"
        case "window":
            return f"window ending {moment(place)}"
        case _:
            return f"gap from id {place}"


def _value(kind: str, text: str | None) -> str:
    return moment(int(text)) if kind == "time" and text is not None else shown(text)
