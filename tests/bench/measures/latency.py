"""A live market: latency, what it takes meanwhile, and recovery from a kill."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from bench.live.delays import quantiles
from bench.live.market import open_market
from bench.live.naive_pipeline import NaiveLive
from bench.live.our_pipeline import OurLive
from bench.live.pipelines import LivePipeline
from bench.plan import ALERTING_HISTORY, Extent
from bench.results import Latency, Recovered
from bench.stored import StoredMeter
from bench.usage import UsageMeter
from bench.world import World


def measure_latency(
    world: World, extent: Extent, repeat: int, rate: int, say: Callable[[str], None]
) -> Iterator[tuple[Latency, Recovered | None]]:
    """One repetition at one rate: a result of each pipeline. Raises AssertionError when ours does not verify."""
    pipelines: list[type[LivePipeline]] = [OurLive, NaiveLive] if rate in extent.naive_rates else [OurLive]
    for pipeline in pipelines if repeat % 2 else reversed(pipelines):
        say(f"latency {repeat}: {pipeline.name} at {rate:,} trades/s")
        yield _measured(pipeline, world, extent, repeat, rate)


def _measured(
    kind: type[LivePipeline], world: World, extent: Extent, repeat: int, rate: int
) -> tuple[Latency, Recovered | None]:
    place = world.fresh("latency")
    with ExitStack() as stack:
        market = stack.enter_context(open_market(rate, repeat, ALERTING_HISTORY))
        live = kind(stack, place, market)
        time.sleep(extent.warm_up)
        begin = time.time()
        parts = {"simulator": market.process.pid, **live.parts(), **world.pids}
        with UsageMeter(parts) as used, StoredMeter(live.database_url) as written:
            time.sleep(extent.seconds)
        end = time.time()
        recovered = _recovered(live, extent, repeat) if rate == extent.outage_rate else None
        live.finish()
        found = live.delays(begin, end)
    alert = quantiles(found.alerts) if len(found.alerts) else None
    latency = Latency(
        live.name, repeat, rate, quantiles(found.rows), alert, found.alerts_seen, used.usage, written.stored
    )
    return latency, recovered


def _recovered(live: LivePipeline, extent: Extent, repeat: int) -> Recovered:
    live.await_rows()
    live.kill_job()
    time.sleep(extent.outage)
    began = time.time()
    live.start_job()
    return Recovered(live.name, repeat, extent.outage_rate, extent.outage, live.await_rows() - began)
