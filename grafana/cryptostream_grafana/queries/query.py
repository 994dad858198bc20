"""A query with what its panel needs of it and what it may cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["time", "number", "text", "boolean"]
Format = Literal["table", "time_series"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a query may take with 20 symbols over any range up to a month, the reader's limits aside."""

    rows: int
    """Rows of the result."""
    buffers: int
    """Shared buffers (8 kB each) hit or read, as EXPLAIN (ANALYZE, BUFFERS) counts them."""


@dataclass(frozen=True, slots=True)
class Query:
    """SQL with Grafana's macros and variables."""

    sql: str
    columns: Mapping[str, Kind]
    """The columns that the panel, variable or annotation relies on, in any order; the result may have no others."""
    budget: Budget
    format: Format = "table"
    raw: bool = False
    """It may read panes or windows at any range, because it reads the newest only: the exception says so itself."""
