"""Which kinds the API server knows."""

from collections.abc import Callable

from cryptostream_operator.kinds import CRYPTO_STREAM, WATCHED, Kind

Served = Callable[[], frozenset[tuple[str, str, str]]]

_KINDS = (CRYPTO_STREAM, *WATCHED)


class Discovery:
    """The served kinds as of the last look; Kubernetes' own are always there."""

    def __init__(self, ask: Served) -> None:
        self._ask = ask
        self._served: frozenset[Kind] = frozenset(kind for kind in _KINDS if _is_own(kind))
        self._doubted: frozenset[Kind] = frozenset()

    @property
    def served(self) -> frozenset[Kind]:
        return self._served

    @property
    def doubts(self) -> bool:
        """Whether a kind was missing at the last look only: it should be looked for again soon."""
        return bool(self._doubted)

    def refresh(self) -> frozenset[Kind]:
        """Look again. Returns the kinds that have come or gone. An API server that has just started does not know all
        of them yet: one is gone when it is missing twice in a row. Raises RequestError."""
        known = self._ask()
        found = frozenset(kind for kind in _KINDS if _is_own(kind) or (kind.group, kind.version, kind.kind) in known)
        missing = self._served - found
        self._doubted = missing - self._doubted
        now = found | self._doubted
        before, self._served = self._served, now
        return before ^ now


def _is_own(kind: Kind) -> bool:
    """Whether it is one of Kubernetes' own."""
    return kind.provider is None and kind != CRYPTO_STREAM
