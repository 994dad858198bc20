"""The folder of a run: its record, its lock, and what becomes of a former run."""

from dataclasses import replace
from pathlib import Path

import pytest

from cryptostream_demo.folder_choice import choose_folder
from cryptostream_local.kept_run import open_run
from cryptostream_local.run_folder import RECORD, RunFolder, RunFolderError, RunRecord

RUN = RunRecord(
    stream="local/demo",
    source="simulated exchange",
    exchange="binance",
    symbols=("BTCUSDT", "ETHUSDT"),
    partitions=2,
    started="2026-11-23T14:00:00+00:00",
    settings={"detectors": {"price_spike": {"threshold": 5}}},
)


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.read() is None
    folder.write(RUN)
    assert folder.read() == RUN
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [RECORD]


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"format": 2}', b'{"format": 1, "stream": "a/b"}'])
def test_a_record_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RECORD).write_bytes(content)
    with pytest.raises(RunFolderError, match=RECORD):
        RunFolder(tmp_path).read()


def test_only_one_run_has_a_folder_at_a_time(tmp_path: Path) -> None:
    first, second = RunFolder(tmp_path), RunFolder(tmp_path)
    assert not first.is_taken()
    assert first.take()
    assert second.is_taken()
    assert not second.take()
    first.release()
    assert not second.is_taken()
    assert second.take()
    second.release()


def test_a_new_folder_to_keep_is_made(tmp_path: Path) -> None:
    folder, said = choose_folder(tmp_path / "a" / "run")
    assert folder.path == tmp_path / "a" / "run"
    assert said is None
    folder.release()


def test_a_former_run_is_moved_aside_not_deleted(tmp_path: Path) -> None:
    former = RunFolder(tmp_path / "run")
    former.path.mkdir()
    former.write(RUN)
    folder, said = choose_folder(tmp_path / "run")
    folder.release()
    (aside,) = tmp_path.glob("run-*")
    assert RunFolder(aside).read() == RUN
    assert folder.read() is None
    assert said == f"the former run in run is now in {aside.name}"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunFolderError, match="not a run"):
        choose_folder(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_file_and_a_run_that_goes_on_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="is a file"):
        choose_folder(tmp_path / "file")
    going_on, _ = choose_folder(tmp_path / "run")
    going_on.write(RUN)
    with pytest.raises(RunFolderError, match="another run is going on"):
        choose_folder(tmp_path / "run")
    going_on.release()


def test_runs_that_are_not_kept_take_different_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOSTREAM_CACHE", str(tmp_path))
    first, _ = choose_folder(None)
    (first.path / "data").mkdir()
    second, _ = choose_folder(None)
    assert first.path != second.path
    first.release()
    again, _ = choose_folder(None)
    assert again.path == first.path
    assert not (again.path / "data").exists(), "what the former run left there is gone"
    again.release()
    second.release()


def test_opening_a_folder_without_a_run_or_without_data_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no run"), open_run(tmp_path):
        pass
    RunFolder(tmp_path).write(RUN)
    with pytest.raises(RunFolderError, match="kept no data"), open_run(tmp_path):
        pass


def test_a_run_that_goes_on_is_read_where_its_parts_answer(tmp_path: Path) -> None:
    running = RunFolder(tmp_path)
    assert running.take()
    addresses = {
        "kafka": "127.0.0.1:1",
        "database": "postgresql://x@127.0.0.1:2/y",
        "exchange_rest": "http://127.0.0.1:3",
    }
    running.write(replace(RUN, addresses=addresses))
    with open_run(tmp_path) as run:
        assert (run.goes_on, run.kafka_bootstrap, run.database_url) == (True, "127.0.0.1:1", addresses["database"])
        assert run.tape == "http://127.0.0.1:3"
    running.release()
    # Killed before it kept any data: what it wrote of its addresses counts no more.
    with pytest.raises(RunFolderError, match="kept no data"), open_run(tmp_path):
        pass
