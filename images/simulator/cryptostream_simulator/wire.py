"""What settings and shared parts need to know of an exchange's protocol."""

import re
from collections.abc import Mapping
from typing import Protocol

from cryptostream_simulator.tape import Feed


class Wire(Protocol):
    """An exchange's names for symbols and feeds."""

    @property
    def name(self) -> str: ...

    @property
    def feeds(self) -> Mapping[str, Feed]:
        """Which ids of the tape a feed counts by; the first one is that of faults that name none."""
        ...

    @property
    def symbol_pattern(self) -> re.Pattern[str]: ...

    @property
    def symbol_form(self) -> str:
        """How symbols are written, in words and with an example."""
        ...

    @property
    def default_symbols(self) -> str:
        """What is traded unless the settings say."""
        ...
