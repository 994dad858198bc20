"""The parts of a run: each can be started, watched, started again and stopped."""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from cryptostream_demo.children import (
    PARTITIONS,
    STREAM,
    exchange_process,
    job_process,
    producer_process,
    stop_file,
)
from cryptostream_demo.exchange import SimulatedExchange
from cryptostream_demo.market import SimulatedMarket
from cryptostream_demo.options import DemoOptions
from cryptostream_demo.probing import unreadiness
from cryptostream_local.broker import Broker
from cryptostream_local.database import Database, owner_url
from cryptostream_local.jars import jars
from cryptostream_local.ports import LOOPBACK, free_port, preferred_port
from cryptostream_local.process import ChildProcess
from cryptostream_local.run_folder import RunFolder
from cryptostream_local.topics import create_topics
from cryptostream_sql.migrate import migrate

PREFERRED_PORTS = {"kafka": 29092, "database": 25432, "exchange": 29443, "producer": 28081, "job": 28082}
_POLL_SECONDS = 0.1
_EXCHANGE_SECONDS = 300.0
_READY_SECONDS = 180.0

R = TypeVar("R")
Server = Broker | Database


class StartError(Exception):
    """A part did not start; the text says which, why, and ends with its log's last lines."""


class StoppedError(Exception):
    """The user stopped the run before it was live."""


@dataclass(slots=True)
class Pipeline:
    """All parts of one run in one folder.

    ``cold`` says why no alert can come yet, None when baselines are warm. ``stopping`` is set when everything should
    end; whoever waits here then raises StoppedError.
    """

    options: DemoOptions
    folder: RunFolder
    market: SimulatedMarket | None
    start_from: timedelta
    stopping: threading.Event
    cold: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ports: dict[str, int] = field(
        default_factory=lambda: {name: preferred_port(port) for name, port in PREFERRED_PORTS.items()}
    )
    servers: dict[str, Server] = field(default_factory=dict)
    exchange: SimulatedExchange | None = None
    children: dict[str, ChildProcess] = field(default_factory=dict)
    _producer_starts: int = 0

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return f"{LOOPBACK}:{self.servers['kafka'].port}"

    @property
    def database_url(self) -> str:
        return owner_url(self.servers["database"].port)

    @property
    def exchange_name(self) -> str:
        return self.exchange.exchange if self.exchange is not None else str(self.options.source.exchange)

    @property
    def symbols(self) -> tuple[str, ...]:
        """What the run follows: the user's choice, else all that the source trades."""
        if self.market is not None:
            return self.market.symbols
        if self.options.symbols is not None:
            return tuple(symbol.strip() for symbol in self.options.symbols.split(",") if symbol.strip())
        return self.exchange.symbols if self.exchange is not None else ()

    def addresses(self) -> dict[str, str]:
        """Where the started parts answer."""
        found: dict[str, str] = {}
        if "kafka" in self.servers:
            found["kafka"] = self.bootstrap
        if "database" in self.servers:
            found["database"] = self.database_url
        if self.exchange is not None:
            found |= {"exchange_websocket": self.exchange.websocket, "exchange_rest": self.exchange.rest}
        for name in ("producer", "job"):
            if name in self.children:
                found[f"{name}_metrics"] = f"http://{LOOPBACK}:{self.ports[name]}/metrics"
        return found

    def start_broker(self) -> None:
        """Start Kafka and create the stream's topics."""
        self._start_server("kafka", lambda port: Broker(self.folder.kafka, port=port))
        create_topics(self.bootstrap, STREAM, PARTITIONS)

    def start_database(self) -> None:
        """Start PostgreSQL and bring its schema up to date."""
        self._start_server("database", lambda port: Database(self.folder.database, port))
        migrate(self.database_url)

    def start_exchange(self, history: timedelta) -> None:
        child = exchange_process(self.options, self.market, history, self.ports["exchange"], self.folder)
        self.children["exchange"] = child
        child.start()
        self.exchange = self._await(
            child,
            "exchange",
            lambda: SimulatedExchange.from_log(child.log.read_text(errors="replace")) if child.log.exists() else None,
            _EXCHANGE_SECONDS,
        )

    def start_job(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Start the job and wait until its query runs."""
        class_path = ":".join(str(jar) for jar in jars("spark"))
        child = job_process(self.folder, self.bootstrap, self.database_url, class_path, self.ports["job"])
        self.children["job"] = child
        self.restart_job()
        self._await_ready("job", report)

    def restart_job(self) -> None:
        stop_file(self.folder).unlink(missing_ok=True)
        self.children["job"].start()

    def start_producer(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Start the producer and wait until it is subscribed, has healed its history and commits."""
        self.restart_producer()
        self._await_ready("producer", report)

    def restart_producer(self) -> None:
        self._producer_starts += 1
        endpoints = {}
        if self.exchange is not None:
            endpoints = {"websocket_url": self.exchange.websocket, "rest_url": self.exchange.rest}
        child = producer_process(
            self.folder,
            self.folder.path / "producer" / str(self._producer_starts),
            self.bootstrap,
            self.exchange_name,
            self.symbols,
            endpoints,
            self.start_from,
            self.ports["producer"],
        )
        self.children["producer"] = child
        child.start()

    def kill(self) -> None:
        """End everything at once."""
        for part in (*self.children.values(), *self.servers.values()):
            part.kill()

    def remove_data(self) -> None:
        """Delete what only a kept run needs; logs, pictures and the record stay."""
        for folder in (self.folder.kafka, self.folder.database, self.folder.checkpoint, self.folder.path / "producer"):
            shutil.rmtree(folder, ignore_errors=True)

    def _start_server(self, name: str, make: Callable[[int], Server]) -> None:
        """Start it; once more on another port, should another program have taken its port meanwhile."""
        for port in (self.ports[name], free_port()):
            self.ports[name] = port
            self.servers[name] = make(port)
            try:
                self.servers[name].start()
            except (ChildProcessError, TimeoutError) as error:
                failure = str(error)
                self.servers[name].kill()
                if self.stopping.is_set():
                    raise StoppedError from None
            else:
                return
        raise StartError(failure)

    def _await_ready(self, name: str, report: Callable[[str], None]) -> None:
        def is_ready() -> bool:
            reason = unreadiness(self.ports[name])
            report(reason or "")
            return reason is None

        self._await(self.children[name], name, lambda: is_ready() or None, _READY_SECONDS)

    def _await(self, child: ChildProcess, name: str, look: Callable[[], R | None], seconds: float) -> R:
        deadline = time.monotonic() + seconds
        while (found := look()) is None:
            if self.stopping.wait(_POLL_SECONDS):
                raise StoppedError
            if not child.running():
                raise StartError(f"the {name} ended with status {child.exit_code()}:\n{child.tail(15)}")
            if time.monotonic() > deadline:
                raise StartError(f"the {name} is not ready after {seconds:.0f} s:\n{child.tail(15)}")
        return found
