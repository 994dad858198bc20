"""The panes of the grid, one after the other: those with records, and empty ones in between."""

from collections.abc import Iterable, Mapping

from cryptostream_job.model import Pane


def grid_panes(known: Mapping[int, Pane], starts: Iterable[int], symbol: str, exchange: str) -> list[Pane]:
    """One pane for each start: the known one, else an empty one."""
    return [known.get(start) or empty_pane(start, symbol, exchange) for start in starts]


def empty_pane(start: int, symbol: str, exchange: str) -> Pane:
    """A pane in which nothing was recorded: no trades, no gaps, not even progress of the clock."""
    return Pane(
        symbol=symbol,
        exchange=exchange,
        start=start,
        trades=0,
        first_id=None,
        last_id=None,
        open=None,
        high=None,
        low=None,
        close=None,
        mean_price=None,
        m2_price=None,
        volume=0.0,
        quote_volume=0.0,
        taker_buy_volume=0.0,
        taker_buy_quote_volume=0.0,
        rush_orders=0,
        rush_volume=0.0,
        rush_buy_orders=0,
        late_trades=0,
        missing_ids=0,
        backfilled_trades=0,
        first_clock=start,
        clock=start,
        partition=0,
    )
