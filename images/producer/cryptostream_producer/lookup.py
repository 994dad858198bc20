"""Carries out an exchange's search for an id, one request after the other."""

from collections.abc import Callable

from cryptostream_producer.exchanges.base import RestRequest, Search


class Lookup:
    """Goes on where it stopped: a request that could not be made is made again by the next ``run``.

    After a BadMessageError the search is over and a new one is needed.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._request = next(search)

    def run(self, get: Callable[[RestRequest], bytes]) -> int | None:
        """The search's result. Raises whatever ``get`` raises, and BadMessageError."""
        while True:
            body = get(self._request)
            try:
                self._request = self._search.send(body)
            except StopIteration as found:
                result: int | None = found.value
                return result
