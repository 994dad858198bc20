"""Between operator and API server, on loopback: passes everything on, and does harm where a test asks for it."""

import base64
import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.kubernetes import Kubectl

_PIECE = 65536
_CHILD = re.compile(r"/namespaces/[^/]+/(?!events)[^/]+/(?P<stream>[^/?-]+)")

_CLUSTER_WIDE = re.compile(r"(?P<version>/api/v1|/apis/[^/]+/[^/]+)/(?P<plural>[a-z]+)(?P<query>\?.*)?")
_WITHOUT_NAMESPACE = ("namespaces", "customresourcedefinitions")


@dataclass(frozen=True)
class Answer:
    """What the proxy answers itself; without a code it says nothing until the harm ends, and hangs up."""

    code: int | None
    retry_after: int | None = None


Harm = Callable[[str, str], Answer | None]
"""Method and path -> the answer, None to pass the request on."""


class ApiProxy:
    """A way to the cluster of KUBECONFIG that a test can cut."""

    def __init__(self) -> None:
        self._upstream = _Upstream()
        self._lock = threading.Lock()
        self._harm: Harm | None = None
        self._healed = threading.Event()
        self._open: set[socket.socket] = set()
        self._writing: dict[str, int] = {}
        self.most_writes_at_once = 0
        """The most writes that were under way for one stream at a time."""
        self.harmed = 0
        """Requests that the proxy answered itself."""
        self.witness: Callable[[str, str], None] | None = None
        """Is told method and path of what the API server has answered, before the answer is passed on."""
        self.only: str | None = None
        """A namespace that is all the cluster which the operator sees, so that it leaves those of others alone."""
        self.hide: tuple[str, str] | None = None
        """An API group that the API server seems not to know, and its version."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._healed.set()
        self._server.shutdown()
        self._server.server_close()

    def kubeconfig(self, file: Path) -> Path:
        """Write a KUBECONFIG that goes through the proxy."""
        cluster = {"server": f"http://127.0.0.1:{self._server.server_port}"}
        context = {"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "proxy",
            "contexts": [context],
            "clusters": [{"name": "proxy", "cluster": cluster}],
            "users": [{"name": "proxy", "user": {}}],
        }
        file.write_text(json.dumps(config))
        return file

    @contextmanager
    def harming(self, harm: Harm) -> Iterator[None]:
        """Cut every connection, watches too, and do harm until the end of the block."""
        self._healed.clear()
        self._harm = harm
        self.cut()
        try:
            yield
        finally:
            self._harm = None
            self._healed.set()

    def cut(self) -> None:
        """Break all connections."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        with self._counted(request), self._upstream.connect() as connection:
            length = int(request.headers.get("Content-Length") or 0)
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
            connection.request(
                request.command, self._scoped(request), request.rfile.read(length) if length else None, headers
            )
            answer = connection.getresponse()
            if self.witness is not None:
                self.witness(request.command, request.path)
            request.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    request.send_header(name, value)
            request.send_header("Connection", "close")
            request.end_headers()
            if self.hide is not None and request.path.partition("?")[0] in ("/apis", f"/apis/{self.hide[0]}"):
                request.wfile.write(_without(answer.read(), self.hide[0]))
                return
            while piece := answer.read1(_PIECE):
                request.wfile.write(piece)

    def answer(self, method: str, path: str) -> Answer | None:
        """What to answer instead of the API server, None to ask it."""
        if self.hide is not None and path.startswith(f"/apis/{'/'.join(self.hide)}"):
            return Answer(404)
        return None if self._harm is None else self._harm(method, path)

    def wait_until_healed(self) -> None:
        """Block while harm is done."""
        self._healed.wait(timeout=600)

    def _scoped(self, request: BaseHTTPRequestHandler) -> str:
        listed = _CLUSTER_WIDE.fullmatch(request.path)
        if self.only is None or request.command != "GET" or listed is None or listed["plural"] in _WITHOUT_NAMESPACE:
            return request.path
        return f"{listed['version']}/namespaces/{self.only}/{listed['plural']}{listed['query'] or ''}"

    @contextmanager
    def connected(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)

    @contextmanager
    def _counted(self, request: BaseHTTPRequestHandler) -> Iterator[None]:
        child = _CHILD.search(request.path)
        if request.command == "GET" or child is None:
            yield
            return
        stream = child["stream"]
        with self._lock:
            now = self._writing[stream] = self._writing.get(stream, 0) + 1
            self.most_writes_at_once = max(self.most_writes_at_once, now)
        try:
            yield
        finally:
            with self._lock:
                self._writing[stream] -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            # The end of the connection is the end of the answer: no chunks to be put together.
            protocol_version = "HTTP/1.0"

            def log_message(self, *_: Any) -> None:
                pass

            def _any(self) -> None:
                with proxy.connected(self.connection), contextlib.suppress(OSError, http.client.HTTPException):
                    answer = proxy.answer(self.command, self.path)
                    if answer is None:
                        proxy.pass_on(self)
                        return
                    proxy.harmed += 1
                    if answer.code is None:
                        proxy.wait_until_healed()
                        return
                    self.send_response(answer.code)
                    if answer.retry_after is not None:
                        self.send_header("Retry-After", str(answer.retry_after))
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.write(json.dumps({"kind": "Status", "code": answer.code, "message": "harm"}).encode())

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _any  # noqa: N815 - names of http.server

        return Handler


_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"})


class _Upstream:
    """The API server of KUBECONFIG, with the login that it has there."""

    def __init__(self) -> None:
        config = json.loads(Kubectl()("config", "view", "--minify", "--raw", "--flatten", "--output", "json"))
        cluster: Mapping[str, Any] = config["clusters"][0]["cluster"]
        user: Mapping[str, Any] = config["users"][0]["user"]
        address = urlsplit(cluster["server"])
        self._host, self._port = address.hostname or "", address.port or 443
        self._context = ssl.create_default_context(cadata=_text(cluster["certificate-authority-data"]))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "login.pem"
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w") as login:
                login.write(_text(user["client-certificate-data"]) + _text(user["client-key-data"]))
            self._context.load_cert_chain(file)

    @contextmanager
    def connect(self) -> Iterator[http.client.HTTPSConnection]:
        connection = http.client.HTTPSConnection(self._host, self._port, context=self._context)
        try:
            yield connection
        finally:
            connection.close()


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()


def _without(body: bytes, group: str) -> bytes:
    """A list of API groups, in either of its forms, without one."""
    found = json.loads(body)
    for key in ("groups", "items"):
        if key in found:
            found[key] = [item for item in found[key] if group not in (item.get("name"), _name(item))]
    return json.dumps(found).encode()


def _name(item: Mapping[str, Any]) -> str:
    return str((item.get("metadata") or {}).get("name", ""))
