"""What the user chose for a run."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptostream_demo.source import Source
from cryptostream_producer.exchanges import EXCHANGES


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


def check_options(options: DemoOptions) -> None:
    """Raises ValueError for options that do not go together or cannot be, before anything is started."""
    kind, exchange = options.source.kind, options.source.exchange
    if options.duration is not None and options.duration <= timedelta(0):
        raise ValueError("--duration must be longer than 0s")
    if options.rate is not None and kind != "simulator":
        raise ValueError(f"--rate is the simulator's: {options.source.describe()} trades at its own rate")
    if options.speed != 1.0 and kind == "live":
        raise ValueError(f"--speed is for simulator and recordings: {options.source.describe()} runs at its own speed")
    if exchange is None or options.symbols is None:
        return
    market = EXCHANGES[exchange]
    for text in options.symbols.split(","):
        symbol = text.strip().partition(":")[0]
        if not market.symbol_pattern.fullmatch(symbol):
            raise ValueError(f"--symbols {symbol!r} is not a symbol of {exchange}: {market.symbol_form}")
