"""A time counts as reached only after trades on their way had time to arrive and a pong came back."""

from cryptostream_producer.barrier import BarrierCycle
from cryptostream_producer.exchange_time import TimeReading

TIME = 1_700_000_000_000_000


def a_cycle() -> BarrierCycle:
    return BarrierCycle(progress=1.0, settle=0.25)


def test_the_connections_own_event_time_is_confirmed_after_the_settle_time() -> None:
    cycle = a_cycle()
    assert cycle.next(10.0, TIME, None, None) is None
    assert cycle.next(10.2, TIME + 99, None, None) is None, "trades up to that time may still be on their way"
    barrier = cycle.next(10.25, TIME + 99, None, None)
    assert barrier is not None
    assert barrier.time == TIME, "the time picked before the settle time"
    assert cycle.waiting
    assert cycle.returned(b"another ping") is None
    assert cycle.returned(barrier.payload) == barrier
    assert cycle.returned(barrier.payload) is None


def test_one_cycle_an_interval() -> None:
    cycle = a_cycle()
    cycle.next(10.0, TIME, None, None)
    barrier = cycle.next(10.3, TIME, None, None)
    assert barrier is not None
    cycle.returned(barrier.payload)
    assert cycle.next(10.9, TIME + 1, None, None) is None
    assert cycle.next(11.0, TIME + 1, None, None) is None
    later = cycle.next(11.3, TIME + 1, None, None)
    assert later is not None
    assert later.time == TIME + 1


def test_a_connection_without_events_uses_a_recent_reading_of_the_exchanges_time() -> None:
    cycle = a_cycle()
    stale = TimeReading(TIME, 5.0)
    assert cycle.wants_reading(10.0, 0, stale)
    cycle.next(10.0, 0, stale, None)
    assert cycle.next(10.4, 0, stale, None) is None, "an old reading begins nothing"
    recent = TimeReading(TIME + 5, 10.4)
    assert not cycle.wants_reading(10.5, 0, recent)
    cycle.next(10.5, 0, recent, None)
    barrier = cycle.next(10.8, 0, recent, None)
    assert barrier is not None
    assert barrier.time == TIME + 5


def test_a_handover_waits_for_the_settle_time_and_comes_before_progress() -> None:
    cycle = a_cycle()
    assert cycle.next(10.0, TIME, None, 2) is None
    barrier = cycle.next(10.25, TIME, None, 2)
    assert barrier is not None
    assert (barrier.time, barrier.successor) == (None, 2)


def test_only_one_barrier_is_under_way() -> None:
    cycle = a_cycle()
    cycle.next(10.0, TIME, None, None)
    assert cycle.next(10.3, TIME, None, None) is not None
    assert cycle.next(20.0, TIME + 1, None, None) is None
    assert cycle.next(20.0, TIME + 1, None, 2) is None
