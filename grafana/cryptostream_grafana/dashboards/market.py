"""Market: what one looks at all day."""

from cryptostream_grafana.board import Board, Marks, Row, Tile
from cryptostream_grafana.links import MARKET, market_url
from cryptostream_grafana.palette import NEUTRAL, SEVERITIES
from cryptostream_grafana.panels.candles import candlesticks
from cryptostream_grafana.panels.lines import lines, taker_bars, trend_lines
from cryptostream_grafana.panels.sizes import size_heatmap
from cryptostream_grafana.panels.tables import alert_list, watchlist
from cryptostream_grafana.panels.tickers import ticker
from cryptostream_grafana.queries import charted_alerts, comparison, figures, flow, prices
from cryptostream_grafana.units import PERCENT
from cryptostream_grafana.variables import common_variables

_LIVE_POINTS = 360
"""So many that ranges below six hours are read from panes: rollups of plain PostgreSQL lag by a pane that is open."""

_TICKERS = Tile(
    key="tickers",
    title="$symbol",
    answers=(
        "Where does the symbol stand? Last price with its course, change and volume (in quote currency) over the "
        "range, distance of the last price from the range's volume-weighted average, and how long ago the last trade "
        "was: yellow from 30 s, red from 2 min, nothing in a range that ends in the past. Whether the feed itself is "
        "alive, Feed health says."
    ),
    panel=ticker("C", market_url(symbol="${symbol:percentencode}")),
    queries={"A": figures.sparkline(), "B": figures.ticker(), "C": prices.decimals()},
    height=6,
    no_data="-",
    points=_LIVE_POINTS,
    repeat="symbol",
    repeats_a_row=6,
)
_CANDLES = Tile(
    key="candles",
    title="$chart",
    answers=(
        "What does the charted symbol do, and where did alerts fire? Candles with their volume in quote currency "
        f"below, the volume-weighted average price of the last {prices.TRAILING} intervals, and bands "
        f"{prices.BAND_WIDTH} standard deviations around it. Regions are alerts in the colour of their severity, from "
        "the window that opened them to their end; grey lines are trades that the exchange could not deliver."
    ),
    panel=candlesticks("B"),
    queries={"A": prices.candles(), "B": prices.charted_decimals()},
    width=24,
    height=15,
    no_data="No trades in this range",
    points=360,
)
_TAKERS = Tile(
    key="takers",
    title="Taker buys and sells of $chart",
    answers=(
        "Who pushes the price? Volume in quote currency in which the taker bought (up) or sold (down), and on the "
        "right axis what of buys is left over sells since the range began."
    ),
    panel=taker_bars(),
    queries={"A": flow.taker_volume()},
    height=8,
    no_data="No trades in this range",
    points=180,
)
_SIZES = Tile(
    key="sizes",
    title="Trade sizes of $chart",
    answers=(
        "Do large traders step in? How many trades there were by their value in quote currency; a row is named by its "
        "lowest value, the next one begins at about three times as much. When the bright band rises, trades become "
        "larger; what lights up far above it are large orders."
    ),
    panel=size_heatmap(),
    queries={"A": flow.trade_sizes()},
    height=8,
    no_data="No trades counted by size in this range",
    points=180,
)
_COMPARISON = Tile(
    key="comparison",
    title="Change since the range began",
    answers="Which symbol leads, which one lags? Prices of the selected symbols, each as the change since its first in "
    "the range.",
    panel=lines(PERCENT, decimals=2),
    queries={"A": comparison.normalised()},
    height=9,
    points=240,
)
_VOLATILITY = Tile(
    key="volatility",
    title="Realised volatility",
    answers=(
        f"How much do prices swing? Root mean square of the log returns over the last {prices.TRAILING} intervals, "
        "scaled to a year, so that ranges and symbols compare."
    ),
    panel=lines(PERCENT, decimals=0),
    queries={"A": comparison.realised_volatility()},
    height=9,
    points=240,
)
_WATCHLIST = Tile(
    key="watchlist",
    title="Watchlist",
    answers=(
        "How do all selected symbols compare over the range? Sorted by volume; the bar is where the last price lies "
        "between low and high. A symbol's name charts it above."
    ),
    panel=watchlist(market_url(symbol="${__value.raw:percentencode}", keep_symbols=True)),
    queries={"A": figures.watchlist()},
    height=11,
    no_data="No symbols: choose a stream that has begun by the end of this range",
    points=_LIVE_POINTS,
)
_ALERTS = Tile(
    key="alerts",
    title="Latest alerts",
    answers=(
        "What has just fired? The newest 100 alerts of the selected symbols, detectors and severities; time and symbol "
        "lead to the chart around the alert."
    ),
    panel=alert_list(
        market_url(
            symbol="${__data.fields.symbol:percentencode}",
            keep_symbols=True,
            start="${__data.fields.from_ms.numeric}",
            end="${__data.fields.to_ms.numeric}",
        )
    ),
    queries={"A": charted_alerts.latest_alerts()},
    height=11,
    no_data="No alerts in this range",
)
_TRENDS = Tile(
    key="trends",
    title="$symbol",
    answers=(
        f"Which way does each symbol go? Price and the volume-weighted moving average of the last {prices.TRAILING} "
        "intervals."
    ),
    panel=trend_lines("B"),
    queries={"A": prices.trend(), "B": prices.decimals()},
    height=7,
    points=180,
    repeat="symbol",
    repeats_a_row=4,
)


def board() -> Board:
    return Board(
        uid=MARKET,
        title="Market",
        description="Prices, volumes and alerts of a stream's symbols",
        rows=(
            Row("Tickers", (_TICKERS,)),
            Row("Chart of $chart", (_CANDLES, _TAKERS, _SIZES)),
            Row("All selected symbols", (_WATCHLIST, _ALERTS, _COMPARISON, _VOLATILITY)),
            Row("Price and moving average of each symbol", (_TRENDS,), collapsed=True),
        ),
        variables=tuple(common_variables(charted=True)),
        marks=_marks(),
        start="now-1h",
        refresh="5s",
    )


def _marks() -> tuple[Marks, ...]:
    alerts = (
        Marks(f"{name.capitalize()} alerts", charted_alerts.regions(name), colour, ("candles", "takers"))
        for name, colour in SEVERITIES.items()
    )
    return (*alerts, Marks("Gaps", charted_alerts.gaps(), NEUTRAL, ("candles",)))
