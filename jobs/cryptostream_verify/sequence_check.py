"""The trades topic by itself: ids, order, clocks, timestamps and partitions of every symbol."""

import zlib
from dataclasses import dataclass

from cryptostream_verify.findings import Difference, Findings
from cryptostream_verify.workspace import Workspace

_SEQUENCE = """
CREATE OR REPLACE TEMP VIEW sequence AS
SELECT *,
    lag(clock) OVER place AS clock_before,
    max(last_id) OVER (place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS id_before
FROM records WINDOW place AS (PARTITION BY symbol ORDER BY "partition", "offset")
"""

_COVERED = """
CREATE OR REPLACE TEMP VIEW covered AS
SELECT symbol, kind, "partition", "offset", first_id, last_id, max(last_id) OVER (
    PARTITION BY symbol ORDER BY first_id, last_id, "partition", "offset"
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
) AS covered_to
FROM records WHERE first_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A query for the records that break one rule: symbol, subject, column, expected, found."""

    kind: str
    query: str


_PLACE = "' at partition ' || \"partition\" || ' offset ' || \"offset\""
_RULES = (
    _Rule(
        "trade missing",
        """SELECT symbol, CASE WHEN covered_to + 2 = first_id THEN 'id ' || (covered_to + 1)
            ELSE 'ids ' || (covered_to + 1) || ' to ' || (first_id - 1) END,
            'id', (first_id - covered_to - 1) || ' records', 'nothing'
        FROM covered WHERE first_id > covered_to + 1""",
    ),
    _Rule(
        "trade duplicated",
        f"""SELECT symbol, 'id ' || first_id || {_PLACE}, 'id', 'once', 'again as a ' || kind
        FROM covered WHERE first_id <= covered_to""",
    ),
    _Rule(
        "trade out of order",
        f"""SELECT symbol, 'id ' || first_id || {_PLACE}, 'id', 'above ' || id_before, first_id FROM sequence
        WHERE first_id <= id_before AND ("partition", "offset") NOT IN
            (SELECT ("partition", "offset") FROM covered WHERE first_id <= covered_to)""",
    ),
    _Rule(
        "clock falls",
        f"""SELECT symbol, kind || {_PLACE}, 'clock', 'at least ' || clock_before, clock
        FROM sequence WHERE clock < clock_before""",
    ),
    _Rule(
        "clock is not the running maximum",
        f"""SELECT symbol, kind || ' ' || first_id || {_PLACE}, 'clock', greatest(clock_before, "time"), clock
        FROM sequence
        WHERE kind <> 'progress' AND clock >= clock_before AND clock <> greatest(clock_before, "time")""",
    ),
    _Rule(
        "first clock is not the trade's time",
        f"""SELECT symbol, 'id ' || first_id || {_PLACE}, 'clock', "time", clock
        FROM sequence JOIN heads USING ("partition")
        WHERE kind = 'trade' AND clock_before IS NULL AND (clock < "time" OR (begins = 0 AND clock <> "time"))""",
    ),
    _Rule(
        "Kafka timestamp is not the clock",
        f"""SELECT symbol, kind || {_PLACE}, 'timestamp', clock // 1000, timestamp_ms
        FROM records WHERE timestamp_ms <> clock // 1000""",
    ),
    _Rule(
        "key is not the symbol",
        f"""SELECT symbol, kind || {_PLACE}, 'key', symbol, key FROM records WHERE key IS DISTINCT FROM symbol""",
    ),
    _Rule(
        "record in the wrong partition",
        f"""SELECT symbol, kind || {_PLACE}, 'partition', home, "partition"
        FROM records JOIN homes USING (symbol) WHERE "partition" <> home""",
    ),
    _Rule(
        "exchange or feed changes",
        """SELECT symbol, 'its records', 'exchange/feed', 'one', string_agg(DISTINCT exchange || '/' || feed, ', ')
        FROM records GROUP BY symbol HAVING count(DISTINCT exchange || '/' || feed) > 1""",
    ),
)


def check_sequence(workspace: Workspace, beginnings: dict[int, int], findings: Findings) -> None:
    """Check ``records`` against the rules of the topic.

    ``beginnings`` maps each partition to its first offset: above 0, retention has cut the head, and the first clock of
    a symbol may come from a record that is gone.
    """
    _prepare(workspace, beginnings)
    for rule in _RULES:
        total = workspace.execute(f"SELECT count(*) FROM ({rule.query})").fetchall()[0][0]
        if not total:
            continue
        rows = workspace.execute(f"{rule.query} ORDER BY ALL LIMIT {findings.cap}").fetchall()
        samples = [
            Difference(rule.kind, symbol, subject, column, str(expected), str(found))
            for symbol, subject, column, expected, found in rows
        ]
        findings.count(rule.kind, samples, total)
    for symbol, trades, gaps, missing in workspace.execute(
        """SELECT symbol, count(*) FILTER (kind = 'trade'), count(*) FILTER (kind = 'gap'),
            coalesce(sum(last_id - first_id + 1) FILTER (kind = 'gap'), 0)
        FROM records GROUP BY symbol ORDER BY symbol"""
    ).fetchall():
        findings.tally(symbol, "trades", trades)
        findings.tally(symbol, "gaps", gaps)
        findings.tally(symbol, "missing ids", missing)


def _prepare(workspace: Workspace, beginnings: dict[int, int]) -> None:
    workspace.execute('CREATE OR REPLACE TEMP TABLE heads ("partition" INTEGER, begins BIGINT)')
    workspace.executemany("INSERT INTO heads VALUES (?, ?)", [list(pair) for pair in beginnings.items()])
    workspace.execute("CREATE OR REPLACE TEMP TABLE homes (symbol VARCHAR, home INTEGER)")
    symbols = [row[0] for row in workspace.execute("SELECT DISTINCT symbol FROM records").fetchall()]
    if symbols:
        homes = [[symbol, zlib.crc32(symbol.encode()) % len(beginnings)] for symbol in symbols]
        workspace.executemany("INSERT INTO homes VALUES (?, ?)", homes)
    workspace.execute(_SEQUENCE)
    workspace.execute(_COVERED)
