"""The operator's own loop: workers that take streams from the queue, the resync, the look for new kinds."""

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from cryptostream_model.logs import get_logger
from cryptostream_operator.apply.client import Client
from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.apply.executor import Stopped
from cryptostream_operator.controller.heartbeat import Heartbeat
from cryptostream_operator.controller.listing import Listing
from cryptostream_operator.controller.queue import WorkQueue
from cryptostream_operator.controller.reconciler import Reconciler
from cryptostream_operator.controller.scanning import ScanningRights
from cryptostream_operator.kinds import CRYPTO_STREAM, WATCHED, Kind
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.observe.cache import Cache, Key
from cryptostream_operator.observe.discovery import Discovery
from cryptostream_operator.observe.scanning import Scanning
from cryptostream_operator.observe.secrets import Secrets
from cryptostream_operator.settings import OperatorSettings

_LOG = get_logger(__name__)
_BEAT = 1.0
_LISTING_AGAIN = 5.0
_ANEW = 5.0
_CERTAIN_AFTER = 5.0
_UNKNOWN = f"the cluster does not know {CRYPTO_STREAM.kind} ({CRYPTO_STREAM.api_version}): install its CRD"

_BY_RESOURCE = {(kind.group, kind.version, kind.plural): kind for kind in (CRYPTO_STREAM, *WATCHED)}

T = TypeVar("T")


class Controller:
    """Everything but the watches. Its methods are called on the event loop; requests are made by threads."""

    def __init__(
        self,
        settings: OperatorSettings,
        client: Client,
        cache: Cache,
        discovery: Discovery,
        scanning: Scanning,
        secrets: Secrets,
        reconciler: Reconciler,
        metrics: OperatorMetrics,
        stopping: threading.Event,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._discovery = discovery
        self._secrets = secrets
        self._reconciler = reconciler
        self._metrics = metrics
        self._stopping = stopping
        self._tasks: list[asyncio.Task[None]] = []
        self._pool = ThreadPoolExecutor(settings.workers + 2, thread_name_prefix="requests")
        self.queue: WorkQueue[Key] = WorkQueue(time.monotonic)
        self.heartbeat = Heartbeat(time.monotonic, settings.stuck_after)
        self.scanning = ScanningRights(scanning, metrics, self._in_thread)
        self._listing = Listing(settings.namespaces, client, cache, discovery, metrics, self._in_thread, self.news)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_listed = False
        self._unlisted: set[Kind] = set()
        self._has_unlisted = asyncio.Event()
        self.on_new_kinds: Callable[[Iterable[Kind]], None] | None = None
        """Is told of kinds that have come or gone and that no watch of Kopf's has noticed."""

    async def start(self) -> None:
        """Start the loop. Nothing is decided before everything has been listed once."""
        self._loop = asyncio.get_running_loop()
        self.heartbeat.expect("event loop", "resync", workers=self._settings.workers)
        self._start(self._run)
        self._start(self._beat)

    async def stop(self) -> None:
        """End within the time of one request."""
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def not_ready(self) -> str | None:
        """Why no stream is looked after, None when all are that may be seen. May be asked by any thread."""
        if self._is_listed and CRYPTO_STREAM not in self._discovery.served:
            return _UNKNOWN
        return self._listing.problem() or (None if self._is_listed else "listing what there is")

    def news(self, key: Key | None) -> None:
        """Something of a stream has changed."""
        if key is not None:
            self.queue.add(key)

    def news_from_a_thread(self, key: Key) -> None:
        """The same from another thread than the event loop's."""
        if self._loop is not None:
            # It may have ended meanwhile.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.news, key)

    def listed_by_watch(
        self, resource: tuple[str, str, str], namespace: str | None, listed: frozenset[tuple[str, str]]
    ) -> None:
        """A watch has begun with a list. What the cache has beyond it has come since, or was deleted unnoticed."""
        kind = _BY_RESOURCE.get(resource)
        if kind is not None and self._cache.holds_others(kind, namespace, listed):
            self._catch_up_with(kind)

    async def _run(self) -> None:
        await self._list_until_it_works()
        self._is_listed = True
        self._look_at_all()
        for worker in range(self._settings.workers):
            self._start(partial(self._work, worker))
        self._start(self._resync)
        self._start(self._discover)
        self._start(self._catch_up)
        self._start(self._refresh_secrets)
        self._start(self._relist)
        self._start(self._regain)

    async def _work(self, worker: int) -> None:
        while True:
            key = await self.queue.get()
            if not self._listing.knows(key[0]):
                self.queue.done(key, None)
                continue
            self.heartbeat.busy(worker)
            try:
                again = await self._in_thread(partial(self._reconciler.reconcile, key))
            except Stopped:
                return
            except RequestError as error:
                delay = self.queue.failed(key)
                _LOG.warning("will be tried again", stream="/".join(key), error=error.message, seconds=round(delay, 1))
            except Exception:  # noqa: BLE001 - one stream must not end the worker of all
                delay = self.queue.failed(key)
                _LOG.exception("an error of the operator's own", stream="/".join(key), seconds=round(delay, 1))
            else:
                self.queue.done(key, again)
            finally:
                self.heartbeat.idle(worker)

    async def _resync(self) -> None:
        """Look at every stream now and then, not all at once."""
        interval = self._settings.resync_interval.total_seconds()
        step = min(interval, self._settings.stuck_after.total_seconds() / 3)
        due = time.monotonic() + interval
        while True:
            self.heartbeat.beat("resync")
            await asyncio.sleep(min(step, max(0.0, due - time.monotonic())))
            if time.monotonic() >= due:
                due += interval
                for key in self._cache.streams():
                    self.queue.add(key, random.random() * interval / 5)  # noqa: S311

    async def _discover(self) -> None:
        """Notice kinds that come and go: streams that wait for one go on. So do those that waited for the API server to
        answer again: that it does is seen here first, however long they had come to wait."""
        is_away = False
        while True:
            interval = self._settings.discovery_interval.total_seconds()
            await asyncio.sleep(min(interval, _CERTAIN_AFTER) if self._discovery.doubts else interval)
            try:
                changed = await self._in_thread(self._discovery.refresh)
                if changed:
                    self._kinds_changed(changed)
                await self.scanning.look()
                if is_away:
                    self.queue.hasten()
                is_away = False
            except RequestError as error:
                is_away = True
                _LOG.warning("cannot ask for the served kinds", error=error.message)

    def _kinds_changed(self, changed: frozenset[Kind]) -> None:
        _LOG.info("kinds have come or gone", kinds=sorted(kind.kind for kind in changed))
        if self.on_new_kinds is not None and not self.scanning.notice_kinds:
            self.on_new_kinds(changed)
        for kind in changed:
            self._catch_up_with(kind)
        gone = changed - self._discovery.served
        # Nothing tells of the end of each object: with its kind it has gone.
        for key in {key for kind in gone for key in self._cache.drop(kind)}:
            self.news(key)
        if gone:
            self._look_at_all()

    def _catch_up_with(self, kind: Kind) -> None:
        self._unlisted.add(kind)
        self._has_unlisted.set()

    async def _catch_up(self) -> None:
        """List kinds that have come or whose watch has missed something, again until it works; then streams go on."""
        while True:
            await self._has_unlisted.wait()
            self._has_unlisted.clear()
            for kind in sorted(self._unlisted):
                self._unlisted.discard(kind)
                try:
                    await self._listing.kind(kind)
                except RequestError as error:
                    _LOG.warning("cannot list", kind=kind.kind, error=error.message)
                    self._catch_up_with(kind)
                    await asyncio.sleep(_LISTING_AGAIN)
            self._look_at_all()

    async def _refresh_secrets(self) -> None:
        """Notice Secrets that come, go and change."""
        interval = self._settings.secrets_interval.total_seconds()
        while True:
            await asyncio.sleep(min(1.0, interval))
            for ref in self._secrets.due(interval):
                try:
                    for key in await self._in_thread(partial(self._secrets.refresh, ref)):
                        self.news(key)
                except RequestError as error:
                    _LOG.warning("cannot look at a Secret", secret=f"{ref.namespace}/{ref.name}", error=error.message)
                    break

    def _look_at_all(self) -> None:
        for key in self._cache.streams():
            self.queue.add(key)

    async def _relist(self) -> None:
        while True:
            await asyncio.sleep(self._settings.relist_interval.total_seconds())
            try:
                await self._listing.everything()
            except RequestError as error:
                _LOG.warning("cannot list", error=error.message)

    async def _regain(self) -> None:
        """Notice that namespaces may be listed again: their streams go on."""
        while True:
            await asyncio.sleep(self._settings.discovery_interval.total_seconds())
            try:
                regained = await self._listing.denied_again()
            except RequestError as error:
                _LOG.warning("cannot list", error=error.message)
                continue
            for key in self._cache.streams():
                if key[0] in regained:
                    self.queue.add(key)

    async def _list_until_it_works(self) -> None:
        is_late = False
        while True:
            try:
                changed = await self._in_thread(self._discovery.refresh)
                if is_late and changed and self.on_new_kinds is not None and not self.scanning.notice_kinds:
                    self.on_new_kinds(changed)
                await self.scanning.look()
                await self._listing.everything()
                served = CRYPTO_STREAM in self._discovery.served
                problem = self._listing.problem() if served else _UNKNOWN
                if problem is None:
                    return
            except RequestError as error:
                problem = error.message
            is_late = True
            _LOG.warning("cannot list", error=problem)
            self.heartbeat.beat("resync")
            await asyncio.sleep(_LISTING_AGAIN)

    async def _beat(self) -> None:
        while True:
            self.heartbeat.beat("event loop")
            self._metrics.queue_depth.set(self.queue.depth())
            await asyncio.sleep(_BEAT)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def _start(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self._tasks.append(asyncio.create_task(_kept_up(work)))


async def _kept_up(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Do some work until it ends by itself: an error that nobody has thought of must not be its end in silence."""
    while True:
        try:
            return await work()
        except Exception:  # noqa: BLE001 - told, and begun anew
            _LOG.exception("an error of the operator's own", seconds=_ANEW)
        await asyncio.sleep(_ANEW)
