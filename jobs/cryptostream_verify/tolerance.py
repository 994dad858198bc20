"""When a stored number equals the recomputed one, as SQL conditions over the columns ``e`` (expected) and ``f``
(found).

Counts, ids, times and prices must be equal. Sums and statistics must agree to a relative 1e-9. Sums of prices,
quantities and values have no negative terms, so that suffices for them, and an expected 0 must be 0.

The statistics of spread have an absolute floor besides, because they can be zero or far smaller than the prices they
come from, and a job that computes in doubles cannot do better: with unit round-off u = 2^-53 and condition number
k = sqrt(1 + n mean^2 / m2), the relative error of the best one-pass and two-pass methods grows as u k (Chan, Golub,
LeVeque 1983). So m2 may be off by a small multiple of u mean sqrt(n m2) + n (u mean)^2, the standard deviation by one
of u mean. Where prices spread over more than about 1e-5 of their mean, 1e-9 is the stricter of the two.
A log return of two closes may be off by u (1 + |ln price|), realized volatility by that times sqrt(number of panes).
"""

from cryptostream_job.model import Geometry

RELATIVE = 1e-9
_ROUND_OFF = 2.0**-53 * 32  # a few operations, and merging of partial results


def equal_exactly(column: str) -> str:
    """The condition for counts, ids, times, texts and flags."""
    return f'e."{column}" IS NOT DISTINCT FROM f."{column}"'


def equal_where_counted(column: str) -> str:
    """The condition for counts that rows of older versions do not have."""
    return f'(f."{column}" IS NULL OR {equal_exactly(column)})'


def equal_prices(column: str) -> str:
    """The condition for exact decimals; the found one is PostgreSQL's text without trailing zeros."""
    return f'{price_text(column)} IS NOT DISTINCT FROM f."{column}"'


def price_text(column: str) -> str:
    """An expected decimal as PostgreSQL writes it without trailing zeros."""
    return f"""rtrim(rtrim(CAST(e."{column}" AS VARCHAR), '0'), '.')"""


def equal_closely(column: str, geometry: Geometry) -> str:
    """The condition for doubles."""
    expected, found = f'e."{column}"', f'f."{column}"'
    floor = _floor(column, geometry)
    return (
        f"CASE WHEN {expected} IS NULL OR {found} IS NULL THEN {expected} IS NULL AND {found} IS NULL "
        f"ELSE abs({expected} - {found}) <= {RELATIVE!r} * abs({expected}) + {floor} END"
    )


def _floor(column: str, geometry: Geometry) -> str:
    unit = f"({_ROUND_OFF!r} * e.mean_price)"
    if column == "m2_price":
        return f"{unit} * sqrt(e.trades * e.m2_price) + e.trades * {unit} * {unit}"
    if column == "stddev_price":
        return unit
    if column == "realized_volatility":
        return f"{_ROUND_OFF!r} * {(geometry.window / geometry.pane) ** 0.5!r} * (1 + abs(ln(CAST(e.close AS DOUBLE))))"
    return "0"
