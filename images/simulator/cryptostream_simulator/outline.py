"""The course of a block of one symbol, second by second: price, volatility and number of trades.

Volatility follows a stochastic-volatility model (log volatility is a first-order autoregression; Taylor 1986), log
returns are Student's t with four degrees of freedom, and the rate of trades follows a second autoregression that
rises with volatility: together clustered volatility, fat tails and bursty arrivals. A block needs nothing of its
predecessor but its final state.
"""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

from cryptostream_simulator.decimals import SCALE
from cryptostream_simulator.events import Effects, Floats
from cryptostream_simulator.randomness import generator
from cryptostream_simulator.symbols import SymbolSpec
from cryptostream_simulator.trades import Integers

BLOCK_SECONDS = 60
SECONDS_PER_YEAR = 31_557_600
EXTRA_FILLS_PER_TRADE = 0.35
_VOLATILITY_MEMORY, _VOLATILITY_SPREAD = 0.995, 0.5
_BURST_MEMORY, _BURST_SPREAD = 0.95, 0.6
_ACTIVITY_BY_VOLATILITY = 0.5
_DEGREES_OF_FREEDOM = 4


@dataclass(frozen=True, slots=True)
class BlockState:
    """Where a block begins: log of volatility and of burst over their means, log price, trades and fills so far."""

    volatility: float
    burst: float
    log_price: float
    trades: int
    fills: int


@dataclass(frozen=True, slots=True)
class Outline:
    """One block: log price at the edges of its seconds, log return and volatility, trades and quantity factor a
    second."""

    log_price: Floats
    volatility: Floats
    counts: Integers
    quantity: Floats
    extra_fills: int
    after: BlockState


def volatility_per_second(spec: SymbolSpec) -> float:
    """Standard deviation of the log return over a second."""
    return spec.volatility / sqrt(SECONDS_PER_YEAR)


def first_state(spec: SymbolSpec) -> BlockState:
    return BlockState(0.0, 0.0, log(spec.price / SCALE), 0, 0)


def draw_outline(
    spec: SymbolSpec, seed: int, block: int, before: BlockState, *, events: Effects, active: Floats, burstiness: float
) -> Outline:
    """Draw a block's course. ``active``: share of each second in which the symbol is traded. ``burstiness`` scales
    the spread of the rate of trades; at 0 arrivals are Poisson."""
    random = generator(seed, spec.name, block, "outline")
    volatility = _autoregression(random, before.volatility, _VOLATILITY_MEMORY, _VOLATILITY_SPREAD)
    burst = _autoregression(random, before.burst, _BURST_MEMORY, _BURST_SPREAD)
    shocks = random.standard_t(_DEGREES_OF_FREEDOM, BLOCK_SECONDS) / sqrt(
        _DEGREES_OF_FREEDOM / (_DEGREES_OF_FREEDOM - 2)
    )

    sigma = volatility_per_second(spec) * np.exp(volatility - _VOLATILITY_SPREAD**2) * events.volatility
    log_price = before.log_price + np.concatenate(([0.0], np.cumsum(sigma * shocks + events.drift)))
    spread = burstiness * (burst + _ACTIVITY_BY_VOLATILITY * volatility)
    variance = burstiness**2 * (_BURST_SPREAD**2 + (_ACTIVITY_BY_VOLATILITY * _VOLATILITY_SPREAD) ** 2)
    counts = random.poisson(spec.rate * np.exp(spread) * exp(-variance / 2) * events.activity * active)
    trades = int(counts.sum())
    extra_fills = int(random.poisson(EXTRA_FILLS_PER_TRADE * trades)) if trades else 0
    after = BlockState(
        float(volatility[-1]),
        float(burst[-1]),
        float(log_price[-1]),
        before.trades + trades,
        before.fills + trades + extra_fills,
    )
    return Outline(log_price, sigma, counts, events.quantity, extra_fills, after)


_LAGS = np.arange(BLOCK_SECONDS)[:, None] - np.arange(BLOCK_SECONDS)[None, :]
_POWERS = {
    memory: np.where(_LAGS >= 0, memory ** np.maximum(_LAGS, 0), 0.0) for memory in (_VOLATILITY_MEMORY, _BURST_MEMORY)
}


def _autoregression(random: np.random.Generator, last: float, memory: float, spread: float) -> Floats:
    """A block of x[n+1] = memory x[n] + noise with the given stationary standard deviation."""
    noise = random.standard_normal(BLOCK_SECONDS) * spread * sqrt(1 - memory**2)
    path: Floats = _POWERS[memory] @ noise + last * memory ** np.arange(1, BLOCK_SECONDS + 1)
    return path
