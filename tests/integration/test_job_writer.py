"""What a batch leaves in the database, and what the job makes of a database that fails it."""

import threading
from dataclasses import replace

import psycopg2
import pytest

from cryptostream_job.checkpoint import DatabaseBehindError
from cryptostream_job.detectors.fold import initial_states
from cryptostream_job.state import StreamState
from cryptostream_local.database import Database
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.database import value
from harness.job_driver import Driver, market
from harness.sql import run
from harness.waiting import until

pytestmark = pytest.mark.integration

HANG_UP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name = 'cryptostream job' AND datname = current_database()"
)
SWITCHED_OFF = {"volume_surge": {"enabled": False}}


@pytest.fixture
def url(database_url: str) -> str:
    migrate(database_url)
    return database_url


def with_initial_states(state: StreamState, driver: Driver) -> StreamState:
    """A symbol that has closed nothing yet has no stored states of its detectors, which means their initial ones."""
    initial = initial_states(driver.detectors)
    return {
        symbol: replace(known, detector_states={**initial, **known.detector_states}) for symbol, known in state.items()
    }


def test_what_a_driver_loads_is_what_its_predecessor_had_in_memory(url: str, stream: StreamName) -> None:
    first = Driver(url, stream)
    panes = market(100)
    for number, cut in enumerate(range(0, 100, 7)):
        first.write(number, panes[cut : cut + 7])
        successor = Driver(url, stream)
        assert with_initial_states(successor.loaded, successor) == first.state
        first = successor
    assert value(url, "SELECT count(*) FROM crypto_alerts") > 0


def test_a_batch_without_records_is_in_the_ledger(url: str, stream: StreamName) -> None:
    driver = Driver(url, stream)
    driver.write(0, market(3))
    driver.write(1, [])
    assert value(url, "SELECT max(batch_id) FROM crypto_batches WHERE checkpoint = 'checkpoint-of-tests'") == 1


def test_a_database_that_has_lost_committed_batches_is_noticed_at_the_next_connection(
    url: str, stream: StreamName
) -> None:
    driver = Driver(url, stream)
    driver.write(0, market(3))
    driver.write(1, market(3, first=3))
    run(url, "DELETE FROM crypto_batches WHERE batch_id = 1", HANG_UP)
    with pytest.raises(DatabaseBehindError, match="batch 1 was committed, the database now knows batches up to 0"):
        driver.write(2, market(3, first=6))


def test_a_lost_connection_is_made_anew(url: str, stream: StreamName) -> None:
    driver = Driver(url, stream)
    driver.write(0, market(3))
    run(url, HANG_UP)
    driver.write(1, market(3, first=3))
    assert value(url, "SELECT max(batch_id) FROM crypto_batches") == 1


def test_while_the_database_takes_no_writes_the_job_waits_and_is_not_ready(url: str, stream: StreamName) -> None:
    driver = Driver(url, stream)
    driver.write(0, market(3))
    driver.status.ready()
    read_only = f'ALTER DATABASE "{value(url, "SELECT current_database()")}" SET default_transaction_read_only'
    run(url, f"{read_only} = on", HANG_UP)
    writing = threading.Thread(target=driver.write, args=(1, market(3, first=3)), daemon=True)
    writing.start()
    until(lambda: "read-only transaction" in (driver.status.why_not_ready() or ""), "the job to say that it waits")
    assert driver.metrics.registry.get_sample_value("cryptostream_job_waiting", {"part": "database"}) == 1
    run(url, "SET default_transaction_read_only = off", f"{read_only} = off")
    writing.join(30)
    assert value(url, "SELECT max(batch_id) FROM crypto_batches") == 1
    assert driver.status.why_not_ready() is None


def test_what_no_second_try_mends_ends_the_batch(url: str, stream: StreamName) -> None:
    driver = Driver(url, stream)
    run(url, "DROP TABLE crypto_alert_outbox, feed_gaps, crypto_panes CASCADE")
    with pytest.raises(psycopg2.ProgrammingError, match="crypto_panes"):
        driver.write(0, market(3))
    assert isinstance(driver.writer.failure, psycopg2.ProgrammingError)


def test_a_job_that_is_stopped_while_it_waits_leaves_the_batch_to_the_next_start(
    own_database_server: Database, stream: StreamName
) -> None:
    migrate(own_database_server.url())
    driver = Driver(own_database_server.url(), stream)
    own_database_server.kill()
    driver.stopping.set()
    with pytest.raises(InterruptedError):
        driver.write(0, market(3))
    own_database_server.start()
    assert value(own_database_server.url(), "SELECT count(*) FROM crypto_batches") == 0


def test_a_detector_that_was_switched_off_for_a_while_warms_up_anew_and_its_alert_has_ended(
    url: str, stream: StreamName
) -> None:
    panes = market(100)
    Driver(url, stream).write(0, panes[:60])
    assert "volume_surge" in Driver(url, stream).loaded["BTCUSDT"].detector_states
    Driver(url, stream, SWITCHED_OFF).write(1, panes[60:90])
    assert "volume_surge" not in Driver(url, stream).loaded["BTCUSDT"].detector_states
    assert value(url, "SELECT count(*) FROM crypto_alerts WHERE state = 'confirmed' AND ended IS NULL") == 0
