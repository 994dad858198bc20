"""The HTTP port: /metrics, /healthz, /readyz."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Reasons = Callable[[], list[str]]
"""Why a check fails, one line each; empty when it passes."""


class HealthServer:
    """Serves until stopped. ``unhealthy`` and ``unready`` are asked on every request."""

    def __init__(self, port: int, registry: CollectorRegistry, unhealthy: Reasons, unready: Reasons) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                match self.path.partition("?")[0]:
                    case "/metrics":
                        self._answer(200, generate_latest(registry), CONTENT_TYPE_LATEST)
                    case "/healthz":
                        self._check(unhealthy())
                    case "/readyz":
                        self._check(unready())
                    case _:
                        self._answer(404, b"not found\n", "text/plain; charset=utf-8")

            def _check(self, reasons: list[str]) -> None:
                text = "\n".join(reasons) if reasons else "ok"
                self._answer(503 if reasons else 200, f"{text}\n".encode(), "text/plain; charset=utf-8")

            def _answer(self, status: int, body: bytes, content_type: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Requests of probes are not worth a line."""

        self._server = ThreadingHTTPServer(("", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
