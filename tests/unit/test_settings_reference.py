"""The reference of settings is what the code says."""

from pathlib import Path

from typer.testing import CliRunner

from cryptostream_cli.main import app

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_the_committed_reference_is_the_printed_one() -> None:
    printed = CliRunner().invoke(app, ["settings"])
    assert printed.exit_code == 0
    assert printed.output == REFERENCE.read_text(), "run: cryptostream settings > docs/settings.md"


def test_every_setting_is_explained() -> None:
    unexplained = [
        line for line in REFERENCE.read_text().splitlines() if line.startswith("| `") and line.endswith("|  |")
    ]
    assert unexplained == []
