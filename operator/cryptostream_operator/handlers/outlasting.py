"""Lets Kopf's watches outlast what they watch.

Kopf ends the process when a watch is answered with 404: whoever deletes a CRD would end the operator, and not only for
streams that need that kind. Here the watch waits, and begins anew until the kind is back or Kopf, which hears of CRDs
too, calls it off.

A watch that has to begin with a list anew, as after a restart of the API server, hears of no deletion before it: what
each list holds is handed on, so that what it lacks can be found.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from kopf._cogs.clients import errors, watching

from cryptostream_model.logs import get_logger

_LOG = get_logger(__name__)
_PAUSE = 5.0

Watch = Callable[..., AsyncIterator[Any]]
Listed = Callable[[tuple[str, str, str], str | None, frozenset[tuple[str, str]]], None]
"""Is told of a list: group, version and plural of the kind, the namespace or None for all, namespaces and names."""


def outlasting(watch: Watch, listed: Listed, pause: float = _PAUSE) -> Watch:
    """The same watch, begun anew after ``pause`` seconds when the API server does not know the kind or breaks it off
    with an error that Kopf takes for its end."""

    async def noted(**arguments: Any) -> AsyncIterator[Any]:
        names: set[tuple[str, str]] = set()
        async for event in watch(**arguments):
            if event is watching.Bookmark.LISTED:
                resource = arguments["resource"]
                listed((resource.group, resource.version, resource.plural), arguments["namespace"], frozenset(names))
                names.clear()
            elif event["type"] is None:
                metadata = event["object"]["metadata"]
                names.add((metadata.get("namespace", ""), metadata["name"]))
            yield event

    async def events(**arguments: Any) -> AsyncIterator[Any]:
        is_told = False
        while True:
            try:
                async for event in noted(**arguments):
                    is_told = False
                    yield event
            except errors.APIForbiddenError:
                # Only what Kopf must not scan ends so; who forbids it, tells.
                pass
            except (errors.APINotFoundError, watching.WatchingError) as error:
                if not is_told:
                    _LOG.warning("cannot be watched, will be tried again", kind=_kind(arguments), error=_text(error))
                is_told = True
            else:
                return
            await asyncio.sleep(pause)

    return events


def outlast(listed: Listed) -> None:
    """Make all of Kopf's watches such, once in a process."""
    watching.infinite_watch = outlasting(watching.infinite_watch, listed)


def _kind(arguments: dict[str, Any]) -> str:
    return str(arguments.get("resource"))


def _text(error: Exception) -> str:
    return getattr(error, "message", None) or str(error)
