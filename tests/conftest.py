"""Real parts for the tests: one broker and one database server a session, a fresh stream and database a test."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from hypothesis import HealthCheck, settings

from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_model.streams import StreamName

# Properties are about results; how long an example takes says more about the machine than about the code.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture(scope="session")
def workshop() -> Iterator[Path]:
    """A scratch folder that other users may enter: PostgreSQL does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="cryptostream-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker(workshop: Path) -> Iterator[Broker]:
    """The session's broker. Tests that stop or kill a broker start one of their own: ``own_broker``."""
    running = Broker(workshop / "broker")
    running.start()
    yield running
    running.kill()


@pytest.fixture
def own_broker(workshop: Path) -> Iterator[Broker]:
    running = Broker(workshop / f"broker-{uuid.uuid4().hex[:8]}")
    running.start()
    yield running
    running.resume()
    running.kill()


@pytest.fixture(scope="session")
def database_server(workshop: Path) -> Iterator[Database]:
    running = Database(workshop / "database")
    running.start()
    yield running
    running.kill()


@pytest.fixture
def own_database_server(workshop: Path) -> Iterator[Database]:
    running = Database(workshop / f"database-{uuid.uuid4().hex[:8]}")
    running.start()
    yield running
    running.kill()


@pytest.fixture
def database_url(database_server: Database) -> Iterator[str]:
    """A fresh, empty database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(database_server.url())
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield database_server.url(name)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    connection.close()


@pytest.fixture
def stream() -> StreamName:
    """A stream name that no other test uses."""
    return StreamName("test", f"s{uuid.uuid4().hex[:10]}")
