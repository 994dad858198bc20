"""Where a symbol really ended when positions and trades topic disagree."""

from cryptostream_model.records import Gap, Position, Progress, Record, Trade
from cryptostream_producer.reconcile import SymbolTail, true_position


def position(last_id: int | None, clock: int) -> Position:
    return Position("binance", "BTCUSDT", "aggTrade", last_id, clock)


def trade(number: int, clock: int) -> Trade:
    return Trade("binance", "BTCUSDT", "aggTrade", number, "1", "1", "buy", 1, clock, clock, clock, False)


def gap(to_id: int, clock: int) -> Gap:
    return Gap("binance", "BTCUSDT", "aggTrade", to_id, to_id, "unavailable", clock)


def progress(clock: int) -> Progress:
    return Progress("binance", "BTCUSDT", "aggTrade", clock)


def tail(*records: Record) -> SymbolTail:
    found = SymbolTail(records[0])
    for record in records:
        found.follow(record)
    return found


def test_both_agree_after_whole_transactions() -> None:
    assert true_position([position(7, 70)], tail(trade(6, 60), trade(7, 70))) == position(7, 70)
    assert true_position([position(7, 70), position(7, 90)], tail(trade(7, 70), progress(90))) == position(7, 90)


def test_trades_whose_position_was_lost_are_not_written_again() -> None:
    assert true_position([position(7, 70)], tail(trade(7, 70), trade(8, 80), trade(9, 85))) == position(9, 85)


def test_a_position_whose_trades_were_lost_is_taken_back() -> None:
    assert true_position([position(7, 70), position(9, 85)], tail(trade(7, 70))) == position(7, 70)


def test_a_gap_counts_up_to_its_last_id() -> None:
    assert true_position([position(7, 70)], tail(trade(7, 70), gap(12, 70))) == position(12, 70)


def test_progress_whose_position_was_lost_moves_the_clock_only() -> None:
    assert true_position([position(7, 70)], tail(progress(95))) == position(7, 95)


def test_a_position_beyond_the_last_progress_belongs_to_a_lost_transaction() -> None:
    assert true_position([position(7, 90), position(8, 99)], tail(progress(90))) == position(7, 90)


def test_a_symbol_that_has_not_been_written_for_long_is_taken_at_its_position() -> None:
    assert true_position([position(7, 70)], None) == position(7, 70)


def test_a_symbol_without_any_position_is_taken_at_its_last_record() -> None:
    assert true_position([], None) is None
    assert true_position([], tail(trade(7, 70))) == position(7, 70)
    assert true_position([], tail(progress(70))) == position(None, 70)
