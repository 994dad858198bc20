"""A stream in the database as a job leaves it, written by the job's own batch step: market, events, history, a gap."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal

import numpy as np

from cryptostream_job.model import GapSpan, Pane
from cryptostream_model.sizes import SIZE_CLASSES, size_class
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.job_driver import Driver
from harness.market_windows import SENSITIVE
from harness.panes import GEOMETRY, moment
from harness.sql import insert

START = 1_795_428_000_000_000
"""2026-11-23T10:00:00Z in UTC microseconds."""
WARM = {name: {"warm_up_windows": 20, "baseline_windows": 60, **sensitive} for name, sensitive in SENSITIVE.items()}
_VOLATILITY = 0.6 * math.sqrt(10 / 31_557_600)


def market_panes(
    symbol: str,
    count: int,
    *,
    seed: int = 1,
    price: float = 97_000.0,
    start: int = START,
    moves: Mapping[int, float] | None = None,
    live_from: int = 0,
    gap_at: int | None = None,
    busy: float = 1.0,
) -> list[Pane]:
    """Panes of 10 s with clustered volatility.

    ``moves``: the log return that is added to a pane by its number, with eight times its volume. Panes before
    ``live_from`` came over REST. ``gap_at``: the pane before whose trades 40 ids are missing. ``busy``: the share of
    panes with trades.
    """
    random = np.random.default_rng([seed, *symbol.encode()])
    tick = Decimal(1).scaleb(math.floor(math.log10(price)) - 6)
    level, variance, next_id, panes = price, _VOLATILITY**2, 1_000, []
    closing = _rounded(level, tick)
    for number in range(count):
        shock = float(random.standard_t(5)) * math.sqrt(variance * 3 / 5)
        variance = 0.02 * _VOLATILITY**2 + 0.08 * shock**2 + 0.9 * variance
        move = (moves or {}).get(number, 0.0)
        if random.random() > busy and not move:
            continue
        opening, level = closing, level * math.exp(shock + move)
        closing = _rounded(level, tick)
        reach = _VOLATILITY * level * abs(random.normal(0.4, 0.3, 2))
        high = max(opening, closing, _rounded(max(float(opening), float(closing)) + reach[0], tick))
        low = min(opening, closing, _rounded(min(float(opening), float(closing)) - reach[1], tick))
        quote = float(2e5 * math.exp(random.normal(0, 0.5)) * (8 if move else 1)) * (1 + abs(shock) / _VOLATILITY)
        trades = max(2, int(quote / 4_000))
        bought = float(np.clip(0.5 + 4 * (shock + move) / _VOLATILITY / 20 + random.normal(0, 0.1), 0.05, 0.95))
        gaps: tuple[GapSpan, ...] = ()
        at = start + number * GEOMETRY.pane
        if number == gap_at:
            gaps = (GapSpan(next_id, next_id + 39, "unavailable", at),)
            next_id += 40
        mean = (float(high) + float(low)) / 2
        panes.append(
            Pane(
                symbol=symbol,
                exchange="binance",
                start=at,
                trades=trades,
                first_id=next_id,
                last_id=next_id + trades - 1,
                open=opening,
                high=high,
                low=low,
                close=closing,
                mean_price=mean,
                m2_price=trades * (float(high - low) / 4) ** 2,
                volume=quote / mean,
                quote_volume=quote,
                taker_buy_volume=bought * quote / mean,
                taker_buy_quote_volume=bought * quote,
                rush_orders=0,
                rush_volume=0.0,
                rush_buy_orders=0,
                late_trades=0,
                missing_ids=40 if gaps else 0,
                backfilled_trades=trades if number < live_from else 0,
                first_clock=at,
                clock=at + GEOMETRY.pane - 1,
                partition=0,
                trade_sizes=tuple(trades if size_class(quote / trades) == n else 0 for n in range(SIZE_CLASSES)),
                gaps=gaps,
            )
        )
        next_id += trades
    return panes


def store_market(url: str, stream: StreamName, panes: Sequence[Pane]) -> Driver:
    """Migrate the database and write the panes as the job does, in one batch; detectors are warm after 20 windows."""
    migrate(url)
    driver = Driver(url, stream, WARM)
    driver.write(0, [replace(pane, gaps=()) for pane in panes])
    gaps = [
        {
            "stream": str(stream),
            "symbol": pane.symbol,
            "exchange": pane.exchange,
            **asdict(gap),
            "clock": moment(gap.clock),
        }
        for pane in panes
        for gap in pane.gaps
    ]
    if gaps:
        insert(url, "feed_gaps", gaps)
    return driver


def _rounded(price: float, tick: Decimal) -> Decimal:
    return Decimal(float(price)).quantize(tick)
