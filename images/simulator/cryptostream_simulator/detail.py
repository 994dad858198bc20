"""The single trades of a block, drawn along its outline."""

import numpy as np

from cryptostream_simulator.decimals import SCALE
from cryptostream_simulator.events import SECOND, Floats
from cryptostream_simulator.outline import BLOCK_SECONDS, Outline
from cryptostream_simulator.randomness import generator
from cryptostream_simulator.symbols import SymbolSpec
from cryptostream_simulator.trades import Booleans, Integers, Trades

_FOLLOWING_SHARE = 0.5
_FOLLOWING_DELAY = 8_000.0
_SWEEP_SHARE = 0.08
_SIDE_KEPT_SHARE = 0.6
_SPLIT_SHARE = 0.18
_SIZE_SPREAD = 1.4
_HALF_SPREAD = 0.2e-4


def draw_trades(
    spec: SymbolSpec,
    seed: int,
    block: int,
    outline: Outline,
    *,
    start: int,
    backdating: tuple[float, int],
) -> Trades:
    """Draw a block's trades; ``start`` is its begin in UTC microseconds. ``backdating``: share of trades whose own
    time lies before their publication, and by how many microseconds at most."""
    count = int(outline.counts.sum())
    if not count:
        return Trades.empty()
    random = generator(seed, spec.name, block, "trades")
    offsets = _arrivals(random, outline.counts)
    sweep = random.random(count) < _SWEEP_SHARE
    sweep[0] = False
    first_of_sweep = _last_true(~sweep)
    offsets = offsets[first_of_sweep]
    second = offsets // SECOND

    buys = _sides(random, outline, second)[first_of_sweep]
    depth = np.arange(count) - first_of_sweep
    price = _prices(random, spec, outline, offsets=offsets, buys=buys, first_of_sweep=first_of_sweep, depth=depth)
    fills = _fills(random, outline.extra_fills, count)
    worth = spec.order_value * np.exp(_SIZE_SPREAD * random.standard_normal(count)) * outline.quantity[second]
    lots = np.rint(worth / (price / SCALE) * SCALE / spec.lot).astype(np.int64)
    published = start + offsets
    share, largest = backdating
    backdate = np.where(random.random(count) < share, random.integers(0, largest + 1, count), 0)

    before = outline.after.trades - count
    fills_before = outline.after.fills - int(fills.sum())
    return Trades(
        id=before + 1 + np.arange(count, dtype=np.int64),
        published=published,
        time=published - backdate,
        price=price,
        quantity=np.maximum(lots, fills) * spec.lot,
        first_fill=fills_before + 1 + np.cumsum(fills) - fills,
        fills=fills,
        buyer_is_maker=~buys,
    )


def _last_true(mask: Booleans) -> Integers:
    """For each place the index of the last true value at or before it; the first value must be true."""
    last: Integers = np.maximum.accumulate(np.where(mask, np.arange(len(mask)), 0))
    return last


def _arrivals(random: np.random.Generator, counts: Integers) -> Integers:
    """Ascending times within the block: about half of the trades follow another within milliseconds."""
    count = int(counts.sum())
    seconds = np.repeat(np.arange(BLOCK_SECONDS), counts)
    offsets = np.sort((seconds + random.random(count)) * SECOND)
    leading = random.random(count) >= _FOLLOWING_SHARE
    leading[0] = True
    leader = _last_true(leading)
    delay = random.exponential(_FOLLOWING_DELAY, count) * (np.arange(count) - leader)
    clustered = np.sort(np.where(leading, offsets, offsets[leader] + delay)).astype(np.int64)
    return np.minimum(clustered, BLOCK_SECONDS * SECOND - 1)


def _sides(random: np.random.Generator, outline: Outline, second: Integers) -> Booleans:
    """Taker buys: runs of one side, more buys in rising seconds."""
    pressure = np.tanh(np.diff(outline.log_price) / np.maximum(outline.volatility, 1e-12))
    fresh = random.random(len(second)) >= _SIDE_KEPT_SHARE
    fresh[0] = True
    drawn = random.random(len(second)) < 0.5 + 0.3 * pressure[second]
    return drawn[_last_true(fresh)]


def _prices(
    random: np.random.Generator,
    spec: SymbolSpec,
    outline: Outline,
    *,
    offsets: Integers,
    buys: Booleans,
    first_of_sweep: Integers,
    depth: Integers,
) -> Integers:
    """Middle price along the outline plus half the spread on the taker's side, in whole ticks, at least one; a sweep
    eats one level after the other."""
    edges = np.arange(BLOCK_SECONDS + 1) * SECOND
    middle = np.exp(np.interp(offsets, edges, outline.log_price))
    noise: Floats = random.standard_normal(len(offsets)) * 0.3 * outline.volatility[offsets // SECOND]
    direction = np.where(buys, 1, -1)
    tick = spec.tick / SCALE
    half_spread = np.maximum(tick / 2, middle * _HALF_SPREAD)
    quoted = np.rint((middle * (1 + noise) + direction * half_spread)[first_of_sweep] / tick).astype(np.int64)
    price: Integers = np.maximum(quoted + direction * depth, 1) * spec.tick
    return price


def _fills(random: np.random.Generator, extra: int, count: int) -> Integers:
    """Fills of each trade, together ``count + extra``: the extra ones gather on a share of the trades."""
    weights = random.exponential(1.0, count) * (random.random(count) < _SPLIT_SHARE)
    weights[0] += 1e-9
    cumulated = np.cumsum(weights)
    chosen = np.searchsorted(cumulated, random.random(extra) * cumulated[-1], side="right")
    fills: Integers = 1 + np.bincount(np.minimum(chosen, count - 1), minlength=count).astype(np.int64)
    return fills
