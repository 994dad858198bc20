"""Where a run's trades come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SIMULATOR = "simulator"
DEFAULT_SYMBOLS = {
    "binance": ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"),
    "coinbase": ("BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD"),
}
"""What is traded when nobody says; the exchanges that a run can be live on."""


class SourceError(ValueError):
    """A source that does not exist; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Source:
    """``kind`` simulator, live or recording; ``exchange`` None where a recording's header will tell."""

    kind: Literal["simulator", "live", "recording"]
    exchange: str | None
    recording: Path | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether a child process plays the exchange."""
        return self.kind != "live"

    def describe(self) -> str:
        if self.recording is not None:
            return f"recording {self.recording.name}"
        return f"live {self.exchange}" if self.kind == "live" else "simulated exchange"


def parse_source(text: str, simulated_exchange: str = "binance") -> Source:
    """Read ``simulator``, the name of an exchange, or a recording's path. Raises SourceError."""
    if simulated_exchange not in DEFAULT_SYMBOLS:
        raise SourceError(
            f"the simulator does not speak {simulated_exchange!r}, it speaks {', '.join(DEFAULT_SYMBOLS)}"
        )
    if text == SIMULATOR:
        return Source("simulator", simulated_exchange)
    if text in DEFAULT_SYMBOLS:
        return Source("live", text)
    path = Path(text).expanduser()
    if path.is_file():
        return Source("recording", None, path.resolve())
    known = ", ".join((SIMULATOR, *DEFAULT_SYMBOLS))
    raise SourceError(f"--source {text!r} is neither {known} nor a file that is there")
