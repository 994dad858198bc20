"""The numbers on Market are those that follow from the panes, and those of ``cryptostream plot``."""

import math
import statistics
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from cryptostream_grafana.queries import charted_alerts, comparison, figures, flow, prices
from cryptostream_grafana.queries.query import Query
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Pane
from cryptostream_local.database import Database
from cryptostream_model.sizes import SIZE_BOUNDS, SIZE_CLASSES
from cryptostream_model.streams import StreamName
from cryptostream_plot.chart import running_vwap
from cryptostream_plot.intervals import Interval
from cryptostream_plot.pictures import read_chart
from harness.database import rows
from harness.grafana_macros import Range, expand
from harness.grafana_variables import Selection
from harness.panes import moment
from harness.sql import run
from harness.stored_market import START, market_panes, store_market

pytestmark = pytest.mark.integration

STREAM = StreamName("test", "market")
BTC, PEPE = "BTCUSDT", "1000PEPE:USDT"
COUNT = 360
BEGIN, END = moment(START), moment(START) + timedelta(hours=1) - timedelta(seconds=1)
SEVERITIES = ("info", "warning", "critical")
ALERTING = {"detector": tuple(DetectorSettings.model_fields), "severity": SEVERITIES}


@dataclass(frozen=True)
class Market:
    """An hour of two symbols in a database; BTC jumps at half past and misses ids at a quarter past."""

    url: str
    panes: dict[str, list[Pane]]

    def ask(self, query: Query, *, symbol: str = BTC, seconds: int = 10, end: datetime = END) -> list[dict[str, Any]]:
        """The query's rows as a panel of one symbol gets them, with an interval of so many seconds."""
        chosen = Selection({"stream": str(STREAM), "symbol": (symbol,), "chart": symbol, **ALERTING})
        scope = Range(end - (END - BEGIN), end, seconds * 1_000)
        return rows(self.url, expand(chosen.interpolate(query.sql), scope).replace("%", "%%"))


@pytest.fixture(scope="module")
def market(database_server: Database) -> Iterator[Market]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    run(database_server.url(), f'CREATE DATABASE "{name}"')
    panes = {
        BTC: market_panes(BTC, COUNT, moves={180: 0.02}, gap_at=90),
        PEPE: market_panes(PEPE, COUNT, price=0.0189, busy=0.3),
    }
    store_market(database_server.url(name), STREAM, [pane for each in panes.values() for pane in each])
    yield Market(database_server.url(name), panes)
    run(database_server.url(), f'DROP DATABASE "{name}" WITH (FORCE)')


def test_candles_and_average_are_those_of_the_plot(market: Market) -> None:
    interval = Interval(timedelta(minutes=1), "1m")
    shown = market.ask(prices.candles(), seconds=60)

    until = END + timedelta(seconds=1)
    chart = read_chart(market.url, STREAM, start=BEGIN, end=until, symbols=[BTC], interval=interval.length)
    candles = chart.symbols[0].candles
    assert [row["time"] for row in shown] == [candle.start for candle in candles]
    for name in ("open", "high", "low", "close"):
        assert [row[name] for row in shown] == [float(getattr(candle, name)) for candle in candles]
    assert [row["VWAP"] for row in shown] == pytest.approx(list(running_vwap(candles, interval).prices))


def test_bands_are_two_deviations_of_the_trailing_averages(market: Market) -> None:
    for row, until in zip(market.ask(prices.candles()), range(1, COUNT + 1), strict=True):
        recent = market.panes[BTC][max(0, until - prices.TRAILING) : until]
        weights = [pane.volume for pane in recent]
        averages = [pane.quote_volume / pane.volume for pane in recent]
        centre = statistics.fmean(averages, weights)
        deviation = math.sqrt(statistics.fmean([(each - centre) ** 2 for each in averages], weights))
        assert row["upper band"] - row["VWAP"] == pytest.approx(2 * deviation, rel=1e-3, abs=centre * 1e-7)
        assert row["VWAP"] - row["lower band"] == pytest.approx(2 * deviation, rel=1e-3, abs=centre * 1e-7)


def test_prices_have_the_decimals_of_their_symbol(market: Market) -> None:
    assert market.ask(prices.charted_decimals(), symbol=BTC) == [{"decimals": 2}]
    assert market.ask(prices.charted_decimals(), symbol=PEPE) == [{"decimals": 8}]


@pytest.mark.parametrize("symbol", [BTC, PEPE])
def test_a_ticker_sums_the_range_up(market: Market, symbol: str) -> None:
    panes = market.panes[symbol]
    vwap = sum(pane.quote_volume for pane in panes) / sum(pane.volume for pane in panes)
    first, last = panes[0].open, panes[-1].close
    assert first is not None
    assert last is not None

    (shown,) = market.ask(figures.ticker(), symbol=symbol)

    assert shown["change"] == pytest.approx(float(last / first - 1) * 100)
    assert shown["volume"] == pytest.approx(sum(pane.quote_volume for pane in panes))
    assert shown["deviation"] == pytest.approx((float(last) / vwap - 1) * 100)


def test_the_watchlist_tells_prices_in_full(market: Market) -> None:
    (shown,) = market.ask(figures.watchlist(), symbol=PEPE)
    panes = market.panes[PEPE]
    assert shown["last"] == f"{panes[-1].close:.8f}"
    assert shown["high"] == f"{max(pane.high for pane in panes if pane.high is not None):.8f}"
    assert shown["rate"] == pytest.approx(sum(pane.trades for pane in panes) / 3599)


def test_a_symbol_without_trades_in_the_range_keeps_its_ticker(market: Market) -> None:
    (shown,) = market.ask(figures.ticker(), end=END + timedelta(days=400))
    assert (shown["change"], shown["volume"]) == (None, None)


def test_a_past_range_has_no_age_and_a_live_one_the_last_trades(market: Market) -> None:
    run(market.url, "UPDATE crypto_symbols SET traded_at = now() - INTERVAL '7 s'")
    (past,) = market.ask(figures.ticker(), end=BEGIN)
    (live,) = market.ask(figures.ticker(), end=datetime.now(BEGIN.tzinfo))
    assert past["age"] is None
    assert live["age"] == pytest.approx(7, abs=2)


def test_taker_volumes_add_up_to_the_whole(market: Market) -> None:
    shown = market.ask(flow.taker_volume(), seconds=60)
    whole = sum(pane.quote_volume for pane in market.panes[BTC])
    bought = sum(pane.taker_buy_quote_volume for pane in market.panes[BTC])
    assert sum(row["taker buys"] - row["taker sells"] for row in shown) == pytest.approx(whole)
    assert shown[-1]["net since start"] == pytest.approx(bought - (whole - bought))


def test_trades_are_told_apart_by_their_size(market: Market) -> None:
    shown = market.ask(flow.trade_sizes(), seconds=60)
    sums: dict[float, float] = {}
    for row in shown:
        sums[float(row["metric"])] = sums.get(float(row["metric"]), 0) + row["trades"]
    expected = [0] * SIZE_CLASSES
    for pane in market.panes[BTC]:
        expected = [before + added for before, added in zip(expected, pane.trade_sizes or expected, strict=True)]
    used = [number for number, count in enumerate(expected) if count]
    bounds = (0.0, *SIZE_BOUNDS)
    assert sums == {bounds[number]: expected[number] for number in range(used[0], used[-1] + 1)}
    assert len(shown) == len(sums) * len({row["time"] for row in shown})


def test_compared_symbols_begin_at_zero(market: Market) -> None:
    shown = market.ask(comparison.normalised(), symbol=PEPE, seconds=60)
    assert shown[0]["change"] == 0
    assert shown[0]["metric"] == PEPE
    assert len(shown) <= 60


def test_volatility_is_that_of_the_trailing_returns_by_the_year(market: Market) -> None:
    closes = [float(pane.close) for pane in market.panes[BTC] if pane.close is not None]
    returns = [math.log(after / before) for before, after in pairwise(closes)]

    shown = market.ask(comparison.realised_volatility())

    for row, until in zip(shown, range(1, COUNT), strict=True):
        recent = returns[max(0, until - prices.TRAILING) : until]
        yearly = math.sqrt(sum(each**2 for each in recent) / (10 * len(recent)) * 31_557_600)
        assert row["volatility"] == pytest.approx(100 * yearly)


def test_alerts_are_regions_from_the_window_that_opened_them(market: Market) -> None:
    regions = [row for name in SEVERITIES for row in market.ask(charted_alerts.regions(name))]
    alerts = rows(market.url, "SELECT * FROM crypto_alerts WHERE symbol = %s AND state <> 'withdrawn'", BTC)
    assert alerts
    assert sorted((row["time"], row["timeend"]) for row in regions) == sorted(
        (alert["window_start"], alert["ended"] or alert["last_window_end"]) for alert in alerts
    )
    assert all("price spike" in row["text"] for row in regions if "price_spike" in row["tags"])


def test_gaps_stand_at_the_clock_of_their_symbol(market: Market) -> None:
    (gap,) = market.ask(charted_alerts.gaps())
    assert gap["time"] == BEGIN + timedelta(seconds=900)
    assert gap["text"] == "40 trades not to be had: unavailable"


def test_an_alerts_link_shows_what_came_before_and_after(market: Market) -> None:
    for row in market.ask(charted_alerts.latest_alerts()):
        assert row["from_ms"] / 1000 < (row["time"] - timedelta(minutes=10)).timestamp()
        assert row["to_ms"] / 1000 > (row["time"] + timedelta(minutes=10)).timestamp()
