"""What the user chose for a run."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptostream_demo.source import Source


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """``symbols`` None: the source's own. ``duration`` None: until Ctrl-C. ``keep`` None: data is removed at the end.

    ``rate``: trades a second of the simulated exchange, all symbols together; None for its usual rates.
    ``start_from``: history fetched before the first live trade; None chooses. ``speed``: exchange seconds a
    real second.
    """

    source: Source
    symbols: str | None = None
    duration: timedelta | None = None
    keep: Path | None = None
    as_json: bool = False
    rate: float | None = None
    start_from: timedelta | None = None
    speed: float = 1.0
    seed: int = 3
    plain: bool = False
