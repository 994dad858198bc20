"""``make bench``: measure both pipelines and write docs/performance.md."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench.machine import describe_machine
from bench.measures.drain import measure_drain
from bench.measures.latency import measure_latency
from bench.measures.limits import measure_limits
from bench.measures.producing import measure_producing
from bench.plan import FULL, QUICK, Extent, Shape
from bench.report.page import render
from bench.report.publishing import DATA, publish
from bench.results import Results, load, save
from bench.world import World, open_world
from cryptostream_model.logs import configure_logging

_PUBLISHED = Path("docs")
_TRIED = Path(".cache/bench")
"""Where results go that are not to be published."""
MEASURES = ("limits", "drain", "latency", "producer", "growth")


def main(
    quick: Annotated[bool, typer.Option("--quick", help="a few trades: tries the way, measures nothing")] = False,
    only: Annotated[str, typer.Option(help="what to measure, separated by commas")] = ",".join(MEASURES),
    repeats: Annotated[int | None, typer.Option(min=1, help="repetitions of each measurement")] = None,
    minutes: Annotated[float, typer.Option(min=1, help="after these nothing is measured once more")] = 45.0,
    cores: Annotated[int | None, typer.Option(min=1, help="hold everything on so many cores")] = None,
    output: Annotated[
        Path | None, typer.Option(help="folder of performance.md; docs, or .cache/bench for parts and the quick form")
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="draw the page anew from its performance.json")] = False,
) -> None:
    """Measure this pipeline and the naive one side by side, verify ours, and write the results."""
    chosen = [name.strip() for name in only.split(",")]
    if unknown := sorted(set(chosen) - set(MEASURES)):
        raise typer.BadParameter(f"{', '.join(unknown)}: known are {', '.join(MEASURES)}", param_hint="--only")
    published = not quick and set(chosen) == set(MEASURES)
    folder = output or (_PUBLISHED if published else _TRIED)
    if page:
        typer.echo(f"{publish(load((output or _PUBLISHED) / DATA), output or _PUBLISHED)} drawn anew")
        return
    if cores is not None:
        # Children inherit it.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    results = measure(QUICK if quick else FULL, chosen, repeats, minutes * 60, folder)
    written = publish(results, folder)
    typer.echo(render(results))
    typer.echo(f"{written} written after {results.seconds:.0f} s", err=True)


def measure(extent: Extent, chosen: list[str], repeats: int | None, seconds: float, folder: Path) -> Results:
    """All that was chosen, once at least and ``repeats`` times unless ``seconds`` have passed; what has been measured
    is in ``folder`` already when something later fails."""
    configure_logging("bench", "text", "ERROR")
    began = time.monotonic()
    results = Results(describe_machine(), extent.name, datetime.now(UTC).isoformat(timespec="seconds"))
    unfinished = folder / f"unfinished-{DATA}"
    with open_world() as world:
        for repeat in range(1, (repeats or extent.repeats) + 1):
            for step in _steps(world, extent, chosen, repeat, results):
                if repeat > 1 and time.monotonic() - began > seconds:
                    break
                step()
                results.seconds = time.monotonic() - began
                save(results, unfinished)
    unfinished.unlink()
    return results


def _steps(
    world: World, extent: Extent, chosen: list[str], repeat: int, results: Results
) -> Iterator[Callable[[], None]]:
    """One repetition, in the order of importance. Each step adds to the results."""

    def drain() -> None:
        results.drains += measure_drain(world, Shape(), extent.backlog, extent.further, repeat, _say)
        results.verified += 1

    def latency(rate: int) -> None:
        for found, recovered in measure_latency(world, extent, repeat, rate, _say):
            results.latencies.append(found)
            results.recoveries += [recovered] if recovered is not None else []
        results.verified += 1

    def grow(shape: Shape) -> None:
        results.growth += measure_drain(world, shape, extent.growth_backlog, extent.growth_backlog, repeat, _say)
        results.verified += 1

    if "limits" in chosen:
        yield lambda: results.limits.append(measure_limits(world, extent, repeat, _say))
    if "drain" in chosen:
        yield drain
    if "latency" in chosen:
        yield from (partial(latency, rate) for rate in extent.rates)
    if "producer" in chosen:
        yield lambda: results.producers.extend(measure_producing(world, extent, repeat, _say))
    if "growth" in chosen and repeat <= extent.growth_repeats:
        yield from (partial(grow, shape) for shape in extent.growth)


def _say(what: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {what}\n")


if __name__ == "__main__":
    typer.run(main)
