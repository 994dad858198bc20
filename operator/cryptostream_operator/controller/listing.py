"""Lists everything, namespace by namespace: one that may not be listed does not keep the others waiting."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from cryptostream_model.logs import get_logger
from cryptostream_operator.apply.client import Client
from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.kinds import CRYPTO_STREAM, WATCHED, Kind
from cryptostream_operator.labels import MANAGED_BY, OPERATOR
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.observe.cache import Cache, Key
from cryptostream_operator.observe.discovery import Discovery

_LOG = get_logger(__name__)
_FORBIDDEN = 403
_SELECTOR = f"{MANAGED_BY}={OPERATOR}"
_REMEDY = (
    "bind the operator's role in the namespace again, or take it out of CRYPTOSTREAM_OPERATOR_NAMESPACES "
    "(chart: operator.watchNamespaces)"
)

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


class Listing:
    """Takes what the API server lists into the cache. Used on the event loop, which leaves requests to threads;
    ``problem`` may be asked by any thread."""

    def __init__(
        self,
        namespaces: Sequence[str],
        client: Client,
        cache: Cache,
        discovery: Discovery,
        metrics: OperatorMetrics,
        in_thread: InThread,
        news: Callable[[Key | None], None],
    ) -> None:
        """Without ``namespaces`` the whole cluster is listed."""
        self._namespaces = tuple(namespaces)
        self._client = client
        self._cache = cache
        self._discovery = discovery
        self._metrics = metrics
        self._in_thread = in_thread
        self._news = news
        self._denied: dict[str, str] = {}
        self._complete: set[str] = set()
        for namespace in self._namespaces:
            metrics.namespace_denied.labels(namespace).set(0)

    @property
    def denied(self) -> tuple[str, ...]:
        """The namespaces that may not be listed, in order."""
        return tuple(sorted(self._denied))

    def problem(self) -> str | None:
        """Why nothing can be seen, None when something can."""
        if not self._namespaces or len(self._denied) < len(self._namespaces):
            return None
        messages = "; ".join(f"{namespace}: {message}" for namespace, message in sorted(self._denied.items()))
        return f"may list none of its namespaces: {messages}"

    def knows(self, namespace: str) -> bool:
        """Whether everything in the namespace has been listed at least once: before, nothing is to be decided there."""
        return not self._namespaces or namespace in self._complete

    async def everything(self) -> None:
        """List all kinds everywhere. Raises RequestError unless it is for a namespace that may not be listed."""
        for namespace in self._namespaces or (None,):
            await self._all_kinds(namespace)

    async def kind(self, kind: Kind) -> None:
        """List one kind everywhere but in namespaces that may not be listed anyway. Raises RequestError as above."""
        for namespace in self._namespaces or (None,):
            if namespace not in self._denied:
                await self._guarded(namespace, (kind,))

    async def denied_again(self) -> frozenset[str]:
        """Try those that may not be listed. Returns the namespaces that now may. Raises RequestError as above."""
        before = self.denied
        for namespace in before:
            await self._all_kinds(namespace)
        return frozenset(before) - self._denied.keys()

    async def _all_kinds(self, namespace: str | None) -> None:
        if await self._guarded(namespace, (CRYPTO_STREAM, *WATCHED)) and namespace is not None:
            self._complete.add(namespace)
            self._allow(namespace)

    async def _guarded(self, namespace: str | None, kinds: Sequence[Kind]) -> bool:
        try:
            for kind in kinds:
                await self._list(kind, namespace)
        except RequestError as error:
            if namespace is None or error.code != _FORBIDDEN:
                raise
            self._deny(namespace, error.message)
            return False
        return True

    async def _list(self, kind: Kind, namespace: str | None) -> None:
        if kind not in self._discovery.served:
            return
        selector = None if kind == CRYPTO_STREAM else _SELECTOR
        found, version = await self._in_thread(partial(self._client.list, kind, namespace, selector))
        for key in self._cache.retain(kind, namespace, found, version):
            self._news(key)

    def _deny(self, namespace: str, message: str) -> None:
        if namespace not in self._denied:
            _LOG.warning("may not list a namespace", namespace=namespace, error=message, remedy=_REMEDY)
        self._denied = {**self._denied, namespace: message}
        self._metrics.namespace_denied.labels(namespace).set(1)

    def _allow(self, namespace: str) -> None:
        if namespace in self._denied:
            self._denied = {name: message for name, message in self._denied.items() if name != namespace}
            _LOG.info("may list a namespace again", namespace=namespace)
        self._metrics.namespace_denied.labels(namespace).set(0)
