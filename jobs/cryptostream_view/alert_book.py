"""The alerts that are known, each at its highest revision."""

from collections.abc import Iterable
from typing import cast

from cryptostream_view.rows import AlertRow
from cryptostream_view.snapshot import AlertSnapshot, AlertState

_KEPT = 500
_SECOND = 1_000_000


class AlertBook:
    """Folds rows in any order, seen once or many times, into the newest of each alert."""

    def __init__(self) -> None:
        self._alerts: dict[str, AlertRow] = {}
        self._written: dict[str, int] = {}

    def take(self, rows: Iterable[AlertRow]) -> None:
        for row in rows:
            known = self._alerts.get(row.id)
            if known is None or row.revision > known.revision:
                self._alerts[row.id] = row
            self._written[row.id] = min(row.updated_at, self._written.get(row.id, row.updated_at))
        for gone in sorted(self._alerts, key=self._opened)[:-_KEPT]:
            del self._alerts[gone], self._written[gone]

    def newest_first(self, now: int) -> tuple[AlertSnapshot, ...]:
        """All alerts, the last opened first. ``now`` in UTC microseconds."""
        ids = sorted(self._alerts, key=lambda id_: (self._opened(id_), id_), reverse=True)
        return tuple(self._snapshot(self._alerts[id_], now) for id_ in ids)

    def _opened(self, id_: str) -> int:
        # An open window ends in the future: then the alert opened when it was written.
        return min(self._alerts[id_].window_end, self._written[id_])

    def _snapshot(self, row: AlertRow, now: int) -> AlertSnapshot:
        opened = self._opened(row.id)
        return AlertSnapshot(
            id=row.id,
            symbol=row.symbol,
            detector=row.detector,
            state=cast(AlertState, row.state),
            revision=row.revision,
            severity=row.severity,
            score=row.score,
            threshold=row.threshold,
            direction=row.direction,
            ratio=row.ratio,
            price=row.price,
            backfilled=row.backfilled,
            ended=row.ended is not None,
            opened_at=opened,
            written_at=self._written[row.id],
            age=max(0, now - opened) / _SECOND,
        )
