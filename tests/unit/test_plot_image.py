"""The PNG: its size, and that what it is told to draw is there."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from cryptostream_model.palette import DOWN, HISTORY, INK, UP, VWAP
from cryptostream_plot.chart import AlertMark, SymbolChart
from cryptostream_plot.png import write_png
from harness.charts import alert, candle, chart, symbol_chart

RISES = [candle(number) for number in range(30)]
FALLS = [candle(number, open=Decimal(101), close=Decimal(100)) for number in range(30)]


def draw(folder: Path, *symbols: SymbolChart) -> np.ndarray:
    """The picture as an array of shape (height, width, 3), from 0 to 255."""
    pixels = matplotlib.image.imread(write_png(chart(*symbols), folder / "chart.png"))
    return np.asarray(pixels[..., :3] * 255).round().astype(int)


def amount(pixels: np.ndarray, colour: str, tolerance: int = 0) -> int:
    """Pixels of this colour, or nearly so: the edges of a line are blended with what is behind it."""
    wanted = np.array([int(colour[index : index + 2], 16) for index in (1, 3, 5)])
    return int((np.abs(pixels - wanted).max(axis=-1) <= tolerance).sum())


def test_it_is_1600_pixels_wide_and_grows_with_its_symbols(tmp_path: Path) -> None:
    heights = [
        draw(tmp_path, *(symbol_chart(f"S{number}USDT", RISES[:2]) for number in range(count))).shape
        for count in (1, 4, 5, 12)
    ]
    assert {width for _, width, _ in heights} == {1600}
    one, four, five, twelve = (height for height, _, _ in heights)
    assert one < five < four < twelve < 2_100


def test_more_symbols_than_it_can_show_are_left_to_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cryptostream_plot.png.MOST_SYMBOLS", 3)
    symbols = [symbol_chart(f"S{number}USDT", RISES[:1]) for number in range(4)]
    most, beyond = draw(tmp_path, *symbols[:-1]), draw(tmp_path, *symbols)
    assert beyond.shape == most.shape
    heading = slice(0, 40)
    assert (beyond[heading] != most[heading]).any(), "the heading says that there are more"
    assert (beyond[80:] == most[80:]).all()


def test_prices_volumes_and_vwap_are_drawn(tmp_path: Path) -> None:
    flat = [candle(number, taker_buy_quote_volume=0.0) for number in range(30)]
    rising, falling = draw(tmp_path, symbol_chart("A", flat)), draw(tmp_path, symbol_chart("A", FALLS))
    assert amount(rising, VWAP, tolerance=40) > 1_000
    # Falling bodies are filled, and taker buys are blue.
    assert amount(falling, DOWN) > amount(rising, DOWN) + 30 * 100
    assert amount(falling, UP) > amount(rising, UP) + 30 * 100


@pytest.mark.parametrize("detector", ["price_spike", "volume_surge", "volatility_burst", "a_new_one"])
def test_confirmed_alerts_are_solid_open_ones_hollow_withdrawn_ones_crossed(tmp_path: Path, detector: str) -> None:
    def ink(alerts: Sequence[AlertMark]) -> int:
        pixels = draw(tmp_path, symbol_chart("A", RISES, alerts))
        # Marks stand between the symbol's name and the candles.
        return amount(pixels[108:134, 400:], INK)

    confirmed, opened, withdrawn = (
        ink([alert(detector=detector, state=state)]) for state in ("confirmed", "open", "withdrawn")
    )
    assert confirmed > withdrawn > opened > 5


def test_history_is_shaded(tmp_path: Path) -> None:
    history = [candle(number, backfilled_trades=10) for number in range(15)]
    shaded, plain = draw(tmp_path, symbol_chart("A", history)), draw(tmp_path, symbol_chart("A", RISES[:15]))
    assert amount(shaded, HISTORY) > 200_000 > 1_000 > amount(plain, HISTORY)


def test_any_name_can_be_drawn(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    names = ["$\\frac{1}{$", "币安人生USDT", "<b>&_^", "1000SATSUSDT"]
    assert draw(tmp_path, *(symbol_chart(name, RISES) for name in names)).shape[1] == 1600
    assert not list(recwarn)


def test_one_trade_or_none_can_be_drawn(tmp_path: Path) -> None:
    still = candle(0, open=Decimal(1), high=Decimal(1), low=Decimal(1), close=Decimal(1), quote_volume=0.0, volume=0.0)
    assert amount(draw(tmp_path, symbol_chart("STILL", [still]), symbol_chart("EMPTY", [])), UP) > 20


def test_many_candles_are_drawn_longer_rather_than_too_thin(tmp_path: Path) -> None:
    day = [candle(number) for number in range(4_000)]
    length = timedelta(seconds=10) * 4_000 / timedelta(minutes=1)
    path = write_png(chart(symbol_chart("A", day), minutes=length), tmp_path / "chart.png")
    pixels = np.asarray(matplotlib.image.imread(path)[..., :3] * 255).round().astype(int)
    # Hollow bodies keep their inside: were they thinner than a pixel, the band of prices would be blue all over.
    band = pixels[300:310, 200:1500]
    assert (band == 255).all(axis=-1).mean() > 0.3
