"""One run from the first check to the last line: start, show, drain, stop, draw, sum up."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import FrameType

import orjson
from rich.console import Console
from rich.text import Text

from cryptostream_demo.children import DETECTORS, PARTITIONS, STREAM
from cryptostream_demo.ending import end_run
from cryptostream_demo.folder_choice import choose_folder
from cryptostream_demo.live import show_live
from cryptostream_demo.market import SimulatedMarket, affordable_history, cold_baseline, simulated_market
from cryptostream_demo.options import DemoOptions
from cryptostream_demo.pipeline import Pipeline, StartError, StoppedError
from cryptostream_demo.report import print_summary
from cryptostream_demo.source import DEFAULT_SYMBOLS
from cryptostream_demo.startup import start
from cryptostream_demo.steps import Steps
from cryptostream_local.leftovers import MARK, end_leftovers, end_processes_of, leave_note
from cryptostream_local.locations import cache_directory
from cryptostream_local.run_folder import RunRecord
from cryptostream_model.logs import configure_logging

STOPPED_EARLY = 130
_FAILED = 1
_LIVE_HISTORY = timedelta(hours=1)


def run_demo(options: DemoOptions) -> int:
    """Carry out a run; returns the exit status. Raises RunFolderError and ValueError for options that cannot be."""
    console = Console(stderr=options.as_json, highlight=False)
    # Only what the user must know reaches the screen; the parts write their own logs.
    configure_logging("local", "text", "ERROR")
    pipeline_options = _with_symbols(options)
    market = (
        simulated_market(str(pipeline_options.symbols), options.rate) if options.source.kind == "simulator" else None
    )
    history = options.start_from if options.start_from is not None else _history(options, market)
    # What a recording holds before the first alert is its own matter.
    cold = cold_baseline(history) if options.source.kind != "recording" else None
    if market is not None and cold is not None:
        # Nothing would be found, and the events multiply the rate that the user asked for.
        market = replace(market, events=())
    _clear_up(console)
    folder, said = choose_folder(options.keep)
    if said is not None:
        _say(console, said)
    os.environ[MARK] = str(folder.path)
    note = leave_note(folder.path)
    stopping = threading.Event()
    pipeline = Pipeline(pipeline_options, folder, market, history, stopping, cold)
    try:
        with _stopping_on_signals(stopping, console):
            return _carry_out(pipeline, console)
    except KeyboardInterrupt:
        _say(console, "stopped at once; the summary is left out")
        return STOPPED_EARLY
    finally:
        pipeline.kill()
        end_processes_of(folder.path)
        if options.keep is None:
            pipeline.remove_data()
        note.unlink(missing_ok=True)
        folder.release()


def _carry_out(pipeline: Pipeline, console: Console) -> int:
    options, began = pipeline.options, time.monotonic()
    pipeline.folder.write(_record(pipeline))
    if pipeline.cold is not None:
        _say(console, pipeline.cold)
    try:
        with Steps(console, plain=options.plain) as steps:
            start(pipeline, steps)
    except StoppedError:
        _say(console, "stopped before it was live")
        return STOPPED_EARLY
    except StartError as error:
        _say(console, f"{error}\nlogs: {pipeline.folder.logs}")
        return _FAILED
    start_seconds = time.monotonic() - began
    pipeline.folder.write(_record(pipeline))
    outcome = show_live(pipeline, console)
    summary = end_run(pipeline, outcome, start_seconds, console)
    pipeline.folder.write(replace(_record(pipeline), addresses={}))
    (pipeline.folder.path / "summary.json").write_bytes(summary.to_json())
    if options.as_json:
        os.write(1, summary.to_json() + b"\n")
    else:
        print_summary(summary, console)
    if summary.failure is not None:
        _say(console, f"failed: {summary.failure}\nlogs: {pipeline.folder.logs}")
        return _FAILED
    return _FAILED if summary.behind else 0


def _say(console: Console, text: str) -> None:
    """A line that the terminal itself wraps, so that paths in it can be copied."""
    console.print(Text(text), soft_wrap=True)


def _history(options: DemoOptions, market: SimulatedMarket | None) -> timedelta:
    """How much is fetched before the first live trade; of a recording all that was played before the producer came."""
    if options.source.kind == "recording":
        return _LIVE_HISTORY * max(1.0, options.speed)
    return _LIVE_HISTORY if market is None else affordable_history(market.rate)


def _with_symbols(options: DemoOptions) -> DemoOptions:
    if options.symbols is not None or options.source.kind == "recording":
        return options
    return replace(options, symbols=",".join(DEFAULT_SYMBOLS[str(options.source.exchange)]))


def _record(pipeline: Pipeline) -> RunRecord:
    settings = {"detectors": orjson.loads(os.environ[DETECTORS])} if DETECTORS in os.environ else {}
    return RunRecord(
        stream=str(STREAM),
        source=pipeline.options.source.describe(),
        exchange=pipeline.exchange_name,
        symbols=pipeline.symbols,
        partitions=PARTITIONS,
        started=pipeline.started.isoformat(timespec="seconds"),
        settings=settings,
        addresses=pipeline.addresses(),
    )


def _clear_up(console: Console) -> None:
    """End what killed runs left running, and delete data that was not to be kept."""
    for leftover in end_leftovers():
        if leftover.folder.parent == cache_directory().absolute():
            shutil.rmtree(leftover.folder, ignore_errors=True)
        _say(console, f"a former run in {leftover.folder} was killed: ended {leftover.ended} of its processes")


@contextmanager
def _stopping_on_signals(stopping: threading.Event, console: Console) -> Iterator[None]:
    """The first signal asks for an end in order, the second raises KeyboardInterrupt."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        console.show_cursor()
