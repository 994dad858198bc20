"""Progress of a start: one line a step, with what it is doing and how long it has taken."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


@dataclass(slots=True)
class Step:
    """One step; ``detail`` may be set by whoever carries it out."""

    name: str
    detail: str = ""
    started: float | None = None
    ended: float | None = None
    failed: bool = False
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="cyan"))

    @property
    def seconds(self) -> float:
        return 0.0 if self.started is None else (self.ended or time.monotonic()) - self.started


class Steps:
    """Draws the steps of a start while they run, several at once; without a terminal a line for each that ends."""

    def __init__(self, console: Console, *, plain: bool = False) -> None:
        self._console = console
        self._plain = plain or not console.is_terminal
        self._steps: list[Step] = []
        self._guard = threading.Lock()
        self._live = Live(
            console=console, get_renderable=self._draw, refresh_per_second=8, transient=False, redirect_stdout=False
        )

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Run a step; an exception marks it as failed and goes on."""
        step = Step(name, started=time.monotonic())
        with self._guard:
            self._steps.append(step)
        try:
            yield step
        except BaseException:
            step.failed = True
            raise
        finally:
            step.ended = time.monotonic()
            if self._plain:
                self._say(step)

    def note(self, text: str) -> None:
        """A line of its own above the steps."""
        self._console.print(Text(text), highlight=False)

    def __enter__(self) -> Self:
        if not self._plain:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self._plain:
            self._live.stop()

    def _say(self, step: Step) -> None:
        result = "failed" if step.failed else "ready"
        detail = f": {step.detail}" if step.detail else ""
        self._console.print(Text(f"{step.name} {result} after {step.seconds:.1f} s{detail}"), soft_wrap=True)

    def _draw(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis", style="dim")
        with self._guard:
            for step in self._steps:
                table.add_row(_mark(step), Text(step.name), Text(f"{step.seconds:.1f} s"), Text(step.detail))
        return Group(table)


def _mark(step: Step) -> RenderableType:
    if step.failed:
        return Text("x", style="bold")
    return Text("✓", style="bold blue") if step.ended is not None else step.spinner
