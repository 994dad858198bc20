"""Runs one producer process: settings, HTTP port, signals, exit codes."""

import signal
import sys
import threading
from types import FrameType

from confluent_kafka import KafkaException

from cryptostream_model.logs import configure_logging, get_logger
from cryptostream_model.probes import ProbeServer
from cryptostream_model.settings import SettingsError
from cryptostream_producer.engine import Engine
from cryptostream_producer.fencing import read_marker
from cryptostream_producer.log_errors import ForeignStreamError
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.settings import ProducerSettings
from cryptostream_producer.startup import ConfigurationError

_LOG = get_logger(__name__)
EXIT_FAILED = 1
EXIT_CONFIGURATION = 2


def produce(settings: ProducerSettings | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code: 0 in order, 1 after a failure, 2 for unusable settings."""
    if settings is None:
        try:
            settings = ProducerSettings.load()
        except SettingsError as error:
            print(error, file=sys.stderr)  # noqa: T201 - logging is a setting too
            return EXIT_CONFIGURATION
    configure_logging("producer", settings.log_format, settings.log_level)
    metrics = ProducerMetrics()
    terminated = threading.Event()
    fenced = read_marker(settings.state_directory)
    try:
        engine = Engine(settings, metrics) if fenced is None else None
    except KafkaException as error:
        _LOG.error("the settings CRYPTOSTREAM_KAFKA_* cannot be used", reason=error.args[0].str())
        return EXIT_CONFIGURATION

    def terminate(_signal: int, _frame: FrameType | None) -> None:
        terminated.set()
        if engine is not None:
            engine.stop()

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, terminate)
    if fenced is not None:
        metrics.fenced.set(1)
    unready = engine.unready if engine is not None else lambda: [fenced.describe()] if fenced else []
    probes = ProbeServer(
        settings.metrics_port,
        metrics.registry,
        # A producer that waits must not be restarted: answering at all is being alive.
        live=lambda: None,
        ready=lambda: "\n".join(unready()) or None,
    )
    probes.start()
    _LOG.info(
        "producer started",
        stream=str(settings.stream),
        metrics_port=probes.port,
        symbols=len(settings.symbols),
        shard=settings.shard,
        shards=settings.shards,
        writer=engine.writer if engine else None,
    )
    try:
        return _run(engine, terminated)
    finally:
        probes.stop()


def _run(engine: Engine | None, terminated: threading.Event) -> int:
    if engine is None:
        _LOG.error("this process was fenced before its container restarted: it stays down until it is terminated")
    else:
        try:
            engine.run()
        except (ConfigurationError, ForeignStreamError) as error:
            _LOG.error(str(error))
            return EXIT_CONFIGURATION
        except Exception:  # noqa: BLE001 - the log is where a failure must be told
            _LOG.exception("producer failed")
            return EXIT_FAILED
    if engine is None or engine.fenced is not None:
        terminated.wait()
    _LOG.info("producer stopped")
    return 0
