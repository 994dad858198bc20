"""Kopf tells of each attempt of a request that it repeats, every few seconds and for every watch, for as long as the
API server is away or refuses it. The first is told; that it lasts, the operator tells itself."""

import logging
import re

_REPEATED = re.compile(r"Request attempt #(?!1\b)\d+\S* failed; will retry")
_LOGGERS = ("kopf._cogs.clients.watching", "kopf._core.reactor.observation")


def is_first(record: logging.LogRecord) -> bool:
    """Whether a line is anything but one of a repeated attempt."""
    return _REPEATED.match(record.getMessage()) is None


def tell_first_attempts_only() -> None:
    """Drop the lines of repeated attempts, once in a process."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(is_first)
