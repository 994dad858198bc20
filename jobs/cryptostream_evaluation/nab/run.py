"""The series scorer over the benchmark's files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from cryptostream_evaluation.nab.corpus import LabelledSeries
from cryptostream_evaluation.nab.scoring import PROFILES, Result, ScoredFile, score_files
from cryptostream_score.scorer import DEFAULTS, ScorerSettings, score_rows

VARIANTS: dict[str, ScorerSettings] = {
    "as it is": DEFAULTS,
    "memory 1000": replace(DEFAULTS, memory=1000),
    "memory 4000": replace(DEFAULTS, memory=4000),
    "level 12": replace(DEFAULTS, level=12),
    "level 48": replace(DEFAULTS, level=48),
    "slots of 15 minutes": replace(DEFAULTS, slot=900.0),
    "slots of 60 minutes": replace(DEFAULTS, slot=3600.0),
    "tail from 0.93": replace(DEFAULTS, tail_quantile=0.93),
    "tail from 0.97": replace(DEFAULTS, tail_quantile=0.97),
    "cooldown 50": replace(DEFAULTS, cooldown=50),
    "cooldown 200": replace(DEFAULTS, cooldown=200),
}
"""One setting changed at a time: how much the score owes to the choice of its settings."""


def score_corpus(corpus: Sequence[LabelledSeries], settings: ScorerSettings = DEFAULTS) -> list[ScoredFile]:
    """Every file scored in streaming order, with the same settings."""
    return [
        ScoredFile(np.array([score for _, score in score_rows(each.series.rows, settings)]), each.windows)
        for each in corpus
    ]


def benchmark(corpus: Sequence[LabelledSeries], settings: ScorerSettings = DEFAULTS) -> list[Result]:
    """The result of each cost profile."""
    files = score_corpus(corpus, settings)
    return [score_files(files, profile) for profile in PROFILES]


def sensitivity(corpus: Sequence[LabelledSeries]) -> Iterator[tuple[str, list[Result]]]:
    """The results of each variant of the settings."""
    for name, settings in VARIANTS.items():
        yield name, benchmark(corpus, settings)
