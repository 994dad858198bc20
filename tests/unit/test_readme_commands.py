"""The README's commands for Kubernetes are those that the end-to-end test types."""

import re
import subprocess
from pathlib import Path

from harness.readme import blocks

_REPOSITORY = Path(__file__).resolve().parents[2]
_STEPS = ["namespace", "install", "stream", "look", "upgrade", "uninstall"]


def test_every_step_is_there_once_and_in_the_order_of_a_users_day() -> None:
    assert list(blocks()) == _STEPS


def test_every_block_is_a_script_that_the_shell_can_read() -> None:
    for text in blocks().values():
        subprocess.run(["bash", "-n", "-c", text], check=True)


def test_files_that_are_named_exist() -> None:
    named = {path for text in blocks().values() for path in re.findall(r"charts/[\w./-]+", text)}
    assert named
    assert [path for path in named if not (_REPOSITORY / path).exists()] == []
