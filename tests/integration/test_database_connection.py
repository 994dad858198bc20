"""Connecting: patience, and errors that name the setting and not the password."""

from datetime import timedelta
from threading import Thread

import psycopg2
import pytest

from cryptostream_local.database import Database
from cryptostream_local.ports import free_port
from cryptostream_sql.connection import DatabaseError, DatabaseLoginError, DatabaseUnreachableError, connect
from cryptostream_sql.migrate import migrate
from harness.sql import run
from harness.waiting import until

pytestmark = pytest.mark.integration


def test_an_unreachable_database_is_named_with_its_setting_and_without_its_password() -> None:
    port = free_port()
    with pytest.raises(DatabaseUnreachableError, match=rf"CRYPTOSTREAM_DATABASE_URL \(.*port={port}.*refused") as error:
        migrate(f"postgresql://writer:hunter2@127.0.0.1:{port}/crypto")
    assert "hunter2" not in str(error.value)


def test_something_that_is_no_connection_string_is_refused_without_repeating_it() -> None:
    with pytest.raises(DatabaseError, match="CRYPTOSTREAM_DATABASE_URL is not a connection string") as error:
        connect("writer:hunter2@127.0.0.1:5432/crypto")
    assert "hunter" not in str(error.value)


def test_a_wrong_password_is_an_error_at_once_however_long_the_patience(own_database_server: Database) -> None:
    owner = own_database_server.url()
    run(owner, "CREATE ROLE writer LOGIN PASSWORD 'right'")
    access = own_database_server.directory / "data" / "pg_hba.conf"
    access.write_text("host all writer 127.0.0.1/32 scram-sha-256\n" + access.read_text())
    run(owner, "SELECT pg_reload_conf()")
    url = f"postgresql://writer:%s@127.0.0.1:{own_database_server.port}/postgres"
    until(lambda: _refused(url % "wrong"), "the server to ask for passwords")

    with pytest.raises(
        DatabaseLoginError, match=r"CRYPTOSTREAM_DATABASE_URL \(user=writer.*refuses the login"
    ) as error:
        connect(url % "hunter2", patience=timedelta(hours=1))
    assert "hunter2" not in str(error.value)
    connect(url % "right").close()


def _refused(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return True
    return False


@pytest.mark.parametrize("user", ["cryptostream", "nobody"])
def test_a_database_or_login_that_does_not_exist_is_an_error_at_once(database_server: Database, user: str) -> None:
    url = f"postgresql://{user}@127.0.0.1:{database_server.port}/no_such_database"
    with pytest.raises(DatabaseLoginError, match=r"(no_such_database|nobody)\" does not exist"):
        connect(url, patience=timedelta(hours=1))


def test_patience_outlasts_a_database_that_comes_up_later(own_database_server: Database) -> None:
    own_database_server.stop()
    starter = Thread(target=own_database_server.start)
    with pytest.raises(DatabaseUnreachableError):
        connect(own_database_server.url())
    starter.start()
    connection = connect(own_database_server.url(), patience=timedelta(minutes=1))
    connection.close()
    starter.join()


def test_patience_ends_and_says_how_long_it_was() -> None:
    with pytest.raises(DatabaseUnreachableError, match=r"cannot reach the database for 0\.3 s"):
        connect(f"postgresql://127.0.0.1:{free_port()}/x", patience=timedelta(seconds=0.3))


def test_sessions_are_in_utc_whatever_the_server_prefers(database_url: str) -> None:
    name = database_url.rsplit("/", 1)[1]
    run(database_url, f"ALTER DATABASE \"{name}\" SET timezone = 'Asia/Kathmandu'")
    connection = connect(database_url)
    with connection.cursor() as cursor:
        cursor.execute("SHOW timezone")
        assert cursor.fetchone() == ("UTC",)
    connection.close()
