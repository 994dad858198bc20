"""A PATH on which nothing is but stand-ins for tools, which note how they are called."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What the scripts under test are themselves made of.
_REAL = ("bash", "sh", "env", "git", "sed", "dirname", "cat")


@dataclass(frozen=True)
class FakeTools:
    """A folder of stand-ins."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "FakeTools":
        folder.mkdir()
        for name in _REAL:
            (folder / name).symlink_to(str(shutil.which(name)))
        return cls(folder)

    def add(self, name: str, answers: Mapping[str, str] | None = None, fails_at: str | None = None) -> None:
        """Put a tool there. ``answers`` are texts by patterns of its arguments; at ``fails_at`` it ends with 1."""
        cases = [f"{_pattern(asked)}) printf '%s\\n' {shlex.quote(text)};;" for asked, text in (answers or {}).items()]
        refused = [] if fails_at is None else [f"{_pattern(fails_at)}) echo 'no such luck' >&2; exit 1;;"]
        lines = [
            "#!/bin/sh",
            f'echo "{name} $*" >> {shlex.quote(str(self._log))}',
            'case "$*" in',
            *refused,
            *cases,
            "esac",
        ]
        (self.folder / name).write_text("\n".join(lines) + "\n")
        (self.folder / name).chmod(0o755)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def calls(self) -> list[str]:
        """The commands so far, in their order."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    def run(self, module: str, *arguments: str, python_path: Path) -> subprocess.CompletedProcess[str]:
        """Run a Python module that finds no tools but these."""
        environment = {"PATH": str(self.folder), "PYTHONPATH": str(python_path), "HOME": str(self.folder)}
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env={**environment, **({"LANG": os.environ["LANG"]} if "LANG" in os.environ else {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def _log(self) -> Path:
        return self.folder.with_suffix(".log")


def _pattern(asked: str) -> str:
    """A pattern of the shell in which only ``*`` is special."""
    return "*".join(shlex.quote(part) if part else "" for part in asked.split("*"))
