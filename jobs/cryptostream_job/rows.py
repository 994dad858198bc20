"""Rows of a micro-batch as panes."""

from collections.abc import Iterable
from typing import Any

from cryptostream_job.model import GapSpan, Pane


def pane_from_row(row: Any) -> Pane:
    """One collected row of ``panes.aggregate_panes``."""
    fields = row.asDict()
    gaps = tuple(sorted(_gap(gap) for gap in fields.pop("gaps") or ()))
    return Pane(**fields, gaps=tuple(GapSpan(*gap) for gap in gaps))


def panes_by_symbol(rows: Iterable[Any]) -> dict[str, list[Pane]]:
    """Panes of a micro-batch by symbol, in order of their start."""
    panes: dict[str, list[Pane]] = {}
    for row in rows:
        pane = pane_from_row(row)
        panes.setdefault(pane.symbol, []).append(pane)
    for symbol_panes in panes.values():
        symbol_panes.sort(key=lambda pane: pane.start)
    return panes


def _gap(gap: Any) -> tuple[int, int, str, int]:
    return gap["fromId"], gap["toId"], gap["reason"], gap["clock"]
