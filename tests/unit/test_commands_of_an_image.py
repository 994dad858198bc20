"""An image holds some of the packages: its ``cryptostream`` offers their commands and says so for others."""

import subprocess
import sys

import pytest

LACKING = ("demo", "view", "plot", "backtest", "recorder", "simulator", "score")
_SCRIPT = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in {lacking!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
sys.argv = ["cryptostream", *{arguments!r}]
from cryptostream_cli.main import app
app()
"""


def run(*arguments: str, lacking: tuple[str, ...] = LACKING) -> subprocess.CompletedProcess[str]:
    """The command where some packages are not installed."""
    script = _SCRIPT.format(lacking={f"cryptostream_{name}" for name in lacking}, arguments=arguments)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


def test_help_lists_the_commands_that_are_there() -> None:
    shown = run("--help")
    assert shown.returncode == 0, shown.stderr
    assert "verify" in shown.stdout
    assert "migrate" in shown.stdout
    assert "local" not in shown.stdout


@pytest.mark.parametrize("command", ["local", "migrat"])
def test_a_command_that_is_not_there_is_an_error_without_a_traceback(command: str) -> None:
    ended = run(command)
    assert ended.returncode == 2
    assert "No such command" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_package_of_ours_that_a_part_needs_is_not_passed_over() -> None:
    ended = run("verify", lacking=("model",))
    assert ended.returncode == 1
    assert "cryptostream_model" in ended.stderr
