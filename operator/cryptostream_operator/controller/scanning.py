"""Keeps an eye on the rights that scanning takes, and tells when they come or go."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cryptostream_model.logs import get_logger
from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.observe.scanning import Resource, Scanning

_LOG = get_logger(__name__)
_REMEDY = (
    "grant them to the operator in a ClusterRole; or set CRYPTOSTREAM_OPERATOR_SCANNING=false (chart: "
    "operator.settings.scanning), with which it restarts when a kind comes or goes, as it does now"
)


class ScanningRights:
    """Used on the event loop only; the API server is asked by threads."""

    def __init__(
        self, scanning: Scanning, metrics: OperatorMetrics, in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]
    ) -> None:
        self._scanning = scanning
        self._metrics = metrics
        self._in_thread = in_thread
        self._known = asyncio.Event()

    @property
    def notice_kinds(self) -> bool:
        """Whether Kopf's watch notices kinds that come and go."""
        return self._scanning.notices_kinds

    async def may(self, resource: Resource) -> bool:
        """Whether kinds or namespaces may be listed and watched, as soon as it is known."""
        await self._known.wait()
        return self._scanning.may(resource)

    async def look(self) -> None:
        """Look at the rights again. An API server that does not answer is told, and asked at the next look."""
        try:
            changed = await self._in_thread(self._scanning.refresh)
        except RequestError as error:
            _LOG.warning("cannot ask for its rights", error=error.message)
            return
        self._known.set()
        if changed:
            self._tell()

    def _tell(self) -> None:
        missing = self._scanning.missing
        self._metrics.scanning_denied.set(1 if missing else 0)
        if missing:
            _LOG.warning("rights for scanning are missing: works as without it", missing=missing, remedy=_REMEDY)
        else:
            _LOG.info("has the rights for scanning again")
