"""Numbers on the terminal: short, exact where prices are, and never cut."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_view.chart import bars, line_of_dots
from cryptostream_view.figures import (
    ago_text,
    average_text,
    clock_text,
    compact_text,
    count_text,
    duration_text,
    latency_text,
    percent_text,
    price_text,
    span_text,
)
from cryptostream_view.glyphs import ASCII, UNICODE, glyphs_for, sparkline
from cryptostream_view.tickers import decimal_places

UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
amounts = st.floats(0, 1e17, allow_nan=False)


@given(st.decimals(0, 10**9, places=8))
def test_a_price_keeps_all_its_digits_while_they_fit(price: Decimal) -> None:
    text = price_text(price, decimal_places(price))
    assert len(text) <= 16
    shown = Decimal(text.replace(",", ""))
    if len(f"{price.normalize():,f}") <= 16:
        assert shown == price
    else:
        assert abs(shown - price) <= abs(price) * Decimal("1e-7")


@given(st.decimals(0, 10**40, allow_nan=False, allow_infinity=False), st.integers(0, 30))
def test_any_price_at_all_is_one_short_word(price: Decimal, places: int) -> None:
    text = price_text(price, places)
    assert 0 < len(text) <= 16
    assert " " not in text
    assert (Decimal(text.replace(",", "")) == 0) == (price == 0)


@pytest.mark.parametrize(
    ("price", "places", "text"),
    [
        ("97123.40000000", 2, "97,123.40"),
        ("0.01633102", 8, "0.01633102"),
        ("0.00001234", 8, "0.00001234"),
        ("12", 0, "12"),
        ("1E+3", 0, "1,000"),
        ("123456789.12345678", 8, "123,456,789.1235"),
    ],
)
def test_prices_look_as_the_exchange_writes_them(price: str, places: int, text: str) -> None:
    assert price_text(Decimal(price), places) == text


@given(amounts)
def test_an_amount_takes_five_characters_and_is_right_to_half_a_per_cent(amount: float) -> None:
    text = compact_text(amount)
    assert len(text) <= 8
    value = float(text.rstrip("KMBT")) * UNITS.get(text[-1], 1.0)
    assert value == pytest.approx(amount, rel=0.051 if amount < 0.0995 else 0.0051, abs=1e-300)


@given(st.floats(1e-3, 9.99e14))
def test_amounts_never_grow_wider_than_their_column(amount: float) -> None:
    assert len(compact_text(amount)) <= 6


@given(st.floats(0, 1e9, allow_nan=False))
def test_a_duration_is_short_and_right_to_a_third(seconds: float) -> None:
    text = duration_text(seconds)
    assert len(text) <= 6
    value = float(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]
    assert value == pytest.approx(seconds, rel=0.34, abs=0.051)


@given(st.floats(-1, 1e9, allow_nan=False))
def test_a_change_always_has_its_sign(share: float) -> None:
    text = percent_text(share)
    assert text[0] == ("-" if share < 0 else "+")
    assert text.endswith("%")
    assert len(text) <= 9


def test_figures_by_example() -> None:
    assert [compact_text(amount) for amount in (0, 0.052, 12.34, 999.4, 999.9, 1_234_000, 999_960_000, None)] == [
        *("0", "0.052", "12.3", "999", "1.00K", "1.23M", "1.00B", "-"),
    ]
    assert [duration_text(seconds) for seconds in (0.04, 9.94, 9.96, 59.4, 59.6, 723, 7200, 86400 * 12)] == [
        *("0.0s", "9.9s", "10s", "59s", "1m", "12m", "2h", "12d"),
    ]
    assert [percent_text(share) for share in (0.0052, -0.1234, 1.5, 12.5, None)] == [
        *("+0.52%", "-12.34%", "+150.0%", "+1,250%", "-"),
    ]
    assert [latency_text(seconds) for seconds in (0.0004, 0.412, 0.9999, 1.349, 12.04, 135.2)] == [
        *("0 ms", "412 ms", "1.00 s", "1.35 s", "12.0 s", "135 s"),
    ]
    assert [clock_text(seconds) for seconds in (-1, 0, 61.9, 3600)] == ["0:00", "0:00", "1:01", "1:00:00"]
    assert [span_text(seconds) for seconds in (86400, 7200, 3900, 120, 40, None)] == [
        *("24h", "2h", "65m", "2m", "40s", ""),
    ]
    assert [ago_text(seconds) for seconds in (0.2, 3.2, 42, 600)] == ["now", "3s ago", "42s ago", "10m ago"]
    assert [count_text(1, "gap"), count_text(12345, "trade")] == ["1 gap", "12,345 trades"]
    assert average_text(97123.412345, 2) == "97,123.41"


@given(st.lists(st.floats(-1e6, 1e6), max_size=200), st.integers(0, 60))
def test_a_sparkline_fits_and_touches_top_and_bottom(values: list[float], width: int) -> None:
    line = sparkline(values, width, UNICODE.levels)
    assert len(line) == min(width, len(values))
    if len(set(values)) > 1 and width >= len(values):
        assert UNICODE.levels[0] in line
        assert UNICODE.levels[-1] in line


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=200), st.integers(1, 80), st.integers(1, 12))
def test_a_chart_is_a_full_rectangle_with_something_in_every_column(
    values: list[float], width: int, height: int
) -> None:
    for rows in (line_of_dots(values, width, height), bars(values, width, height, "#")):
        assert [len(row) for row in rows] == [width] * height
        assert all(any(row[column] != " " for row in rows) for column in range(width))
        if width >= len(values) and len(set(values)) > 1:
            assert rows[0].strip()
            assert rows[-1].strip()


def test_a_rising_course_rises_in_the_chart() -> None:
    assert line_of_dots([0, 1, 2, 3], 2, 1) == ["⡠⠊"]
    assert bars([0, 1, 2], 3, 3, "#") == ["  #", " ##", "###"]


def test_a_sparkline_follows_its_values() -> None:
    assert sparkline([1, 2, 3, 4], 10, "_-=#") == "_-=#"
    assert sparkline([1, 1, 1], 10, "_-=#") == "---"
    assert sparkline(list(range(120)), 4, "_-=#") == "_-=#"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert glyphs_for("utf-8") is UNICODE
    assert glyphs_for("UTF8") is UNICODE
    assert glyphs_for("ANSI_X3.4-1968") is ASCII
    everything = "".join(
        [ASCII.levels, ASCII.up, ASCII.down, ASCII.rule, ASCII.divider, ASCII.dot, ASCII.warning, str(ASCII.states)]
    )
    assert everything.isascii()
