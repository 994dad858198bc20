"""The HTML picture: complete, accessible, safe with any text, and without a network."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cryptostream_model.palette import INK, PAPER
from cryptostream_plot.chart import Chart, GapMark
from cryptostream_plot.html import render_html, write_html
from cryptostream_plot.html_tables import MOST_ALERTS
from harness.charts import START, alert, candle, chart, symbol_chart
from harness.page import Page

EVIL = "</script><img src=x onerror=alert(1)>&\"'"
GAP = GapMark(40, 69, "heal-limit", START + timedelta(seconds=30), START + timedelta(seconds=50))
FALLING = {"open": Decimal("0.00001200"), "close": Decimal("0.00001150")}
TINY = {**FALLING, "high": Decimal("0.00001210"), "low": Decimal("0.00001150"), "volume": 8.7e7}


@pytest.fixture(scope="module")
def drawn() -> Chart:
    alerts = [
        alert(),
        alert(detector="volume_surge", state="open", severity="info", direction=None),
        alert(detector="volatility_burst", state="withdrawn", severity="critical", direction=None),
    ]
    return chart(
        symbol_chart("BTCUSDT", [candle(number) for number in range(30)], alerts, [GAP]),
        symbol_chart(EVIL, [candle(0, **TINY), candle(7, **TINY)], [alert(EVIL, direction="down")]),
        symbol_chart("HALTUSDT", []),
    )


@pytest.fixture(scope="module")
def page(drawn: Chart) -> Page:
    return Page(render_html(drawn))


def bars(figure: dict[str, Any], axis: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace["type"] == "bar" and trace["yaxis"] == axis]


def markers(figure: dict[str, Any]) -> dict[str, Any]:
    """The trace of the alerts' marks."""
    found: dict[str, Any] = next(
        trace for trace in figure["data"] if trace["mode"] == "markers" and "hovertext" in trace
    )
    return found


def test_the_page_says_what_it_shows(page: Page) -> None:
    assert page.tags("html") == [{"lang": "en"}]
    assert page.text("title") == page.text("h1") == ["desk/majors · binance · 2026-11-23 10:00:00 to 10:05:00 UTC"]
    assert page.text("h2") == ["Symbols", "BTCUSDT", EVIL, "HALTUSDT", "Alerts"]
    assert "No trades in this range." in page.text("p")


def test_the_page_loads_nothing(page: Page) -> None:
    for _, attributes in page.elements:
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert not page.tags("link")
    assert "@import" not in "".join(page.text("style"))
    assert "url(" not in "".join(page.text("style"))
    policy = next(tag["content"] for tag in page.tags("meta") if tag.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy


def test_text_from_outside_stays_text(page: Page) -> None:
    assert not page.tags("img")
    assert EVIL in page.text("a")
    assert EVIL in page.text("td")
    assert len(page.figures()) == 2


def test_text_from_outside_ends_no_script_and_makes_no_markup_in_a_figure() -> None:
    gap = GapMark(1, 2, EVIL, START, START + timedelta(seconds=10))
    strange = alert(detector=EVIL, direction=EVIL)
    page = Page(render_html(chart(symbol_chart("BTCUSDT", [candle(0)], [strange], [gap]))))
    assert not page.tags("img")
    (figure,) = page.figures()
    texts = [text for trace in figure["data"] for text in trace.get("hovertext", [])]
    assert len(texts) == 2
    assert all("&lt;img" in text and "<img" not in text for text in texts)
    assert all("<" not in text for text in figure["layout"]["yaxis"]["ticktext"])


def test_every_candle_is_drawn_with_its_volume(page: Page) -> None:
    rising, falling = page.figures()
    bodies = bars(rising, "y2")
    assert sum(len(trace["x"]) for trace in bodies) == 30
    assert bodies[0]["x"][:2] == ["2026-11-23T10:00:05", "2026-11-23T10:00:15"]
    assert (bodies[0]["base"][0], bodies[0]["y"][0]) == (100.0, 1.0)
    bought, sold = bars(rising, "y3")
    assert (bought["y"][0], sold["base"][0], sold["y"][0]) == (700.0, 700.0, 305.0)
    assert "close 0.0000115<br>" in bars(falling, "y2")[1]["customdata"][0]


def test_rising_candles_are_hollow_and_falling_ones_filled(page: Page) -> None:
    rising, falling = (bars(figure, "y2") for figure in page.figures())
    hollow, filled = rising[0]["marker"], falling[1]["marker"]
    assert (hollow["color"], hollow["line"]["color"]) == (PAPER, "#2f7fd6")
    assert filled["color"] == filled["line"]["color"] == "#d9710f"
    assert [len(trace["x"]) for trace in rising] == [30, 0]
    assert [len(trace["x"]) for trace in falling] == [0, 2]


def test_a_lone_candle_is_as_wide_as_any(page: Page) -> None:
    widths = {trace["width"] for figure in page.figures() for trace in bars(figure, "y2")}
    assert len(widths) == 1
    assert widths.pop() < 10_000


def test_detector_and_state_of_an_alert_can_be_seen(page: Page) -> None:
    first, second = (markers(figure) for figure in page.figures())
    assert first["marker"]["symbol"] == ["triangle-up", "square", "diamond"]
    assert first["marker"]["color"] == [INK, PAPER, PAPER]
    info, warning, critical = (first["marker"]["size"][index] for index in (1, 0, 2))
    assert info < warning < critical
    crosses = [trace for trace in page.figures()[0]["data"] if trace.get("marker", {}).get("symbol") == "x-thin"]
    assert [trace["y"] for trace in crosses] == [[first["y"][2]]]
    assert second["marker"]["symbol"] == ["triangle-down"]


def test_pointing_at_an_alert_tells_all_of_it(page: Page) -> None:
    assert markers(page.figures()[0])["hovertext"][0].split("<br>") == [
        "price spike up, confirmed",
        "warning: score 11.93, threshold 7",
        "window 2026-11-23 10:00:00 to 10:02:00",
        "last window 2026-11-23 10:03:00",
    ]


def test_an_alert_of_a_window_that_is_still_open_is_marked_at_the_edge() -> None:
    ahead = alert(window_end=START + timedelta(minutes=9), last_window_end=START + timedelta(minutes=9))
    page = Page(render_html(chart(symbol_chart("BTCUSDT", [candle(0)], [ahead]))))
    assert markers(page.figures()[0])["x"] == ["2026-11-23T10:05:00"]


def test_gaps_are_shaded_and_named(page: Page) -> None:
    figure = page.figures()[0]
    shaded = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect"]
    assert {(shape["x0"], shape["x1"]) for shape in shaded} == {("2026-11-23T10:00:30", "2026-11-23T10:00:50")}
    texts = [text for trace in figure["data"] for text in trace.get("hovertext", [])]
    assert "30 ids not to be had: 40 to 69 (heal-limit)" in texts


def test_alerts_are_a_table_too(page: Page) -> None:
    cells = page.text("td")
    for text in ("price spike up", "▲ confirmed", "□ open", "⊗ withdrawn", "11.93", "101.5"):
        assert text in cells
    assert {tag["scope"] for tag in page.tags("th")} == {"col", "row"}
    assert next(tag["aria-label"] for tag in page.tags("div") if tag.get("role") == "img") == (
        "Candles, volume and alerts of BTCUSDT"
    )


def test_of_very_many_alerts_the_table_lists_the_newest() -> None:
    many = [alert(id=str(number), score=float(number)) for number in range(MOST_ALERTS + 7)]
    page = Page(render_html(chart(symbol_chart("BTCUSDT", [candle(0)], many))))
    assert f"Alerts: the newest {MOST_ALERTS} of {MOST_ALERTS + 7}" in page.text("h2")
    assert page.text("td").count("▲ confirmed") == MOST_ALERTS
    assert len(markers(page.figures()[0])["x"]) == MOST_ALERTS + 7


def test_a_quiet_stream_says_that_it_has_no_alerts() -> None:
    page = Page(render_html(chart(symbol_chart("BTCUSDT", [candle(0)]))))
    assert "None in this range." in page.text("p")


def test_the_file_is_written_into_a_new_folder(tmp_path: Path) -> None:
    path = write_html(chart(symbol_chart("币安人生USDT", [candle(0)])), tmp_path / "new" / "chart.html")
    assert "<h2>币安人生USDT</h2>" in path.read_text(encoding="utf-8")
