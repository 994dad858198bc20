"""``cryptostream logins``: the job's and the dashboards' logins, with the passwords of somebody else's Secrets."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from urllib.parse import quote

import psycopg2
import pytest
from pydantic import SecretStr

from cryptostream_local.database import Database
from cryptostream_sql.logins import LoginsError, make_logins
from cryptostream_sql.migrate import migrate
from cryptostream_sql.schema import SchemaError
from cryptostream_sql.settings import Login
from harness.database import value
from harness.sql import run

pytestmark = pytest.mark.integration

PASSWORD = "a'b$c d%/@ü"


@pytest.fixture
def names(database_url: str) -> Iterator[tuple[str, str]]:
    """Names of a writing and of a reading login that do not exist yet; they are dropped in the end."""
    chosen = (f"job-{uuid.uuid4().hex[:8]}", f"grafana-{uuid.uuid4().hex[:8]}")
    yield chosen
    for name in chosen:
        if value(database_url, "SELECT true FROM pg_roles WHERE rolname = %s", name):
            run(database_url, f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


@pytest.fixture
def guarded(own_database_server: Database) -> str:
    """URL of a migrated database whose server asks everybody but the owner for a password."""
    rules = own_database_server.directory / "data" / "pg_hba.conf"
    rules.write_text("host all cryptostream 127.0.0.1/32 trust\nhost all all all scram-sha-256\n")
    run(own_database_server.url(), "SELECT pg_reload_conf()", "CREATE DATABASE crypto")
    url = own_database_server.url("crypto")
    migrate(url)
    return url


def login(name: str, password: str = PASSWORD) -> Login:
    return Login(name, SecretStr(password), "CRYPTOSTREAM_WRITER_LOGIN")


def as_login(url: str, name: str, password: str) -> str:
    return url.replace("cryptostream@", f"{quote(name, safe='')}:{quote(password, safe='')}@")


def command(url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """``cryptostream logins`` with settings given without their prefix."""
    prefixed = {f"CRYPTOSTREAM_{name}": value for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "-m", "cryptostream_cli.main", "logins"],
        env={**os.environ, "CRYPTOSTREAM_DATABASE_URL": url, **prefixed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_logins_get_in_with_their_passwords_and_no_other_and_a_new_password_replaces_the_old(guarded: str) -> None:
    make_logins(guarded, {"cryptostream_writer": login("job"), "cryptostream_reader": login("grafana", "other")})
    run(as_login(guarded, "job", PASSWORD), "UPDATE crypto_writers SET epoch = 1")
    assert value(as_login(guarded, "grafana", "other"), "SHOW statement_timeout") == "30s"
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        run(as_login(guarded, "grafana", "other"), "DELETE FROM crypto_panes")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(as_login(guarded, "grafana", PASSWORD))

    make_logins(guarded, {"cryptostream_reader": login("grafana", "newer")})
    assert value(as_login(guarded, "grafana", "newer"), "SELECT count(*) FROM crypto_panes") == 0
    assert value(as_login(guarded, "job", PASSWORD), "SELECT count(*) FROM crypto_panes") == 0
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(as_login(guarded, "grafana", "other"))


def test_no_password_reaches_the_log_of_a_server_that_logs_every_statement(own_database_server: Database) -> None:
    url = own_database_server.url()
    migrate(url)
    run(url, "ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    make_logins(url, {"cryptostream_writer": login("job", "unlikely-to-be-seen")})
    written = own_database_server.tail(10_000)
    assert 'CREATE ROLE "job" LOGIN PASSWORD' in written
    assert "unlikely-to-be-seen" not in written


def test_the_command_makes_both_logins_and_tells_their_names_only(database_url: str, names: tuple[str, str]) -> None:
    migrate(database_url)
    done = command(
        database_url,
        WRITER_LOGIN=names[0],
        WRITER_PASSWORD="first-secret",
        READER_LOGIN=names[1],
        READER_PASSWORD="second-secret",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"logins that have their password and role: {names[0]}, {names[1]}\n"
    assert "secret" not in done.stdout + done.stderr
    held = "SELECT pg_has_role(%s, %s, 'member')"
    assert value(database_url, held, names[0], "cryptostream_writer") is True
    assert value(database_url, held, names[1], "cryptostream_reader") is True


def test_a_login_without_a_password_is_left_alone(database_url: str, names: tuple[str, str]) -> None:
    migrate(database_url)
    done = command(database_url, WRITER_LOGIN=names[0], READER_LOGIN=names[1], READER_PASSWORD="secret")
    assert done.returncode == 0, done.stderr
    assert value(database_url, "SELECT count(*) FROM pg_roles WHERE rolname = %s", names[0]) == 0


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "CRYPTOSTREAM_WRITER_PASSWORD, CRYPTOSTREAM_READER_PASSWORD: give at least one of them"),
        (
            {"WRITER_LOGIN": "a", "WRITER_PASSWORD": "secret", "READER_LOGIN": "a", "READER_PASSWORD": "secret"},
            "CRYPTOSTREAM_READER_LOGIN = 'a': the reader needs another login than the writer",
        ),
        (
            {"WRITER_LOGIN": "cryptostream", "WRITER_PASSWORD": "secret"},
            "CRYPTOSTREAM_WRITER_LOGIN = 'cryptostream' is the owner of the schema: choose another name",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_setting(database_url: str, variables: dict[str, str], said: str) -> None:
    migrate(database_url)
    done = command(database_url, **variables)
    assert (done.returncode, done.stderr.strip()) == (2, said)


def test_a_database_that_was_not_migrated_is_told_so(database_url: str) -> None:
    with pytest.raises(SchemaError, match="run `cryptostream migrate`"):
        make_logins(database_url, {"cryptostream_writer": login("never-made")})
    assert value(database_url, "SELECT count(*) FROM pg_roles WHERE rolname = 'never-made'") == 0


def test_an_owner_who_may_not_make_roles_is_told_what_to_ask_for(own_database_server: Database) -> None:
    admin = own_database_server.url()
    run(admin, "CREATE ROLE owner LOGIN", "CREATE DATABASE crypto OWNER owner")
    run(admin, "CREATE ROLE cryptostream_reader NOLOGIN", "CREATE ROLE cryptostream_writer NOLOGIN")
    url = own_database_server.url("crypto").replace("cryptostream@", "owner@")
    migrate(url)
    with pytest.raises(LoginsError, match=r'"ALTER ROLE owner CREATEROLE", or make the login and grant it'):
        make_logins(url, {"cryptostream_writer": login("job")})


def test_an_owner_who_may_make_roles_need_not_be_a_superuser(own_database_server: Database) -> None:
    run(own_database_server.url(), "CREATE ROLE owner LOGIN CREATEROLE", "CREATE DATABASE crypto OWNER owner")
    url = own_database_server.url("crypto").replace("cryptostream@", "owner@")
    migrate(url)
    for _ in range(2):
        make_logins(url, {"cryptostream_writer": login("job"), "cryptostream_reader": login("grafana")})
    assert value(url.replace("owner@", "grafana@"), "SHOW default_transaction_read_only") == "on"
