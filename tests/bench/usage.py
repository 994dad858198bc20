"""Processor time and memory of a part with all its processes, and what else the machine was busy with."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Usage:
    """Over a stretch of ``seconds``: processor seconds and peak resident bytes of each part, and how many cores
    processes that do not belong to the benchmark kept busy on average."""

    seconds: float
    processor_seconds: dict[str, float]
    peak_bytes: dict[str, int]
    foreign_cores: float


class UsageMeter:
    """Samples processes from its entry to its exit; then ``usage`` says what they took.

    Memory of a database's processes is shared between them and would be counted several times: it is left out.
    """

    def __init__(self, parts: Mapping[str, int], without_memory: tuple[str, ...] = ("database",)) -> None:
        self._parts = dict(parts)
        self._without_memory = without_memory
        self._used: dict[str, float] = {}
        self._peaks: dict[str, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
        self.usage: Usage

    def __enter__(self) -> Self:
        self._began, self._busy_before = time.monotonic(), _busy_seconds()
        self._own_before = _own_seconds()
        self._sample()
        self._before = dict(self._used)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join()
        self._sample()
        seconds = time.monotonic() - self._began
        used = {name: after - self._before.get(name, 0.0) for name, after in self._used.items()}
        ours = sum(used.values()) + _own_seconds() - self._own_before
        foreign = max(0.0, _busy_seconds() - self._busy_before - ours) / seconds
        self.usage = Usage(seconds, used, dict(self._peaks), foreign)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            self._sample()

    def _sample(self) -> None:
        for name, pid in self._parts.items():
            resident, used = 0, 0.0
            for process in _family(pid):
                try:
                    # What a child has used is its parent's when it has ended.
                    used += sum(process.cpu_times()[:4])
                    resident += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self._used[name] = max(self._used.get(name, 0.0), used)
            if name not in self._without_memory:
                self._peaks[name] = max(self._peaks.get(name, 0), resident)


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)


def _own_seconds() -> float:
    """Of the benchmark itself, with its ended children (``cryptostream verify``)."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
