"""Lets Kopf's watches outlast what they watch.

Kopf ends the process when a watch is answered with 404: whoever deletes a CRD would end the operator, and not only for
streams that need that kind. Here the watch waits, and begins anew until the kind is back or Kopf, which hears of CRDs
too, calls it off.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from kopf._cogs.clients import errors, watching

from cryptostream_model.logs import get_logger

_LOG = get_logger(__name__)
_PAUSE = 5.0

Watch = Callable[..., AsyncIterator[Any]]


def outlasting(watch: Watch, pause: float = _PAUSE) -> Watch:
    """The same watch, begun anew after ``pause`` seconds when the API server does not know the kind or breaks it off
    with an error that Kopf takes for its end."""

    async def events(**arguments: Any) -> AsyncIterator[Any]:
        is_told = False
        while True:
            try:
                async for event in watch(**arguments):
                    is_told = False
                    yield event
            except (errors.APINotFoundError, watching.WatchingError) as error:
                if not is_told:
                    _LOG.warning("cannot be watched, will be tried again", kind=_kind(arguments), error=_text(error))
                is_told = True
            else:
                return
            await asyncio.sleep(pause)

    return events


def outlast_absent_kinds() -> None:
    """Make all of Kopf's watches such."""
    if not hasattr(watching.infinite_watch, "outlasts"):
        watch = outlasting(watching.infinite_watch)
        watch.outlasts = True  # type: ignore[attr-defined]
        watching.infinite_watch = watch


def _kind(arguments: dict[str, Any]) -> str:
    return str(arguments.get("resource"))


def _text(error: Exception) -> str:
    return getattr(error, "message", None) or str(error)
