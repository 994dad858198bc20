"""The sequencer writes every id once, in order, whatever the stream and REST do."""

from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream_model.records import Gap, Position, Progress, Record, Trade
from cryptostream_producer.exchanges.base import ExchangeTrade, InvalidRow, Row
from cryptostream_producer.held import HeldBudget
from cryptostream_producer.needs import Anchor, BeyondLimit, Fetch, FindStart, Need, Page, StartFound
from cryptostream_producer.paging import end_by_count, end_by_id, judge_page
from cryptostream_producer.sequence import Sequencer

START = 1_700_000_000_000_000
PAGE = 5


def a_trade(number: int, time: int | None = None) -> ExchangeTrade:
    at = START + number * 1000 if time is None else time
    return ExchangeTrade("BTCUSDT", number, "100.5", "0.1", "buy", 1, at, at + 7)


def a_sequencer(last_id: int | None = 9, held: int = 100) -> Sequencer:
    position = None if last_id is None else Position("binance", "BTCUSDT", "aggTrade", last_id, START)
    sequencer = Sequencer("binance", "BTCUSDT", "aggTrade", position, HeldBudget(held))
    sequencer.subscribed(1)
    return sequencer


def a_page(from_id: int, through_id: int, but: Sequence[int] = (), at_newest: bool = False) -> Page:
    trades = tuple(a_trade(number) for number in range(from_id, through_id + 1) if number not in but)
    return Page(from_id, through_id, trades, frozenset(), at_newest)


def ids(records: Sequence[Record]) -> list[int | tuple[int, int, str]]:
    """Trades as their id, gaps as (from, to, reason); progress is left out."""
    return [
        record.id if isinstance(record, Trade) else (record.from_id, record.to_id, record.reason)
        for record in records
        if not isinstance(record, Progress)
    ]


def need_of(sequencer: Sequencer) -> Need:
    need = sequencer.need()
    assert need is not None
    return need


def test_a_trade_in_order_is_written_at_once_with_the_clock() -> None:
    sequencer = a_sequencer()
    [record] = sequencer.live(a_trade(10), 1)
    assert isinstance(record, Trade)
    assert (record.id, record.time, record.event_time, record.clock) == (
        10,
        START + 10_000,
        START + 10_007,
        START + 10_000,
    )
    assert not record.backfilled
    assert sequencer.position() == Position("binance", "BTCUSDT", "aggTrade", 10, START + 10_000)


def test_the_clock_never_falls_when_a_later_id_has_an_earlier_time() -> None:
    sequencer = a_sequencer()
    records = sequencer.live(a_trade(10, START + 500), 1) + sequencer.live(a_trade(11, START + 400), 1)
    assert [record.clock for record in records] == [START + 500, START + 500]


def test_a_known_id_is_dropped_and_counted() -> None:
    sequencer = a_sequencer()
    assert sequencer.live(a_trade(9), 1) == []
    assert sequencer.counts.duplicates == 1


def test_a_jump_holds_live_trades_until_rest_fills_the_hole() -> None:
    sequencer = a_sequencer()
    assert sequencer.live(a_trade(12), 1) == []
    need = need_of(sequencer)
    assert need == Fetch(10, 11, START, Anchor(1, 0))
    records = sequencer.answered(need, a_page(10, 11))
    assert ids(records) == [10, 11, 12]
    assert [record.backfilled for record in records if isinstance(record, Trade)] == [True, True, False]
    assert (sequencer.counts.gaps_opened, sequencer.counts.gaps_healed) == (1, 1)


def test_a_healed_trade_has_the_trade_time_as_event_time() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(11), 1)
    record = sequencer.answered(need_of(sequencer), a_page(10, 10))[0]
    assert isinstance(record, Trade)
    assert record.event_time == record.time


def test_a_missing_id_that_comes_by_itself_needs_no_rest() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(11), 1)
    assert ids(sequencer.live(a_trade(10), 1)) == [10, 11]
    assert sequencer.need() is None


def test_an_id_that_rest_lacks_becomes_a_gap_in_its_place() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(14), 1)
    records = sequencer.answered(need_of(sequencer), a_page(10, 13, but=(11, 12)))
    assert ids(records) == [10, (11, 12, "unavailable"), 13, 14]
    gap = records[1]
    assert isinstance(gap, Gap)
    assert gap.clock == START + 10_000


def test_an_id_that_rest_serves_malformed_becomes_an_invalid_gap_of_exactly_that_id() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(14), 1)
    page = Page(10, 13, (a_trade(10), a_trade(12)), frozenset({11}), False)
    assert ids(sequencer.answered(need_of(sequencer), page)) == [
        10,
        (11, 11, "invalid"),
        12,
        (13, 13, "unavailable"),
        14,
    ]


def test_what_lies_beyond_the_heal_limit_becomes_one_gap() -> None:
    sequencer = a_sequencer()
    need = need_of(sequencer)
    assert ids(sequencer.answered(need, BeyondLimit(10, 5000))) == [(10, 5000, "heal-limit")]
    assert need_of(sequencer) == Fetch(5001, None, START, Anchor(1, 0), limited=True)


def test_the_heal_limit_never_swallows_a_held_trade() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(20), 1)
    records = sequencer.answered(need_of(sequencer), BeyondLimit(10, 30))
    assert ids(records) == [(10, 19, "heal-limit"), 20]


def test_before_the_first_record_a_hole_is_no_gap() -> None:
    sequencer = a_sequencer(last_id=None)
    sequencer.answered(need_of(sequencer), StartFound(10))
    assert ids(sequencer.answered(need_of(sequencer), a_page(10, 13, but=(10, 11)))) == [12, 13]


def test_without_a_position_live_trades_wait_for_the_start_and_older_ones_are_left_out() -> None:
    sequencer = a_sequencer(last_id=None)
    assert sequencer.live(a_trade(20), 1) == []
    need = need_of(sequencer)
    assert need == FindStart(resumed=False, anchor=Anchor(1, 0))
    assert sequencer.answered(need, StartFound(18)) == []
    assert ids(sequencer.answered(need_of(sequencer), a_page(18, 19))) == [18, 19, 20]


def test_a_symbol_that_was_never_traded_begins_with_its_first_live_trade() -> None:
    sequencer = a_sequencer(last_id=None)
    sequencer.answered(need_of(sequencer), StartFound(None))
    assert sequencer.need() is None
    assert sequencer.position().last_id is None
    assert sequencer.live(a_trade(7), 1) == []
    assert ids(sequencer.answered(need_of(sequencer), StartFound(None))) == [7]


def test_too_many_held_trades_are_dropped_and_healed_over_rest() -> None:
    sequencer = a_sequencer(held=3)
    for number in range(12, 17):
        sequencer.live(a_trade(number), 1)
    assert sequencer.held <= 3
    assert sequencer.counts.overflowed == 4
    written = []
    while (need := sequencer.need()) is not None and isinstance(need, Fetch) and need.to_id is not None:
        written += ids(sequencer.answered(need, a_page(need.from_id, need.to_id)))
    assert written == [10, 11, 12, 13, 14, 15, 16]


def test_an_id_far_ahead_that_nothing_confirms_is_not_believed() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(10**15), 1)
    assert ids(sequencer.live(a_trade(10), 1)) == [10]
    need = need_of(sequencer)
    assert isinstance(need, Fetch)
    assert sequencer.answered(need, Page(11, 10, (), frozenset(), at_newest=True)) == []
    assert sequencer.counts.implausible == 1
    assert ids(sequencer.live(a_trade(11), 1)) == [11]


def test_an_id_far_ahead_is_given_up_when_the_stream_goes_past_it_all_the_time() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(10**15), 1)
    for number in range(10, 1200):
        assert ids(sequencer.live(a_trade(number), 1)) == [number]
    assert sequencer.settled


def test_ids_that_rest_never_shows_become_a_gap_when_the_stream_goes_on_behind_them() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(15), 1)
    sequencer.live(a_trade(16), 1)
    records = sequencer.answered(need_of(sequencer), a_page(10, 12, at_newest=True))
    assert ids(records) == [10, 11, 12, (13, 14, "unavailable"), 15, 16]


def test_an_answer_from_before_an_unreadable_frame_does_not_vouch_for_the_connection() -> None:
    sequencer = a_sequencer()
    need = need_of(sequencer)
    sequencer.doubted()
    sequencer.answered(need, Page(10, 9, (), frozenset(), at_newest=True))
    assert sequencer.progress(1, START + 10**6) is None
    sequencer.answered(need_of(sequencer), Page(10, 9, (), frozenset(), at_newest=True))
    assert sequencer.progress(1, START + 10**6) == Progress("binance", "BTCUSDT", "aggTrade", START + 10**6)


def test_a_handover_moves_trust_to_the_next_connection_without_rest() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(10), 1)
    sequencer.subscribed(2)
    sequencer.handed_over(1, 2)
    sequencer.lost(1)
    assert sequencer.need() is None
    assert sequencer.progress(2, START + 10**6) is not None


def test_no_progress_after_the_connection_is_lost_or_while_an_id_is_missing() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(10), 1)
    sequencer.live(a_trade(12), 1)
    assert sequencer.progress(1, START + 10**6) is None
    sequencer.live(a_trade(11), 1)
    sequencer.lost(1)
    assert sequencer.progress(1, START + 10**6) is None


def test_an_announced_trade_is_missing_until_it_comes() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(10), 1)
    sequencer.announced(10)
    assert sequencer.need() is None
    sequencer.announced(12)
    assert sequencer.need() == Fetch(11, 12, START + 10_000, Anchor(1, 0))
    assert sequencer.progress(1, START + 10**6) is None
    assert ids(sequencer.live(a_trade(11), 1)) == [11]
    assert ids(sequencer.live(a_trade(12), 1)) == [12]
    assert sequencer.need() is None
    assert sequencer.progress(1, START + 10**6) is not None


def test_an_announcement_that_rest_never_confirms_is_given_up() -> None:
    sequencer = a_sequencer()
    sequencer.live(a_trade(10), 1)
    sequencer.announced(900)
    need = sequencer.need()
    assert need is not None
    assert sequencer.answered(need, a_page(11, 10, at_newest=True)) == []
    assert sequencer.settled


class Exchange:
    """A REST side that holds ids up to ``newest``, some of them missing and some malformed.

    ``spans_ids``: a page holds the newest trades below an id, as Coinbase's; otherwise the oldest from one on.
    """

    def __init__(self, missing: set[int], malformed: set[int], spans_ids: bool) -> None:
        self.missing = missing
        self.malformed = malformed
        self.newest = 9
        self._spans_ids = spans_ids

    def page(self, need: Fetch) -> Page:
        if self._spans_ids:
            rows = self._rows(range(1, min(need.from_id + PAGE, self.newest + 1)))[-PAGE:]
            end = end_by_id(need.from_id, rows, PAGE, self._rows(range(1, self.newest + 1))[-1].id)
        else:
            rows = self._rows(range(need.from_id, self.newest + 1))[:PAGE]
            end = end_by_count(need.from_id, rows, PAGE)
        return judge_page(need, rows, end, PAGE)[0]

    def _rows(self, ids: Iterable[int]) -> list[Row]:
        return [
            InvalidRow(number, "no price") if number in self.malformed else a_trade(number)
            for number in ids
            if number not in self.missing
        ]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("live"), st.integers(0, 3)),
        st.tuples(st.just("drop"), st.integers(1, 8)),
        st.tuples(st.just("again"), st.integers(1, 12)),
        st.tuples(st.just("swap"), st.just(0)),
        st.tuples(st.just("ask"), st.just(0)),
        st.tuples(st.just("answer"), st.integers(0, 3)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("reconnect"), st.just(0)),
        st.tuples(st.just("doubt"), st.just(0)),
        st.tuples(st.just("announce"), st.integers(0, 3)),
        st.tuples(st.just("progress"), st.just(0)),
    ),
    max_size=120,
)


@given(
    steps=steps,
    missing=st.sets(st.integers(10, 80), max_size=12),
    malformed=st.sets(st.integers(10, 80), max_size=6),
    held=st.integers(1, 12),
    spans_ids=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_whatever_happens_ids_are_contiguous_and_ascending_and_only_gaps_lack_them(
    steps: list[tuple[str, int]], missing: set[int], malformed: set[int], held: int, spans_ids: bool
) -> None:
    exchange = Exchange(missing, malformed, spans_ids)
    connection = 1
    sequencer = a_sequencer(held=held)
    outstanding: list[tuple[Need, Page]] = []
    written: list[Record] = []
    known_live: set[int] = set()

    def live(number: int) -> None:
        known_live.add(number)
        written.extend(sequencer.live(a_trade(number), connection))

    for kind, amount in steps:
        match kind:
            case "live":
                for _ in range(amount + 1):
                    exchange.newest += 1
                    live(exchange.newest)
            case "drop":
                exchange.newest += amount
            case "again":
                live(max(10, exchange.newest - amount)) if exchange.newest >= 10 else None
            case "swap":
                exchange.newest += 2
                live(exchange.newest)
                live(exchange.newest - 1)
            case "ask":
                need = sequencer.need()
                if isinstance(need, Fetch):
                    outstanding.append((need, exchange.page(need)))
            case "answer" if outstanding:
                written.extend(sequencer.answered(*outstanding.pop(amount % len(outstanding))))
            case "restart":
                sequencer = Sequencer("binance", "BTCUSDT", "aggTrade", sequencer.position(), HeldBudget(held))
                sequencer.subscribed(connection)
                outstanding.clear()
            case "reconnect":
                sequencer.lost(connection)
                connection += 1
                sequencer.subscribed(connection)
            case "doubt":
                sequencer.doubted()
            case "announce":
                sequencer.announced(exchange.newest - amount)
            case "progress":
                told = sequencer.progress(connection, START + exchange.newest * 1000)
                if told is not None:
                    written.append(told)

    sequencer.lost(connection)
    sequencer.subscribed(connection + 1)
    for _ in range(1000):
        need = sequencer.need()
        if not isinstance(need, Fetch):
            break
        written.extend(sequencer.answered(need, exchange.page(need)))
    assert sequencer.need() is None, "healing must come to an end"

    expected = 10
    for record in written:
        match record:
            case Trade():
                assert record.id == expected
                expected += 1
            case Gap():
                assert record.from_id == expected
                for number in range(record.from_id, record.to_id + 1):
                    assert number in missing | malformed
                    assert record.reason == ("invalid" if number in malformed - missing else "unavailable")
                expected = record.to_id + 1
            case _:
                continue
    clocks = [record.clock for record in written]
    assert clocks == sorted(clocks)
    last_had = max((n for n in range(10, exchange.newest + 1) if n not in missing), default=9)
    assert expected > last_had, "every id that the exchange has is accounted for"


@given(steps=steps, spans_ids=st.booleans())
@settings(max_examples=200, deadline=None)
def test_progress_is_never_told_while_an_id_may_be_missing(steps: list[tuple[str, int]], spans_ids: bool) -> None:
    exchange = Exchange(set(), set(), spans_ids)
    connection = 1
    sequencer = a_sequencer()
    written_to = 9
    for kind, amount in steps:
        records: list[Record] = []
        match kind:
            case "live":
                for _ in range(amount + 1):
                    exchange.newest += 1
                    records += sequencer.live(a_trade(exchange.newest), connection)
            case "reconnect" | "drop":
                sequencer.lost(connection)
                exchange.newest += amount
                connection += 1
                sequencer.subscribed(connection)
            case "answer" | "ask":
                need = sequencer.need()
                if isinstance(need, Fetch):
                    records += sequencer.answered(need, exchange.page(need))
            case "progress":
                told = sequencer.progress(connection, START + 10**9 + len(steps))
                if told is not None:
                    assert written_to == exchange.newest
                    sequencer.clock = START
        for record in records:
            assert isinstance(record, Trade)
            written_to = record.id
