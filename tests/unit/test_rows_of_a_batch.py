"""Rows of a micro-batch become panes: a gap's own row is folded into its pane."""

from dataclasses import replace

from cryptostream_job.model import GapSpan
from cryptostream_job.rows import panes_by_symbol
from harness.job_driver import Rows, market

GAPS = (GapSpan(7, 9, "unavailable", 5), GapSpan(12, 12, "invalid", 6))


def test_each_pane_has_the_gaps_of_its_own_symbol_and_start() -> None:
    quiet, holed = market(2)
    holed = replace(holed, gaps=GAPS)
    other = replace(quiet, symbol="ETHUSDT", gaps=(GapSpan(1, 2, "heal-limit", 3),))
    assert panes_by_symbol(Rows([holed, other, quiet]).collect()) == {"BTCUSDT": [quiet, holed], "ETHUSDT": [other]}


def test_gaps_are_in_order_whatever_the_order_of_the_rows() -> None:
    (pane,) = market(1)
    pane = replace(pane, gaps=GAPS)
    assert panes_by_symbol(reversed(Rows([pane]).collect())) == {"BTCUSDT": [pane]}
