"""Commands as a person would type them: shown, then run; only shown in a dry run."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class CommandError(Exception):
    """A command ended with an error; the text has the command and what it said."""


@dataclass(frozen=True)
class Shell:
    """Runs commands in the foreground. In a dry run they are printed to standard output instead."""

    dry_run: bool = False

    def run(self, *command: str, stdin: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        """Run a command that changes something. Raises CommandError."""
        shown = " ".join(
            [*(f"{name}={shlex.quote(value)}" for name, value in (environment or {}).items()), _text(command)]
        )
        if self.dry_run:
            sys.stdout.write(f"{shown}\n" if stdin is None else f"{shown} <<EOF\n{stdin}EOF\n")
            return
        say(f"$ {shown}")
        try:
            finished = subprocess.run(
                command, input=stdin, text=True, env={**os.environ, **(environment or {})}, check=False
            )
        except OSError as error:
            raise CommandError(f"{shown}: {error.strerror}") from None
        if finished.returncode != 0:
            raise CommandError(f"{shown}: exit status {finished.returncode}")


def ask(*command: str, timeout: float = 30) -> str | None:
    """What a command that changes nothing prints. None where there is no such command, it fails or takes too long."""
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout if finished.returncode == 0 else None


def say(text: str) -> None:
    """Tell the person, beside what a dry run prints."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _text(command: Sequence[str]) -> str:
    return " ".join(shlex.quote(part) for part in command)
