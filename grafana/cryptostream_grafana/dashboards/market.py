"""Market: what one looks at all day."""

from cryptostream_grafana.board import Board, Row, Tile
from cryptostream_grafana.links import MARKET
from cryptostream_grafana.panels.candles import candlesticks
from cryptostream_grafana.queries import prices
from cryptostream_grafana.variables import common_variables

CANDLES = Tile(
    key="candles",
    title="$chart",
    answers="Where does the price stand, and where did alerts fire?",
    panel=candlesticks("B"),
    queries={"A": prices.candles(), "B": prices.price_decimals()},
    width=24,
    height=16,
    points=360,
)


def board() -> Board:
    return Board(
        uid=MARKET,
        title="Market",
        description="Prices, volumes and alerts of a stream's symbols",
        rows=(Row("Chart", (CANDLES,)),),
        variables=tuple(common_variables(charted=True)),
    )
