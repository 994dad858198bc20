"""What ``helm test`` runs in its pods says what is wrong, and nothing but that it is well otherwise."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cryptostream_sql.migrate import migrate
from harness.helm_chart import CHART

pytestmark = pytest.mark.integration


def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    source = (CHART / "files" / "helm-tests" / f"{script}.py").read_text()
    return subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **variables},
    )


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """Answers every path with the status and body that its attributes hold."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = getattr(self.server, "answer", (200, b"{}"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    running = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def answering(server: HTTPServer, status: int, body: object) -> str:
    server.answer = (status, json.dumps(body).encode())  # type: ignore[attr-defined]
    return f"http://127.0.0.1:{server.server_port}"


def test_a_database_with_the_schema_is_well(database_url: str) -> None:
    migrate(database_url)
    finished = run("database", CRYPTOSTREAM_DATABASE_URL=database_url)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "has the schema" in finished.stdout


def test_a_database_without_the_schema_is_not(database_url: str) -> None:
    finished = run("database", CRYPTOSTREAM_DATABASE_URL=database_url)
    assert finished.returncode == 1
    assert "cryptostream migrate" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_database_that_is_not_there_is_named() -> None:
    finished = run("database", CRYPTOSTREAM_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert finished.returncode == 1
    assert finished.stderr.startswith("the database cannot be reached")


def test_grafana_is_well_when_its_own_database_is(server: HTTPServer) -> None:
    assert run("grafana", HEALTH=answering(server, 200, {"database": "ok"})).returncode == 0
    assert run("grafana", HEALTH=answering(server, 200, {"database": "failing"})).returncode == 1


def test_grafana_that_does_not_answer_is_said_to(server: HTTPServer) -> None:
    finished = run("grafana", HEALTH=answering(server, 503, {}))
    assert finished.returncode == 1
    assert finished.stderr.startswith("Grafana does not answer")


def test_an_operator_that_is_not_ready_says_why(server: HTTPServer) -> None:
    finished = run("operator", OPERATOR=answering(server, 503, "listing what there is"), NAMESPACE="desk")
    assert finished.returncode == 1
    assert finished.stderr.startswith('the operator is not ready: "listing what there is"')
