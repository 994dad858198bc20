"""The scale of sizes: which class a trade is in, and that everyone counts the same."""

import math
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_job.model import Geometry
from cryptostream_model.records import Record, Trade
from cryptostream_model.sizes import SIZE_BOUNDS, SIZE_CLASSES, SIZE_THRESHOLDS, size_class
from cryptostream_verify.recompute import recompute
from harness.naive_stream import SECOND, START
from harness.verify_world import workspace_of

GEOMETRY = Geometry(10 * SECOND, 30 * SECOND, 120 * SECOND, 5 * SECOND)


def counted(amounts: list[tuple[str, str]]) -> list[int]:
    """What the verifier counts of trades with these prices and quantities."""
    records: list[Record] = [
        Trade("x", "S", "t", n, price, quantity, "buy", 1, START, START, START, False)
        for n, (price, quantity) in enumerate(amounts)
    ]
    with workspace_of(records) as workspace:
        recompute(workspace, GEOMETRY)
        sizes: list[int] = workspace.execute("SELECT trade_sizes FROM panes").fetchall()[0][0]
        return sizes


def test_the_scale_has_two_classes_a_decade() -> None:
    assert SIZE_CLASSES == 24
    assert (SIZE_BOUNDS[0], SIZE_BOUNDS[8:11], SIZE_BOUNDS[-1]) == (0.0001, (1.0, 3.0, 10.0), 10_000_000.0)


@pytest.mark.parametrize("number", range(1, SIZE_CLASSES))
def test_a_class_begins_with_its_bound(number: int) -> None:
    bound = SIZE_BOUNDS[number - 1]
    assert size_class(bound) == number
    assert size_class(bound * (1 - 1e-12)) == number - 1


@given(st.sampled_from(SIZE_BOUNDS), st.integers(1, 10**6), st.integers(0, 6))
def test_a_trade_worth_a_bound_is_in_its_class_however_doubles_round(bound: float, factor: int, scale: int) -> None:
    price = Decimal(factor).scaleb(-scale)
    quantity = Fraction(str(bound)) / Fraction(price)
    assert size_class(float(price) * float(quantity)) == SIZE_BOUNDS.index(bound) + 1


@given(
    st.lists(
        st.tuples(
            st.decimals("0.000000000000000001", "999999999", places=18, allow_nan=False),
            st.decimals("0.000000000000000001", "999999999", places=18, allow_nan=False),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_the_verifier_counts_as_python_does(amounts: list[tuple[Decimal, Decimal]]) -> None:
    expected = [0] * SIZE_CLASSES
    for price, quantity in amounts:
        expected[size_class(float(price) * float(quantity))] += 1
    assert counted([(f"{price:f}", f"{quantity:f}") for price, quantity in amounts]) == expected


def test_the_verifier_knows_the_thresholds_to_the_last_bit() -> None:
    for threshold in SIZE_THRESHOLDS:
        assert duckdb.sql(f"SELECT {threshold:.17e}, typeof({threshold:.17e})").fetchall() == [(threshold, "DOUBLE")]
    assert all(
        math.nextafter(threshold, 0) < threshold < bound
        for threshold, bound in zip(SIZE_THRESHOLDS, SIZE_BOUNDS, strict=True)
    )


def test_values_beyond_all_bounds_are_counted_too() -> None:
    sizes = counted([("999999999999999999", "999999999999999999"), ("0.000000000000000001", "0.000000000000000001")])
    assert (sizes[0], sizes[-1], sum(sizes)) == (1, 1, 2)
