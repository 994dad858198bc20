"""Command line and environment of each part that runs as a child process."""

import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from cryptostream_demo.market import SimulatedMarket
from cryptostream_demo.options import DemoOptions
from cryptostream_local.java import java_environment
from cryptostream_local.process import ChildProcess
from cryptostream_local.run_folder import RunFolder
from cryptostream_model.streams import StreamName

STREAM = StreamName("local", "demo")
PARTITIONS = 2
DETECTORS = "CRYPTOSTREAM_DETECTORS"
_LEAD_IN = 5.0
"""Seconds in which the producer connects before a recording's first trade."""


def exchange_process(
    options: DemoOptions, market: SimulatedMarket | None, history: timedelta, port: int, folder: RunFolder
) -> ChildProcess:
    """The simulated exchange, or a recording that is played as one; its first line of output says where it answers."""
    if options.source.recording is not None:
        arguments = ["replay", str(options.source.recording), "--port", str(port), "--speed", f"{options.speed:g}"]
        arguments += ["--lead-in", f"{_LEAD_IN * options.speed:g}s"]
        return _child(arguments, folder, "exchange", {})
    settings = {
        "simulator_port": port,
        "simulator_seed": options.seed,
        "simulator_speed": options.speed,
        "simulator_log_format": "text",
        "simulator_history": f"{int(history.total_seconds()) + 60}s",
        # The limits are those of one address of a real exchange; a fast clock needs more.
        "simulator_weight_limit": 1_000_000,
    }
    if market is not None:
        settings["simulator_symbols"] = market.as_setting()
        if f"{_ENV}SIMULATOR_EVENTS" not in os.environ:
            settings["simulator_events"] = ",".join(market.events)
    return _child(["simulate"], folder, "exchange", settings)


def producer_process(
    folder: RunFolder,
    state: Path,
    bootstrap: str,
    exchange: str,
    symbols: tuple[str, ...],
    endpoints: Mapping[str, str],
    start_from: timedelta,
    port: int,
) -> ChildProcess:
    """``endpoints``: websocket_url and rest_url, empty for the exchange's own. ``state`` is fresh at every start, as a
    new pod's folder is."""
    simulated = {"rest_weight_per_minute": 1_000_000} if endpoints else {}
    settings = {
        "kafka_bootstrap": bootstrap,
        "exchange": exchange,
        "symbols": ",".join(symbols),
        "partitions": PARTITIONS,
        "start_from": f"{int(start_from.total_seconds())}s",
        "metrics_port": port,
        "state_directory": state,
        "log_format": "text",
        **endpoints,
        **simulated,
    }
    return _child(["produce"], folder, "producer", settings)


def job_process(folder: RunFolder, bootstrap: str, database_url: str, class_path: str, port: int) -> ChildProcess:
    settings = {
        "kafka_bootstrap": bootstrap,
        "database_url": database_url,
        "checkpoint": folder.checkpoint,
        "stop_file": stop_file(folder),
        "spark_master": "local[2]",
        "spark_jars": class_path,
        "metrics_port": port,
        "log_format": "text",
    }
    return _child(["job"], folder, "job", settings)


def stop_file(folder: RunFolder) -> Path:
    """The job stops in order when this file appears."""
    return folder.path / "stop-job"


_ENV = "CRYPTOSTREAM_"


def _child(arguments: list[str], folder: RunFolder, name: str, settings: Mapping[str, object]) -> ChildProcess:
    """Settings of the user's environment hold where the run itself does not decide."""
    chosen = {"namespace": STREAM.namespace, "name": STREAM.name, **settings}
    environment = {
        **java_environment(),
        "PYSPARK_PYTHON": sys.executable,
        **{f"{_ENV}{key.upper()}": str(value) for key, value in chosen.items()},
    }
    return ChildProcess(
        [sys.executable, "-m", "cryptostream_cli.main", *arguments],
        folder.logs / f"{name}.log",
        environment,
        directory=folder.path,
    )
