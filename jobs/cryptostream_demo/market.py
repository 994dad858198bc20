"""What the simulated exchange of a run trades, and the events that it injects."""

from dataclasses import dataclass
from datetime import timedelta

from cryptostream_job.settings import GeometrySettings
from cryptostream_simulator.symbols import parse_symbols

_HISTORY_TRADES = 130_000
_WHOLE_HISTORY = timedelta(minutes=35)
_SHORTEST_HISTORY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """``symbols``: their names; ``rates``: mean trades a second of each; ``events`` as the simulator reads them."""

    symbols: tuple[str, ...]
    rates: tuple[float, ...]
    events: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Mean trades a second of all symbols."""
        return sum(self.rates)

    def as_setting(self) -> str:
        """The simulator's setting SYMBOLS."""
        return ",".join(f"{symbol}:{rate:.6g}" for symbol, rate in zip(self.symbols, self.rates, strict=True))


def simulated_market(symbols: str, rate: float | None) -> SimulatedMarket:
    """The market of ``NAME[:RATE],...``; ``rate`` scales all rates so that they add up to it.

    Raises ValueError for a symbol that the simulator cannot trade.
    """
    specs = parse_symbols(symbols)
    scale = 1.0 if rate is None else rate / sum(spec.rate for spec in specs)
    names = tuple(spec.name for spec in specs)
    return SimulatedMarket(names, tuple(spec.rate * scale for spec in specs), opening_events(names))


def opening_events(symbols: tuple[str, ...]) -> tuple[str, ...]:
    """Events of the first minutes, large enough for windows of two minutes: one for each of the first symbols."""
    shows = ("volume_surge@50s:18:120s", "price_spike@85s:30:180s", "volatility_burst@155s:10:120s")
    order = (1, 0, 2) if len(symbols) > 1 else (0,)
    return tuple(f"{symbols[place]}:{show}" for place, show in zip(order, shows, strict=False) if place < len(symbols))


def affordable_history(rate: float) -> timedelta:
    """How much history a start fetches: what warms the default baselines, less where that would be too many trades."""
    affordable = timedelta(seconds=int(_HISTORY_TRADES / max(rate, 1e-9)))
    return max(min(_WHOLE_HISTORY, affordable), _SHORTEST_HISTORY)


def cold_baseline(history: timedelta) -> str | None:
    """A sentence where the history is too short for the detectors to judge the first live window, else None.

    Lengths and detectors are the job's, from the environment. Raises SettingsError.
    """
    settings = GeometrySettings.load(database_url="not needed")
    windows = max((each.warm_up_windows for each in settings.detectors.over_windows), default=0)
    panes = max((each.warm_up_panes for each in settings.detectors.over_panes), default=0)
    needed = max(settings.window + windows * settings.slide, panes * settings.pane)
    if history >= needed:
        return None
    told = (f"{length.total_seconds() / 60:g} min" for length in (history, needed))
    return "the history of {} is too short for alerts: the detectors' baselines are warm after {}".format(*told)
