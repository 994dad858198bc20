"""Which kinds the API server knows."""

from collections.abc import Callable

from cryptostream_operator.kinds import WATCHED, Kind

Served = Callable[[], frozenset[tuple[str, str, str]]]


class Discovery:
    """The served kinds as of the last look; Kubernetes' own are always there."""

    def __init__(self, ask: Served) -> None:
        self._ask = ask
        self._served: frozenset[Kind] = frozenset(kind for kind in WATCHED if kind.provider is None)

    @property
    def served(self) -> frozenset[Kind]:
        return self._served

    def refresh(self) -> frozenset[Kind]:
        """Look again. Returns the kinds that have come or gone. Raises RequestError."""
        known = self._ask()
        now = frozenset(
            kind for kind in WATCHED if kind.provider is None or (kind.group, kind.version, kind.kind) in known
        )
        before, self._served = self._served, now
        return before ^ now
