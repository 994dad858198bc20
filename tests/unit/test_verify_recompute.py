"""Panes and windows of the verifier against loops in exact arithmetic."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream_job.model import Geometry, Window
from cryptostream_model.records import Gap, Progress, Record, Trade
from cryptostream_verify.recompute import recompute
from harness.naive_stream import SECOND, START, compute, market
from harness.verify_world import workspace_of

GEOMETRY = Geometry(2 * SECOND, 4 * SECOND, 8 * SECOND, SECOND)
CLOSE_TO = 1e-12


def recomputed(records: list[Record], geometry: Geometry, table: str, order: str) -> list[dict[str, Any]]:
    with workspace_of(records) as workspace:
        recompute(workspace, geometry)
        rows = workspace.execute(f"SELECT * FROM {table} ORDER BY {order}")
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        if isinstance(value, float):
            assert found[name] == pytest.approx(value, rel=CLOSE_TO, abs=1e-15), name
        else:
            assert found[name] == value, name


def window_row(window: Window) -> dict[str, Any]:
    names = {"start": "window_start", "end": "window_end"}
    return {names.get(name, name): getattr(window, name) for name in Window.__dataclass_fields__}


def assert_agrees(records: list[Record], geometry: Geometry) -> None:
    expected = compute(records, geometry)
    panes = recomputed(records, geometry, "panes", "pane_start")
    assert [pane["pane_start"] for pane in panes] == [pane["pane_start"] for pane in expected.panes]
    for found, wanted in zip(panes, expected.panes, strict=True):
        assert_same(found, {name: value for name, value in wanted.items() if name not in ("closed", "pane_end")})
    windows = recomputed(records, geometry, "windows", "window_end")
    assert [window["window_end"] for window in windows] == [window.end for window in expected.windows]
    for row, window in zip(windows, expected.windows, strict=True):
        assert_same(row, window_row(window))


@pytest.mark.parametrize("seed", range(4))
def test_a_lively_market_agrees_with_exact_loops(seed: int) -> None:
    records = market("BTCUSDT", seed)
    assert any(isinstance(record, Gap) for record in records)
    assert any(pane["late_trades"] for pane in compute(records, GEOMETRY).panes)
    assert_agrees(records, GEOMETRY)


def test_a_penny_coin_keeps_the_digits_of_its_spread() -> None:
    assert_agrees(market("PEPEUSDT", 7, price="0.00001000"), GEOMETRY)


def test_a_tick_on_a_large_price_keeps_the_digits_of_its_spread() -> None:
    records: list[Record] = [
        Trade("x", "S", "trade", n, price, "1", "buy", 1, START + n, START + n, START + n, False)
        for n, price in enumerate(["100000.00000001", "100000.00000002"] * 5)
    ]
    [pane] = recomputed(records, GEOMETRY, "panes", "pane_start")
    assert pane["m2_price"] == pytest.approx(10 * 0.25e-16, rel=1e-6)


def test_a_market_without_trades_has_empty_windows() -> None:
    records: list[Record] = [Progress("x", "S", "trade", START + n * SECOND) for n in range(30)]
    windows = recomputed(records, GEOMETRY, "windows", "window_end")
    assert len(windows) == len(compute(records, GEOMETRY).windows) > 3
    assert all(window["trades"] == 0 and window["volume"] == 0 and window["close"] is None for window in windows)


@st.composite
def sequences(draw: st.DrawFn) -> list[Record]:
    """A few records of one symbol by the rules of the topic, with any mixture of times."""
    clock, number, records = START + draw(st.integers(0, 9_000_000)), 5, list[Record]()
    for _ in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(["trade", "trade", "trade", "gap", "progress"]))
        if kind == "trade":
            time = clock + (draw(st.integers(-9_000_000, 9_000_000)) if records else 0)
            clock = max(clock, time)
            price = draw(st.decimals("0.00000001", "99999", places=8, allow_nan=False))
            quantity = draw(st.decimals("0.001", "1000", places=3))
            side: Any = draw(st.sampled_from(["buy", "sell"]))
            fills, backfilled = draw(st.integers(1, 3)), draw(st.booleans())
            records.append(
                Trade("x", "S", "t", number, f"{price:f}", f"{quantity:f}", side, fills, time, time, clock, backfilled)
            )
            number += 1
        elif kind == "gap":
            last = number + draw(st.integers(0, 9))
            records.append(Gap("x", "S", "t", number, last, "invalid", clock))
            number = last + 1
        else:
            clock += draw(st.integers(0, 9_000_000))
            records.append(Progress("x", "S", "t", clock))
    return records


@settings(max_examples=25, deadline=None)
@given(sequences(), st.sampled_from([1, 2, 3]), st.sampled_from([1, 2]), st.integers(0, 3_000_000))
def test_any_sequence_agrees_with_exact_loops(records: list[Record], slide: int, window: int, lateness: int) -> None:
    geometry = Geometry(2 * SECOND, slide * 2 * SECOND, window * slide * 2 * SECOND, lateness)
    assert_agrees(records, geometry)


def test_realized_volatility_is_that_of_the_closes_of_panes() -> None:
    times = [START, START + 2 * SECOND, START + 4 * SECOND, START + 20 * SECOND]
    records: list[Record] = [
        Trade("x", "S", "t", n, str(price), "1", "buy", 1, time, time, time, False)
        for n, (time, price) in enumerate(
            zip(times, [Decimal(100), Decimal(110), Decimal(99), Decimal(99)], strict=True)
        )
    ]
    first = recomputed(records, GEOMETRY, "windows", "window_end")[0]
    assert first["realized_volatility"] == pytest.approx(math.hypot(math.log(1.1), math.log(0.9)), rel=1e-12)
