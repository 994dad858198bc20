"""Databases of both flavours for the integration tests."""

from collections.abc import Iterator

import pytest

from cryptostream_sql.migrate import migrate
from harness.sql import FlavouredDatabase
from harness.timescale import TimescaleServer


@pytest.fixture(scope="module")
def timescale_server() -> Iterator[TimescaleServer]:
    """A module's server: it takes most of a gigabyte, so it goes when the module's tests have run."""
    running = TimescaleServer()
    yield running
    running.stop()


@pytest.fixture
def timescale_url(timescale_server: TimescaleServer) -> str:
    """A fresh, empty database that can have TimescaleDB; one connection at a time."""
    return timescale_server.fresh_database()


@pytest.fixture(params=["plain", "timescale"])
def empty_database(request: pytest.FixtureRequest) -> FlavouredDatabase:
    """The test runs on a fresh, empty database of each flavour."""
    name = "database_url" if request.param == "plain" else "timescale_url"
    return FlavouredDatabase(request.getfixturevalue(name), request.param)


@pytest.fixture
def migrated_database(empty_database: FlavouredDatabase) -> FlavouredDatabase:
    """The test runs on a fresh, migrated database of each flavour."""
    migrate(empty_database.url)
    return empty_database
