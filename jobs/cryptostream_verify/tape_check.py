"""The topic against the simulated exchange's own record of what was traded."""

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyarrow as pa

from cryptostream_verify.errors import UnreachableError, describe
from cryptostream_verify.findings import Difference, Findings, shown
from cryptostream_verify.workspace import Workspace, insert

_SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("price", pa.string()),
        ("quantity", pa.string()),
        ("fills", pa.int64()),
        ("time", pa.int64()),
        ("side", pa.string()),
    ]
)
_CREATE = """CREATE OR REPLACE TEMP TABLE tape
    (id BIGINT, price DECIMAL(38, 18), quantity DECIMAL(38, 18), fills BIGINT, "time" BIGINT, side VARCHAR)"""
_COLUMNS = ("price", "quantity", "side", "time", "fills")
_ROWS_AT_ONCE = 50_000
_TIMEOUT = httpx.Timeout(60.0)

_TRADES = "(SELECT * FROM records WHERE symbol = $symbol AND kind = 'trade')"
_NOT_ON_TAPE = f"FROM {_TRADES} r ANTI JOIN tape ON tape.id = r.first_id"
_NOT_IN_TOPIC = """FROM tape WHERE NOT EXISTS (
    SELECT 1 FROM records r WHERE r.symbol = $symbol AND r.kind = 'trade' AND r.first_id = tape.id
) AND NOT EXISTS (
    SELECT 1 FROM records r WHERE r.symbol = $symbol AND r.kind = 'gap' AND tape.id BETWEEN r.first_id AND r.last_id
)"""


def check_tape(workspace: Workspace, place: str, findings: Findings) -> None:
    """Compare every trade between a symbol's first and last id with the tape.

    ``place`` is a simulator's base URL, or a folder with the lines of its ``/admin/tape`` in SYMBOL.ndjson.gz. Raises
    UnreachableError.
    """
    extents = workspace.execute(
        """SELECT symbol, feed, min(first_id), max(last_id) FROM records WHERE first_id IS NOT NULL
        GROUP BY symbol, feed ORDER BY symbol"""
    ).fetchall()
    for symbol, feed, first, last in extents:
        workspace.execute(_CREATE)
        rows = (
            _served_tape(place, {"symbol": symbol, "feed": feed, "fromId": first, "toId": last})
            if place.startswith(("http://", "https://"))
            else _saved_tape(Path(place) / f"{symbol}.ndjson.gz", first, last)
        )
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            insert(workspace, "tape", pa.Table.from_pylist(some, _SCHEMA))
        _compare(workspace, symbol, findings)
        _list_gaps(workspace, symbol, findings)


def _served_tape(url: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        with (
            httpx.Client(base_url=url, timeout=_TIMEOUT, trust_env=False) as client,
            client.stream("GET", "/admin/tape", params=asked) as answer,
        ):
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line:
                    yield orjson.loads(line)
    except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError) as error:
        raise UnreachableError(f"the tape of {asked['symbol']} at {url}: {describe(error)}") from None


def _saved_tape(file: Path, first: int, last: int) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(file, "rb") as lines:
            for line in lines:
                row = orjson.loads(line)
                if first <= row["id"] <= last:
                    yield row
    except (OSError, EOFError, orjson.JSONDecodeError, KeyError) as error:
        raise UnreachableError(f"the tape {file}: {describe(error)}") from None


def _compare(workspace: Workspace, symbol: str, findings: Findings) -> None:
    compared = workspace.execute("SELECT count(*) FROM tape").fetchall()[0][0]
    findings.tally(symbol, "tape compared", compared)
    _differences(
        workspace, findings, "trade not on the tape", symbol, f"first_id, NULL, 'a trade' {_NOT_ON_TAPE}", None
    )
    _differences(workspace, findings, "trade of the tape missing", symbol, f"id, 'a trade', NULL {_NOT_IN_TOPIC}", None)
    for column in _COLUMNS:
        query = f'id, tape."{column}", r."{column}" FROM {_TRADES} r JOIN tape ON tape.id = r.first_id'
        differs = f'{query} WHERE tape."{column}" IS DISTINCT FROM r."{column}"'
        _differences(workspace, findings, "trade differs from the tape", symbol, differs, column)


def _differences(
    workspace: Workspace, findings: Findings, kind: str, symbol: str, query: str, column: str | None
) -> None:
    """Report rows of id, expected, found."""
    rows = workspace.execute(f"SELECT {query} ORDER BY 1", {"symbol": symbol}).fetchmany(findings.cap)
    if rows:
        count = f"SELECT count(*) FROM (SELECT {query})"
        total = workspace.execute(count, {"symbol": symbol}).fetchall()[0][0]
        samples = [
            Difference(kind, symbol, f"id {number}", column, shown(expected), shown(found))
            for number, expected, found in rows
        ]
        findings.count(kind, samples, total)


def _list_gaps(workspace: Workspace, symbol: str, findings: Findings) -> None:
    gaps = workspace.execute(
        """SELECT first_id, last_id, reason, (SELECT count(*) FROM tape WHERE id BETWEEN first_id AND last_id)
        FROM records WHERE symbol = ? AND kind = 'gap' ORDER BY first_id""",
        [symbol],
    ).fetchall()
    for first, last, reason, traded in gaps[: findings.cap]:
        findings.note(f"{symbol}: gap of ids {first} to {last} ({reason}); the tape has {traded} of them")
    if len(gaps) > findings.cap:
        findings.note(f"{symbol}: and {len(gaps) - findings.cap} more gaps")
