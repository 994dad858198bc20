"""The naive producer and job as processes of their own."""

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.naive.driver import driver_jars
from cryptostream_local.jars import jars
from cryptostream_local.java import java_environment
from cryptostream_local.process import ChildProcess
from harness.waiting import until

_TESTS = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class NaiveBatch:
    """A micro-batch: when its rows were in the database (UTC seconds), and the offset of each partition that it ends
    before."""

    written: float
    ends: dict[int, int]


class NaiveJob:
    """The naive job with a fresh checkpoint in ``folder``."""

    def __init__(self, bootstrap: str, topic: str, database_url: str, folder: Path, master: str) -> None:
        folder.mkdir(parents=True)
        self.topic = topic
        self._checkpoint = folder / "checkpoint"
        self.process = ChildProcess(
            [
                *(sys.executable, "-m", "bench.naive.job"),
                *("--kafka", bootstrap),
                *("--topic", topic),
                *("--database", _jdbc(database_url)),
                *("--checkpoint", str(self._checkpoint)),
                *("--jars", os.pathsep.join(str(jar) for jar in (*jars("spark"), *driver_jars()))),
                *("--master", master),
            ],
            folder / "job.log",
            {**_environment(), "SPARK_LOCAL_IP": "127.0.0.1"},
            directory=folder,
        )

    def wait_started(self) -> float:
        """When the query began to run, UTC seconds."""
        self._wait("started")
        return float(next(line["started"] for line in self._told() if "started" in line))

    def batches(self) -> list[NaiveBatch]:
        """The batches that have been written."""
        assert self.process.running(), f"the naive job has ended:\n{self.process.tail()}"
        return [NaiveBatch(line["written"], self._ends(line["batch"])) for line in self._told() if "batch" in line]

    def wait_for(self, ends: dict[int, int], timeout: float) -> float:
        """Wait until everything before these offsets is in the database; returns when it was, UTC seconds."""

        def covered() -> float:
            return next((b.written for b in self.batches() if all(b.ends[p] >= end for p, end in ends.items())), 0.0)

        return until(covered, lambda: f"the naive job to reach {ends}:\n{self.process.tail(20)}", timeout, 0.2)

    def _wait(self, what: str) -> None:
        def told() -> bool:
            assert self.process.running(), f"the naive job has ended:\n{self.process.tail()}"
            return any(what in line for line in self._told())

        until(told, lambda: f"the naive job to tell {what}:\n{self.process.tail(20)}", 120.0, 0.1)

    def _told(self) -> list[dict[str, Any]]:
        lines = self.process.log.read_text(errors="replace").splitlines() if self.process.log.exists() else []
        return [json.loads(line) for line in lines if re.match(r'\{"(started|batch)": .*\}$', line)]

    def _ends(self, batch: int) -> dict[int, int]:
        offsets = json.loads((self._checkpoint / "offsets" / str(batch)).read_text().splitlines()[-1])
        return {int(partition): end for partition, end in offsets[self.topic].items()}


def naive_producer(websocket: str, symbols: str, bootstrap: str, topic: str, folder: Path) -> ChildProcess:
    """The naive producer, not yet started."""
    folder.mkdir(parents=True, exist_ok=True)
    return ChildProcess(
        [
            *(sys.executable, "-m", "bench.naive.producer"),
            *("--websocket", websocket),
            *("--symbols", symbols),
            *("--kafka", bootstrap),
            *("--topic", topic),
        ],
        folder / "producer.log",
        _environment(),
        directory=folder,
    )


def _environment() -> dict[str, str]:
    return {**java_environment(), "PYTHONPATH": str(_TESTS), "PYSPARK_PYTHON": sys.executable}


def _jdbc(url: str) -> str:
    """libpq's postgresql://USER@HOST:PORT/DATABASE in JDBC's words."""
    user, _, place = url.removeprefix("postgresql://").partition("@")
    return f"jdbc:postgresql://{place}?user={user}"
