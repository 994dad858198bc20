"""The operator as a whole: what is put together at the start, and taken apart at the end."""

import asyncio
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kopf
from kopf._cogs.clients import scanning as kopf_scanning

from cryptostream_model.logs import get_logger
from cryptostream_model.probes import ProbeServer
from cryptostream_operator.apply.client import Client
from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.apply.executor import Executor
from cryptostream_operator.controller.controller import Controller
from cryptostream_operator.controller.reconciler import Reconciler
from cryptostream_operator.handlers.attempts import tell_first_attempts_only
from cryptostream_operator.handlers.outlasting import outlast
from cryptostream_operator.handlers.permission import ask_before_scanning
from cryptostream_operator.handlers.watching import configure, watch
from cryptostream_operator.kinds import Manifest
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.observe.cache import Cache
from cryptostream_operator.observe.discovery import Discovery
from cryptostream_operator.observe.namespaces import Namespaces
from cryptostream_operator.observe.observer import Observer
from cryptostream_operator.observe.pages import Pages, Read, read_directly
from cryptostream_operator.observe.scanning import KINDS_OF_OBJECTS, NAMESPACES, Resource, Scanning
from cryptostream_operator.observe.secrets import Secrets
from cryptostream_operator.settings import OperatorSettings

_LOG = get_logger(__name__)


def run(settings: OperatorSettings) -> None:
    """Run until SIGTERM or SIGINT."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(kopf.login_via_client)
    stop_flag = threading.Event()

    @kopf.on.startup(registry=registry)
    async def start(memo: kopf.Memo, **_: Any) -> None:
        await memo.controller.start()

    @kopf.on.cleanup(registry=registry)
    async def stop(memo: kopf.Memo, **_: Any) -> None:
        if pages is not None:
            pages.stop()
        readers.shutdown(wait=False, cancel_futures=True)
        await memo.controller.stop()
        cancel_scans()
        # Kopf waits for the flag in a thread: unset, it would keep the process.
        stop_flag.set()

    metrics = OperatorMetrics()
    cache = Cache()
    readers = ThreadPoolExecutor(settings.workers * 2, thread_name_prefix="pages")
    stopping = threading.Event()
    client = Client(metrics, settings.request_timeout, settings.workers * 3 + 2, stopping)
    pages = _pages(settings, client, readers)
    controller = _controller(settings, client, metrics, cache, pages, stopping)
    # Without scanning Kopf knows only the kinds that it found at its start.
    controller.on_new_kinds = lambda _: stop_flag.set()
    watch(registry, cache, controller)
    kopf_settings = kopf.OperatorSettings()
    configure(kopf_settings, settings.scanning)
    outlast(controller.listed_by_watch)
    if settings.scanning:
        ask_before_scanning(controller.scanning.may)
    tell_first_attempts_only()
    server = ProbeServer(settings.port, metrics.registry, controller.heartbeat.problem, controller.not_ready)
    server.start()
    _LOG.info("started", port=server.port, namespaces=list(settings.namespaces) or "all")
    try:
        kopf.run(
            registry=registry,
            settings=kopf_settings,
            memo=kopf.Memo(controller=controller),
            standalone=True,
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            stop_flag=stop_flag,
        )
    finally:
        server.stop()


def cancel_scans() -> None:
    """End Kopf's requests for the kinds of the cluster: stopped amid them, it would wait five seconds for answers that
    cannot come any more."""
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and code.co_filename == kopf_scanning.__file__:
            task.cancel()


def _controller(
    settings: OperatorSettings,
    client: Client,
    metrics: OperatorMetrics,
    cache: Cache,
    pages: Pages | None,
    stopping: threading.Event,
) -> Controller:
    discovery = Discovery(client.served)
    secrets = Secrets(client.get, client.version, time.monotonic)
    observer = Observer(cache, discovery, secrets, pages, Namespaces(client.namespace_labels))
    executor = Executor(client, cache.put, cache.remove, stopping, f"{socket.gethostname()}-{os.getpid()}")
    reconciler = Reconciler(cache, observer, executor, settings.policy(), metrics)
    scanning = Scanning(client.allowed, _scanned(settings))
    controller = Controller(settings, client, cache, discovery, scanning, secrets, reconciler, metrics, stopping)
    if pages is not None:
        pages.on_read = controller.news_from_a_thread
    return controller


def _scanned(settings: OperatorSettings) -> tuple[Resource, ...]:
    """What Kopf lists and watches to notice kinds and namespaces; all namespaces at once need no notice."""
    if not settings.scanning:
        return ()
    return (KINDS_OF_OBJECTS, NAMESPACES) if settings.namespaces else (KINDS_OF_OBJECTS,)


def _pages(settings: OperatorSettings, client: Client, readers: ThreadPoolExecutor) -> Pages | None:
    if settings.readings == "off":
        return None

    def through_the_api_server(pod: Manifest, port: int, page: str) -> tuple[int, str]:
        metadata = pod["metadata"]
        try:
            return client.read_page(metadata["namespace"], metadata["name"], port, page)
        except RequestError as error:
            raise OSError(error.message) from None

    read: Read = read_directly if settings.readings == "pod" else through_the_api_server
    return Pages(read, settings.readings_interval, readers.submit)
