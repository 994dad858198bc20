"""What a pipeline writes into its database."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from harness.database import rows

_QUERY = """
SELECT tup_inserted + tup_updated + tup_deleted AS rows,
       (pg_current_wal_lsn() - '0/0')::bigint AS log_bytes,
       pg_database_size(datname) AS table_bytes
FROM pg_stat_database WHERE datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a stretch has added: rows inserted, updated and deleted, bytes of the server's write-ahead log, and bytes of
    tables and indexes."""

    rows: int
    log_bytes: int
    table_bytes: int


class StoredMeter:
    """Counts from its entry to its exit; then ``stored`` says what was written. ``url``: of the database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.stored: Stored

    def __enter__(self) -> Self:
        self._before = self._counts()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        after = self._counts()
        self.stored = Stored(**{name: after[name] - before for name, before in self._before.items()})

    def _counts(self) -> dict[str, int]:
        return {name: int(count) for name, count in rows(self._url, _QUERY)[0].items()}
