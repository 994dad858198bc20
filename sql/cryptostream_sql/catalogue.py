"""The migrations that this code knows, read from the package's own SQL files."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Flavour = Literal["plain", "timescale"]
FLAVOURS: tuple[Flavour, ...] = ("plain", "timescale")
_FILE_NAME = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)(\.(?P<flavour>plain|timescale))?\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. ``sql`` may hold several statements, all of which can run in a transaction."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the SQL, blind to the line ends of a check-out."""
        return hashlib.sha256(self.sql.replace("\r\n", "\n").encode()).hexdigest()

    @property
    def title(self) -> str:
        return f"{self.version:04d}_{self.name}"


@cache
def known_migrations(flavour: Flavour) -> tuple[Migration, ...]:
    """The flavour's migrations in order of their version, numbered from 1 without a hole.

    ``0001_core.sql`` belongs to both flavours; a step that differs is two files of one number, such as
    ``0002_rollups.plain.sql`` and ``0002_rollups.timescale.sql``. Raises ValueError for a file that fits neither form.
    """
    folder = files("cryptostream_sql") / "migrations"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")}
    return arrange(texts, flavour)


def arrange(texts: dict[str, str], flavour: Flavour) -> tuple[Migration, ...]:
    """Order migrations, given as file name → SQL, for a flavour. Raises ValueError for odd, missing or doubled ones."""
    migrations = []
    for file_name, sql in sorted(texts.items()):
        match = _FILE_NAME.fullmatch(file_name)
        if not match:
            raise ValueError(f"migration {file_name}: not named NNNN_name.sql or NNNN_name.<flavour>.sql")
        if match["flavour"] in (None, flavour):
            migrations.append(Migration(int(match["version"]), match["name"], sql))
    versions = [migration.version for migration in migrations]
    if versions != list(range(1, len(versions) + 1)):
        raise ValueError(f"migrations of flavour {flavour} are numbered {versions}, not 1, 2, 3, …")
    return tuple(migrations)


def repeatable_script(name: str) -> str:
    """A script that every run of the migrations executes after them, such as ``roles.sql``."""
    return (files("cryptostream_sql") / "repeatable" / name).read_text(encoding="utf-8")
