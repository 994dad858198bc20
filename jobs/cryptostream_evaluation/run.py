"""Draw every tape, let every rule judge it: in several processes, each tape alone."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from cryptostream_backtest.replaying import looks
from cryptostream_evaluation.alarms import Alarm, TapeOutcome, judge_alarms
from cryptostream_evaluation.naive import RULES, naive_alarms
from cryptostream_evaluation.plan import TapePlan
from cryptostream_evaluation.tape import draw_panes
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Geometry, Window
from cryptostream_simulator.events import SECOND

GEOMETRY = Geometry(pane=10 * SECOND, slide=30 * SECOND, window=120 * SECOND, allowed_lateness=5 * SECOND)
"""The defaults of a stream."""
STREAM = "evaluation/report"
OURS = "CryptoStream"
_NICENESS = 10


def evaluate(plans: Sequence[TapePlan], settings: DetectorSettings, workers: int) -> Iterator[tuple[TapeOutcome, ...]]:
    """The outcomes of every rule on each tape, in the order of the plans. ``workers``: processes, at low priority."""
    judge = partial(judge_tape, settings=settings)
    if workers == 1:
        yield from map(judge, plans)
        return
    with ProcessPoolExecutor(max_workers=workers, initializer=_be_nice) as pool:
        yield from pool.map(judge, plans)


def judge_tape(plan: TapePlan, settings: DetectorSettings) -> tuple[TapeOutcome, ...]:
    """Our detectors as the job runs them, and each naive rule, on one tape."""
    panes = draw_panes(plan, GEOMETRY)
    told: dict[str, Alarm] = {}
    windows: list[Window] = []
    for look in looks(panes, GEOMETRY, build_detectors(settings, GEOMETRY, STREAM)):
        windows += look.windows
        for alert in look.alerts:
            first = told.get(alert.id)
            told[alert.id] = Alarm(
                alert.detector,
                first.told if first else look.clock,
                alert.state == "withdrawn",
                alert.score / alert.threshold,
            )
    ours = judge_alarms(plan, OURS, told.values())
    return ours, *(judge_alarms(plan, name, naive_alarms(name, windows, GEOMETRY)) for name in RULES)


def _be_nice() -> None:
    os.nice(_NICENESS)
