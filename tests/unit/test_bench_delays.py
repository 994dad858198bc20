"""Delays of single trades in the benchmark."""

import numpy as np
import pytest

from bench.live.delays import caused, covering, quantiles


def test_a_trade_belongs_to_the_first_batch_that_reaches_it() -> None:
    assert covering(np.array([1, 10, 11, 30]), [10, 20, 30]).tolist() == [0, 0, 1, 2]


def test_a_batch_that_was_written_again_after_a_kill_reaches_no_more_than_before() -> None:
    assert covering(np.array([15, 25]), [10, 20, 15, 30]).tolist() == [1, 3]


@pytest.mark.parametrize("reached", [[], [10]])
def test_a_trade_that_no_batch_reaches_is_an_error(reached: list[int]) -> None:
    with pytest.raises(LookupError, match="no batch reaches position 11"):
        covering(np.array([11]), reached)


def test_quantiles_are_those_of_all_trades() -> None:
    found = quantiles(np.arange(101) / 100)
    assert (found.count, found.p50, found.p99, found.largest) == (101, 0.5, 0.99, 1.0)


def test_without_trades_there_are_no_quantiles() -> None:
    with pytest.raises(ValueError, match="no trade"):
        quantiles(np.empty(0))


def test_an_alert_was_caused_by_the_last_batch_committed_before_it_was_seen() -> None:
    committed = np.array([100.0, 101.0, 102.0])
    assert caused(np.array([0, 1, 1]), committed, np.array([100.2, 100.4, 102.5])) == {0: 100.4}
