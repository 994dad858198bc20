"""Which panes, windows and gaps of each symbol can and must be compared."""

from dataclasses import astuple, dataclass, fields

from cryptostream_job.model import Geometry
from cryptostream_verify.findings import Difference, Findings, moment, shown
from cryptostream_verify.stored import StoredSymbol
from cryptostream_verify.topic import Extent
from cryptostream_verify.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SymbolScope:
    """One symbol's range of comparison, times in UTC microseconds.

    ``complete_from``: start of the first pane of which the topic holds every record.
    ``judged_clock``: what this clock closes is compared; the stored clock, or the topic's where the stored one is
    ahead.
    ``panes_from``, ``windows_from``: earliest pane and window start to be compared by value. Where nothing was cut,
    panes have no bound: a trade slightly older than a symbol's first record makes a pane before the origin.
    ``windows_due_from``: earliest window start that must have a row; the topic need not hold its records.
    ``settled_offset``: gaps before this offset must be stored, whatever the clock.
    ``head_cut``: retention may have removed records of the symbol.
    """

    symbol: str
    partition: int
    complete_from: int
    judged_clock: int
    panes_from: int
    windows_from: int
    windows_due_from: int
    settled_offset: int
    head_cut: bool


@dataclass(frozen=True, slots=True)
class TopicSymbol:
    """One symbol as the topic shows it: a row of ``extents``."""

    symbol: str
    exchange: str
    clock: int
    origin: int
    last_on_time_id: int | None
    last_id: int | None
    first_offset: int
    partition: int


def topic_symbols(workspace: Workspace) -> dict[str, TopicSymbol]:
    """The rows of ``extents`` by symbol."""
    names = ", ".join(f'"{field.name}"' for field in fields(TopicSymbol))
    rows = workspace.execute(f"SELECT {names} FROM extents ORDER BY symbol").fetchall()
    return {row[0]: TopicSymbol(*row) for row in rows}


def is_behind(topic: TopicSymbol, gaps: int, stored: StoredSymbol | None) -> bool:
    """Whether the database has not yet all that the topic held when ``topic`` and its number of gaps were taken."""
    if stored is None:
        return True
    return stored.clock < topic.clock or (stored.last_id or 0) < (topic.last_on_time_id or 0) or stored.gaps < gaps


def plan_scopes(
    topic: dict[str, TopicSymbol],
    stored: dict[str, StoredSymbol],
    first_read: Extent,
    geometry: Geometry,
    allow_lag: bool,
    findings: Findings,
) -> list[SymbolScope]:
    """Decide the range of each symbol that both sides know, and report what crypto_symbols has wrong.

    ``first_read`` is the topic's extent when the verification began: what it held then must be in the database.
    """
    scopes = []
    for symbol, seen in topic.items():
        known = stored.get(symbol)
        head_cut = first_read.beginnings[seen.partition] > 0
        if known is None:
            if allow_lag or seen.first_offset >= first_read.ends[seen.partition]:
                findings.note(f"{symbol}: not in the database yet, not compared")
            else:
                findings.add(Difference("symbol missing", symbol, "crypto_symbols", None, "a row", "nothing"))
            continue
        _check_symbol(seen, known, head_cut, findings)
        complete_from = seen.origin + geometry.pane if head_cut else seen.origin
        if head_cut:
            findings.note(
                f"{symbol}: retention has cut the topic's head; values are compared from {moment(complete_from)} on, "
                "the first complete pane"
            )
        scopes.append(
            SymbolScope(
                symbol,
                seen.partition,
                complete_from,
                min(known.clock, seen.clock),
                complete_from if head_cut else 0,
                complete_from,
                known.origin,
                0 if allow_lag else first_read.ends[seen.partition],
                head_cut,
            )
        )
    for symbol in sorted(stored.keys() - topic.keys()):
        if first_read.beginnings.get(stored[symbol].partition, 0) > 0:
            findings.note(f"{symbol}: retention has removed all its records from the topic, not compared")
        else:
            findings.add(Difference("symbol not in the topic", symbol, "crypto_symbols", None, "nothing", "a row"))
    return scopes


def store_scopes(workspace: Workspace, scopes: list[SymbolScope]) -> None:
    """Put the ranges into the workspace's table ``scope``, for the comparisons to join."""
    workspace.execute(
        """CREATE OR REPLACE TABLE scope (symbol VARCHAR, "partition" BIGINT, complete_from BIGINT, judged_clock BIGINT,
            panes_from BIGINT, windows_from BIGINT, windows_due_from BIGINT, settled_offset BIGINT, head_cut BOOLEAN)"""
    )
    if scopes:
        workspace.executemany(
            "INSERT INTO scope VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(astuple(s)) for s in scopes]
        )


def narrow_to_stored(workspace: Workspace) -> None:
    """Leave out what lies before each symbol's oldest stored pane and window: the database's retention removed it."""
    workspace.execute(
        """UPDATE scope SET panes_from = greatest(panes_from, oldest)
            FROM (SELECT symbol, min(pane_start) AS oldest FROM stored_panes GROUP BY symbol) s
            WHERE s.symbol = scope.symbol"""
    )
    workspace.execute(
        """UPDATE scope SET windows_from = greatest(windows_from, oldest),
                windows_due_from = greatest(windows_due_from, oldest)
            FROM (SELECT symbol, min(window_start) AS oldest FROM stored_windows GROUP BY symbol) s
            WHERE s.symbol = scope.symbol"""
    )


def _check_symbol(seen: TopicSymbol, known: StoredSymbol, head_cut: bool, findings: Findings) -> None:
    wrong = []
    if known.origin > seen.origin or (not head_cut and known.origin != seen.origin):
        wrong.append(("origin", ("at most " if head_cut else "") + moment(seen.origin), moment(known.origin)))
    if known.clock > seen.clock:
        wrong.append(("clock", f"at most {moment(seen.clock)}", moment(known.clock)))
    if (known.last_id or 0) > (seen.last_id or 0) and seen.last_id is not None:
        wrong.append(("last_id", f"at most {seen.last_id}", shown(known.last_id)))
    if known.exchange != seen.exchange:
        wrong.append(("exchange", seen.exchange, known.exchange))
    if known.partition != seen.partition:
        wrong.append(("partition", str(seen.partition), str(known.partition)))
    for column, expected, found in wrong:
        findings.add(Difference("symbol differs", seen.symbol, "crypto_symbols", column, expected, found))
