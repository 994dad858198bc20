"""The highest rate that a producer sustains, from the exchange's socket to committed in Kafka."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from bench.backlog import create_naive_topic, ends_of
from bench.live.market import open_market
from bench.naive.running import naive_producer
from bench.plan import PARTITIONS, SYMBOLS, Extent
from bench.results import Pipeline, Produced
from bench.usage import UsageMeter
from bench.world import Place, World
from cryptostream_local.topics import create_topics
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.trade_topic import caught_up, check_complete
from harness.waiting import until

_STEP = 1.25
_LEAST_SENT = 0.9
"""Of the wanted rate: below it the exchange is at its end, not the producer."""
_LEAST_SHARE = 0.97
"""Of the trades that the exchange sent meanwhile: what must have been committed meanwhile for a rate to be kept up."""
_SETTLE = 2.0

Measure = Callable[[Place, int, int, float], Produced]


def measure_producing(world: World, extent: Extent, repeat: int, say: Callable[[str], None]) -> Iterator[Produced]:
    """One repetition: for each pipeline all rates that were tried, rising until one was not kept up.

    Raises AssertionError when a topic of ours is not the exchange's tape.
    """
    measures: tuple[tuple[Pipeline, Measure], ...] = (("ours", _ours), ("naive", _naive))
    for name, measure in measures if repeat % 2 else reversed(measures):
        rate = float(extent.first_producer_rate)
        while rate <= extent.last_producer_rate:
            say(f"producer {repeat}: {name} at {rate:,.0f} trades/s")
            found = measure(world.fresh("producing"), repeat, int(rate), extent.producer_seconds)
            yield found
            if not found.kept_up or found.sent < _LEAST_SENT * rate:
                break
            rate *= _STEP


def _ours(place: Place, repeat: int, rate: int, seconds: float) -> Produced:
    create_topics(place.bootstrap, place.stream, PARTITIONS)
    with ExitStack() as stack:
        simulator = stack.enter_context(open_market(rate, repeat, "1s"))
        producer = stack.enter_context(
            RunningProducer(
                namespace=place.stream.namespace,
                name=place.stream.name,
                kafka_bootstrap=place.bootstrap,
                symbols=",".join(SYMBOLS),
                websocket_url=simulator.ws,
                rest_url=simulator.rest,
                partitions=PARTITIONS,
                start_from="0s",
                state_directory=place.folder / "state",
            )
        ).wait_ready()
        found = _observed(
            "ours",
            repeat,
            rate,
            seconds,
            simulator,
            {"simulator": simulator.process.pid, "producer": producer.process.pid, "broker": place.world.broker.pid},
            lambda: int(producer.metric('records_total{type="trade"}')),
        )
        if found.kept_up:
            caught_up(producer, simulator, SYMBOLS)
        assert producer.stop(60.0) == 0, producer.log()[-3000:]
        check_complete(place.bootstrap, place.stream, simulator, PARTITIONS)
    return found


def _naive(place: Place, repeat: int, rate: int, seconds: float) -> Produced:
    create_naive_topic(place.bootstrap, place.naive_topic, PARTITIONS)
    with ExitStack() as stack:
        simulator = stack.enter_context(open_market(rate, repeat, "1s"))
        producer = naive_producer(
            simulator.ws, ",".join(SYMBOLS), place.bootstrap, place.naive_topic, place.folder / "producer"
        )
        stack.callback(producer.kill)
        producer.start()

        def committed() -> int:
            return sum(ends_of(place.bootstrap, place.naive_topic).values())

        until(committed, lambda: f"the naive producer's first message:\n{producer.tail()}")
        return _observed(
            "naive",
            repeat,
            rate,
            seconds,
            simulator,
            {"simulator": simulator.process.pid, "producer": producer.pid, "broker": place.world.broker.pid},
            committed,
        )


def _observed(
    pipeline: Pipeline,
    repeat: int,
    rate: int,
    seconds: float,
    simulator: RunningSimulator,
    parts: dict[str, int],
    committed: Callable[[], int],
) -> Produced:
    time.sleep(_SETTLE)
    sent_before, committed_before, began = _sent(simulator), committed(), time.monotonic()
    with UsageMeter(parts) as meter:
        time.sleep(seconds)
    sent, written, took = _sent(simulator) - sent_before, committed() - committed_before, time.monotonic() - began
    return Produced(pipeline, repeat, rate, sent / took, written / took, written >= _LEAST_SHARE * sent, meter.usage)


def _sent(simulator: RunningSimulator) -> int:
    """Trades that the exchange has written to its sockets."""
    return int(sum(simulator.state()["sent"].values()))
