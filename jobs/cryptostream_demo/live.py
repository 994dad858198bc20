"""The live part of a run: the view in front, the supervisor behind it."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console

from cryptostream_demo.children import STREAM
from cryptostream_demo.pipeline import Pipeline
from cryptostream_demo.startup import exchange_now
from cryptostream_demo.supervision import Supervisor
from cryptostream_view.latency import LatencySummary
from cryptostream_view.observer import StreamObserver
from cryptostream_view.settings import ViewSettings
from cryptostream_view.show import show
from cryptostream_view.title import Title


@dataclass(frozen=True, slots=True)
class LiveOutcome:
    """What was seen while the run was live. Durations in seconds."""

    live_seconds: float
    first_alert_seconds: float | None
    latency: LatencySummary | None
    catch_up_trades: int
    restarts: Mapping[str, int]
    failure: str | None


def show_live(pipeline: Pipeline, console: Console) -> LiveOutcome:
    """Show the stream until the duration is over, the user stops it, a recording ends or a part fails for good.

    Leaves the parts running.
    """
    options = pipeline.options
    settings = ViewSettings.load(
        namespace=STREAM.namespace,
        name=STREAM.name,
        kafka_bootstrap=pipeline.bootstrap,
        kafka_security_protocol="PLAINTEXT",
        database_url=pipeline.database_url,
    )
    live_since = exchange_now(pipeline)
    observer = StreamObserver(settings, pipeline.symbols, live_since)
    supervisor = Supervisor(pipeline, pipeline.stopping, observer.report)
    began = time.monotonic()
    observer.start()
    observer.mark_live(live_since)
    supervisor.start()
    try:
        deadline = None if options.duration is None else began + options.duration.total_seconds()
        # Lines are for logs: they say more where there is no terminal, or where the user wants none.
        shown = Console(file=console.file, force_terminal=False, width=console.width) if options.plain else console
        show(observer, shown, _title(pipeline, live_since), pipeline.stopping, deadline)
    finally:
        supervisor.stop()
        latency = observer.latency()
        observer.stop()
    has_host_time = options.speed == 1.0 and "CRYPTOSTREAM_SIMULATOR_ORIGIN" not in os.environ
    return LiveOutcome(
        live_seconds=time.monotonic() - began,
        first_alert_seconds=observer.first_alert_seconds(),
        latency=latency if has_host_time else None,
        catch_up_trades=observer.catch_up_trades(),
        restarts=dict(supervisor.restarts),
        failure=supervisor.failure,
    )


def _title(pipeline: Pipeline, live_since: int) -> Title:
    options = pipeline.options
    return Title(
        source=options.source.describe(),
        started=live_since,
        duration=None if options.duration is None else options.duration.total_seconds(),
        addresses=(f"Kafka {pipeline.bootstrap}", f"psql {pipeline.database_url}"),
    )
