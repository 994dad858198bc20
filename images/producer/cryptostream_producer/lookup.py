"""Carries out steps that need one REST answer after the other."""

from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from cryptostream_producer.exchanges.base import RestRequest

T = TypeVar("T")
Steps = Generator[RestRequest, bytes, T]
"""Requests one after the other, each answered by its body, and what they lead to. May raise BadMessageError."""


class Lookup(Generic[T]):
    """Goes on where it stopped: a request that could not be made is made again by the next ``run``.

    So steps come to an end however small the budget of requests is. After a BadMessageError they are over.
    """

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps
        self._request: RestRequest | None = None

    def run(self, get: Callable[[RestRequest], bytes]) -> T:
        """What the steps lead to. Raises whatever ``get`` raises, and BadMessageError."""
        try:
            if self._request is None:
                self._request = next(self._steps)
            while True:
                body = get(self._request)
                self._request = self._steps.send(body)
        except StopIteration as end:
            result: T = end.value
            return result
