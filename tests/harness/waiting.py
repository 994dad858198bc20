"""Wait for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    condition: Callable[[], T], what: str | Callable[[], str], timeout: float = 60.0, interval: float = 0.05
) -> T:
    """Poll until the condition is true and return its value. Fails naming ``what`` and the last value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            wanted = what if isinstance(what, str) else what()
            raise AssertionError(f"waited {timeout:.0f} s in vain for {wanted}; last seen: {value!r}")
        time.sleep(interval)
