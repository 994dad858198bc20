"""The series scorer over the benchmark's files."""

from collections.abc import Sequence

import numpy as np

from cryptostream_evaluation.nab.corpus import LabelledSeries
from cryptostream_evaluation.nab.scoring import PROFILES, Result, ScoredFile, score_files
from cryptostream_score.scorer import DEFAULTS, ScorerSettings, score_rows


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
