"""Rows of a micro-batch as panes."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cryptostream_job.model import GapSpan, Pane


def panes_by_symbol(rows: Iterable[Any]) -> dict[str, list[Pane]]:
    """Collected rows of ``panes.aggregate_panes`` by symbol, in order of their start.

    A pane has the gaps whose records came in this micro-batch: the batches before have written the others.
    """
    panes: dict[str, list[Pane]] = {}
    gaps: dict[tuple[str, int], list[GapSpan]] = {}
    for row in rows:
        fields = row.asDict()
        gap = fields.pop("gap")
        if gap is None:
            fields["trade_sizes"] = tuple(fields["trade_sizes"])
            panes.setdefault(fields["symbol"], []).append(Pane(**fields))
        else:
            span = GapSpan(gap["fromId"], gap["toId"], gap["reason"], gap["clock"])
            gaps.setdefault((fields["symbol"], fields["start"]), []).append(span)
    return {
        symbol: sorted(
            (
                replace(pane, gaps=tuple(sorted(gaps.get((symbol, pane.start), ()), key=lambda gap: gap.from_id)))
                for pane in symbol_panes
            ),
            key=lambda pane: pane.start,
        )
        for symbol, symbol_panes in panes.items()
    }
