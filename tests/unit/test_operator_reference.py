"""The reference of the resource is what the types say."""

from pathlib import Path
from typing import NamedTuple

import pytest

from cryptostream_operator.api import reference
from cryptostream_operator.api.diff import DIFF_CLASS
from cryptostream_operator.api.rules import SPEC_RULES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "custom-resource.md"


class Explained(NamedTuple):
    meaning: str
    remedy: str


def test_the_committed_reference_is_the_printed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check", str(DOCUMENT)]) == 0, capsys.readouterr().err


def test_an_old_reference_is_named_with_the_command_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.md"
    old.write_text(f"before\n{reference.BEGIN}\nold\n{reference.END}\nafter\n")
    assert reference.main(["--check", str(old)]) == 1
    assert f"--write {old}" in capsys.readouterr().err
    assert reference.main(["--write", str(old)]) == 0
    assert reference.main(["--check", str(old)]) == 0
    text = old.read_text()
    assert text.startswith(f"before\n{reference.BEGIN}\n## Fields") and text.endswith(f"{reference.END}\nafter\n")


def test_a_document_without_a_place_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match="no part between"):
        reference.placed("nothing")


def test_every_field_has_one_row_with_its_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main([]) == 0
    printed = capsys.readouterr().out
    rows = [line for line in printed.split("## What is checked")[0].splitlines() if line.startswith("| `")]
    assert len(rows) == len(DIFF_CLASS)
    assert any(
        line.startswith("| `partitions` | integer | `4` | 1 to 256 | immutable | Partitions of the trades topic")
        for line in rows
    )


def test_every_rule_is_told() -> None:
    printed = reference.reference()
    assert all(rule.message in printed for rules in SPEC_RULES.values() for rule in rules)


def test_no_cell_breaks_its_table() -> None:
    columns = 0
    for line in reference.reference().splitlines():
        if line.startswith("|---"):
            columns = line.count("|")
        elif line.startswith("| `"):
            assert line.replace("\\|", "").count("|") == columns, line


def test_reasons_of_conditions_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Explained("Another owner has it.", "Rename the stream.")
    known = {"TopicReady": {"NameTaken": taken}, "JobRunning": {"NameTaken": taken, "Failing": Explained("No.", "-")}}
    monkeypatch.setattr(reference, "known_reasons", lambda: known)
    rows = [line for line in reference.reference().splitlines() if "NameTaken" in line or "Failing" in line]
    assert rows == [
        "| `NameTaken` | TopicReady, JobRunning | Another owner has it. | Rename the stream. |",
        "| `Failing` | JobRunning | No. | - |",
    ]
