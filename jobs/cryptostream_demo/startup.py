"""Bringing a run up: what can start side by side does, and each step shows its progress."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import psycopg2

from cryptostream_demo.children import STREAM
from cryptostream_demo.pipeline import Pipeline, StartError, StoppedError
from cryptostream_demo.steps import Step, Steps
from cryptostream_local.jars import JarError, jars
from cryptostream_local.java import JavaMissingError, java_home
from cryptostream_sql.connection import connect

_HISTORY_MARGIN = timedelta(minutes=5)
_CATCH_UP_SECONDS = 300.0
_NEAR = 5_000_000
_CLOCKS = "SELECT symbol, (extract(epoch FROM clock) * 1000000)::bigint FROM crypto_symbols WHERE stream = %s"


def start(pipeline: Pipeline, steps: Steps) -> None:
    """Start all parts and wait until the database is up to date with the exchange.

    Raises StartError for a part that does not start and StoppedError when the user stops it; everything that was
    started has then been ended.
    """
    failures: list[BaseException] = []

    def guarded(name: str, action: Callable[[Step], None], *after: Future[None]) -> Callable[[], None]:
        def run() -> None:
            for future in after:
                future.result()
            try:
                with steps.step(name) as step:
                    action(step)
            except BaseException as error:
                failures.append(error)
                pipeline.stopping.set()
                raise

        return run

    with ThreadPoolExecutor(6, thread_name_prefix="start") as pool:
        tools = pool.submit(guarded("Java and jars", _check_tools))
        kafka = pool.submit(guarded("Kafka", lambda _: pipeline.start_broker(), tools))
        database = pool.submit(guarded("PostgreSQL", lambda _: pipeline.start_database()))
        job = pool.submit(guarded("Spark job", lambda step: pipeline.start_job(_telling(step)), kafka, database))
        before = [kafka]
        if pipeline.options.source.is_simulated:
            history = pipeline.start_from + _HISTORY_MARGIN
            # A recording plays from its start on: by then somebody should be listening.
            first = [job] if pipeline.options.source.recording is not None else []
            before.append(pool.submit(guarded("exchange", lambda _: pipeline.start_exchange(history), *first)))
        producer = pool.submit(guarded("producer", lambda step: _start_producer(pipeline, step), *before))
        last = pool.submit(guarded("history", lambda step: _catch_up(pipeline, step), job, producer))
        _end_at_once_when_stopping(pipeline, last)
    if failures:
        pipeline.kill()
        raise _readable(failures[0])
    if pipeline.stopping.is_set():
        pipeline.kill()
        raise StoppedError


def exchange_now(pipeline: Pipeline) -> int:
    """Exchange time, UTC microseconds: a simulated exchange has a clock of its own."""
    return pipeline.exchange.now() if pipeline.exchange is not None else time.time_ns() // 1000


def _check_tools(step: Step) -> None:
    step.detail = "looking for Java 17 or 21"
    java_home()
    step.detail = "Kafka and Spark's Kafka connector, downloaded on first use"
    jars("broker")
    jars("spark")
    step.detail = ""


def _start_producer(pipeline: Pipeline, step: Step) -> None:
    step.detail = f"{len(pipeline.symbols)} symbols, history of {pipeline.start_from}"
    pipeline.start_producer(_telling(step))


def _telling(step: Step) -> Callable[[str], None]:
    def tell(reason: str) -> None:
        step.detail = reason

    return tell


def _catch_up(pipeline: Pipeline, step: Step) -> None:
    """Wait until every symbol in the database is within seconds of the exchange's clock."""
    near = int(_NEAR * max(1.0, pipeline.options.speed))
    deadline = time.monotonic() + _CATCH_UP_SECONDS
    connection = connect(pipeline.database_url, application_name="cryptostream local")
    try:
        while True:
            with connection, connection.cursor() as cursor:
                cursor.execute(_CLOCKS, (str(STREAM),))
                clocks = dict(cursor.fetchall())
            now = exchange_now(pipeline)
            behind = {symbol: now - clocks.get(symbol, 0) for symbol in pipeline.symbols}
            if all(lag < near for lag in behind.values()):
                step.detail = ""
                return
            slowest = max(behind, key=lambda symbol: behind[symbol])
            step.detail = (
                f"{slowest} is {behind[slowest] / 1e6:.0f} s behind" if slowest in clocks else f"waiting for {slowest}"
            )
            if time.monotonic() > deadline:
                step.detail = f"going on while {slowest} is still behind"
                return
            if pipeline.stopping.wait(0.2):
                raise StoppedError
    except psycopg2.Error as error:
        raise StartError(f"the database: {' '.join(str(error).split())}") from None
    finally:
        connection.close()


def _end_at_once_when_stopping(pipeline: Pipeline, last: Future[None]) -> None:
    """Servers that are starting do not look at the user's wish to stop: end them, and their start fails."""
    done = threading.Event()
    last.add_done_callback(lambda _: done.set())
    while not done.wait(0.1):
        if pipeline.stopping.is_set():
            while not done.wait(0.2):
                pipeline.kill()


def _readable(error: BaseException) -> BaseException:
    if isinstance(error, JarError | JavaMissingError):
        return StartError(str(error))
    return error
