"""Binance's REST errors (errors.md) and the reading of parameters."""

from collections.abc import Mapping

from cryptostream_simulator.history import Page

LARGEST_LIMIT = 1000
_DEFAULT_LIMIT = 500
_FIRST_MICROSECONDS = 10**14


class RestError(Exception):
    """An error body ``{"code":..., "msg":...}`` with its HTTP status."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def read_page(query: Mapping[str, str], symbols: Mapping[str, object]) -> Page:
    """Read symbol, limit, fromId, startTime and endTime; times in milliseconds or microseconds. Raises RestError."""
    symbol = query.get("symbol")
    if not symbol:
        raise RestError(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
    if symbol not in symbols:
        raise RestError(-1121, "Invalid symbol.")
    limit = _integer(query, "limit")
    if limit is not None and limit < 1:
        raise RestError(-1130, "Data sent for parameter 'limit' is not valid.")
    from_id, start, end = (_integer(query, name) for name in ("fromId", "startTime", "endTime"))
    if from_id is not None and (start is not None or end is not None):
        raise RestError(-1128, "Combination of optional parameters invalid.")
    if start is not None and start < _FIRST_MICROSECONDS:
        start *= 1000
    if end is not None and end < _FIRST_MICROSECONDS:
        end = end * 1000 + 999
    if start is not None and end is not None and start > end:
        raise RestError(-1128, "Combination of optional parameters invalid.")
    return Page(symbol, min(limit or _DEFAULT_LIMIT, LARGEST_LIMIT), from_id, start, end)


def _integer(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not text:
        raise RestError(-1105, f"Parameter '{name}' was empty.")
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise RestError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
    return int(text)
