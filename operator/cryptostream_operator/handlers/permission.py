"""Keeps Kopf from what it may not list in order to notice kinds and namespaces.

Kopf repeats a request that is forbidden for as long as any other that fails. With namespaces that it may not list, it
would never come to watch those that it is given; told at once that they are forbidden, it takes these for granted.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from kopf._cogs.clients import errors, fetching

from cryptostream_operator.observe.scanning import KINDS_OF_OBJECTS, NAMESPACES, Resource

Fetch = Callable[..., AsyncIterator[Any]]
MayScan = Callable[[Resource], Awaitable[bool]]


def asking_before(fetch: Fetch, may_scan: MayScan) -> Fetch:
    """The same list, which raises APIForbiddenError without a request where kinds or namespaces may not be listed."""

    async def chunks(**arguments: Any) -> AsyncIterator[Any]:
        resource = arguments["resource"].group, arguments["resource"].plural
        if resource in (KINDS_OF_OBJECTS, NAMESPACES) and not await may_scan(resource):
            raise errors.APIForbiddenError(status=403, headers={})
        async for chunk in fetch(**arguments):
            yield chunk

    return chunks


def ask_before_scanning(may_scan: MayScan) -> None:
    """Make Kopf ask before it scans, once in a process."""
    fetching.fetch_objs = asking_before(fetching.fetch_objs, may_scan)
