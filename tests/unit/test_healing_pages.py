"""Which ids a REST answer accounts for, and when it is worth asking again."""

from cryptostream_producer.exchanges.base import ExchangeTrade, InvalidRow, Row
from cryptostream_producer.needs import Fetch, Page
from cryptostream_producer.paging import PageEnd, end_by_count, end_by_id
from cryptostream_producer.paging import judge_page as judge

LIMIT = 5


def rows(*ids: int) -> list[Row]:
    return [ExchangeTrade("BTCUSDT", number, "1", "1", "buy", 1, 2 * 10**15, 2 * 10**15) for number in ids]


def judge_page(wanted: Fetch, answer: list[Row], limit: int) -> tuple[Page, bool]:
    return judge(wanted, answer, end_by_count(wanted.from_id, answer, limit), limit)


def need(from_id: int, to_id: int | None) -> Fetch:
    return Fetch(from_id, to_id, 1, None)


def test_all_ids_present_is_complete() -> None:
    page, complete = judge_page(need(3, 6), rows(3, 4, 5, 6, 7), LIMIT)
    assert complete
    assert ([trade.id for trade in page.trades], page.through_id) == ([3, 4, 5, 6], 6)


def test_a_full_page_is_complete_up_to_its_last_row() -> None:
    page, complete = judge_page(need(3, 100), rows(3, 4, 5, 6, 7), LIMIT)
    assert complete
    assert (page.through_id, page.at_newest) == (7, False)


def test_a_hole_before_a_later_id_is_accounted_for_but_worth_another_try() -> None:
    page, complete = judge_page(need(3, 6), rows(3, 6, 7), LIMIT)
    assert not complete
    assert ([trade.id for trade in page.trades], page.through_id) == ([3, 6], 6)


def test_an_answer_that_ends_early_accounts_only_for_what_it_holds() -> None:
    page, complete = judge_page(need(3, 9), rows(3, 4), LIMIT)
    assert not complete
    assert (page.through_id, page.at_newest) == (4, True)


def test_an_empty_answer_accounts_for_nothing() -> None:
    page, complete = judge_page(need(3, 9), [], LIMIT)
    assert not complete
    assert (page.through_id, page.trades) == (2, ())


def test_the_newest_trade_is_reached_when_an_open_ended_answer_is_short() -> None:
    page, complete = judge_page(need(3, None), rows(3, 4), LIMIT)
    assert complete
    assert (page.through_id, page.at_newest) == (4, True)
    page, complete = judge_page(need(3, None), [], LIMIT)
    assert complete
    assert (page.through_id, page.at_newest) == (2, True)


def test_an_id_beyond_what_was_asked_proves_that_the_ids_before_it_are_missing() -> None:
    page, complete = judge_page(need(3, 6), rows(12), LIMIT)
    assert not complete
    assert (page.through_id, page.trades, page.at_newest) == (6, (), False)


def test_malformed_rows_are_told_from_missing_ones() -> None:
    page, complete = judge_page(need(3, 6), [*rows(3), InvalidRow(4, "no price"), *rows(6)], LIMIT)
    assert not complete
    assert page.invalid == {4}


def test_a_malformed_row_without_an_id_explains_the_holes_of_its_page() -> None:
    page, _ = judge_page(need(3, 5), [*rows(3), InvalidRow(None, "not an object"), *rows(5)], LIMIT)
    assert page.invalid == {4}


def test_a_page_that_spans_ids_accounts_for_its_span_once_a_later_trade_exists() -> None:
    assert end_by_id(3, rows(1, 2, 3, 4, 5, 6, 7), LIMIT, None) == PageEnd(7, at_newest=False)
    assert end_by_id(3, rows(3, 4, 5), LIMIT, newest=8) == PageEnd(7, at_newest=False)
    assert end_by_id(3, rows(), LIMIT, newest=8) == PageEnd(7, at_newest=False)


def test_a_page_that_spans_ids_and_ends_early_is_at_the_newest_trade_however_many_older_ones_it_holds() -> None:
    assert end_by_id(3, rows(1, 2, 3, 4, 5), LIMIT, newest=5) == PageEnd(5, at_newest=True)
    assert end_by_id(3, rows(1, 2, 3, 4, 5), LIMIT, newest=6) == PageEnd(5, at_newest=True), "6 came after the page"
    assert end_by_id(3, rows(0, 1, 2), LIMIT, newest=2) == PageEnd(2, at_newest=True)
    assert end_by_id(3, rows(), LIMIT, newest=None) == PageEnd(2, at_newest=True)


def test_ids_missing_at_the_end_of_a_span_are_missing_and_not_the_end_of_all() -> None:
    answer = rows(1, 2, 3, 4, 5)
    page, complete = judge(need(3, 40), answer, end_by_id(3, answer, LIMIT, newest=40), LIMIT)
    assert not complete
    assert ([trade.id for trade in page.trades], page.through_id, page.at_newest) == ([3, 4, 5], 7, False)
