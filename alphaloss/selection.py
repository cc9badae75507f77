"""The second phase: the best programs of the search and of the zoo on fresh seeds, still on validation data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from alphaloss.bench import Bench, collect_each
from alphaloss.config import SelectionSettings
from alphaloss.errors import SearchFailedError
from alphaloss.gate.duplicates import field_distance
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Phase, Program
from alphaloss.statistics import lower_bound, orient


class Selection(NamedTuple):
    """Who goes into the verdict, and the evaluations that decided it."""

    champion: Program
    best_of_zoo: Program
    evaluations: Mapping[str, Evaluation]  # by graph key
    learning_rates: Mapping[float, float | None]  # validation score of the reference by factor; None if it failed
    learning_rate_scale: float  # the best factor


def distinct(programs: Sequence[Program], least: float) -> list[Program]:
    """The programs without those that behave like an earlier one.

    Args:
        programs: the best first.
        least: cosine distance of gradient fields below which two programs behave alike.
    """
    chosen: list[Program] = []
    for program in programs:
        if all(_distance(program, better) >= least for better in chosen):
            chosen.append(program)
    return chosen


def select(
    settings: SelectionSettings,
    bench: Bench,
    *,
    finalists: Sequence[Program],
    zoo: Sequence[Program],
    reference: Program,
    progress: Progress,
) -> Selection:
    """Trains finalists, zoo and reference on the phase's seeds, and picks the largest lower bound over the reference.

    The reference is also trained at other learning rates, and the rate of its best mean picked. What fails on any seed
    cannot be picked while something else did not.

    Args:
        settings: the confidence of the bound, and the learning rates.
        bench: with the seeds of the selection phase.
        finalists: the best programs of the search, at least one.
        zoo: the best losses of the zoo, at least one.
        reference: what all are compared with.
        progress: is told what happens.

    Raises:
        SearchFailedError: every finalist failed on a seed.
    """
    pending = {(p.key, 1.0): bench.submit(p) for p in (reference, *finalists, *zoo)}
    for rate in settings.learning_rates:
        pending[reference.key, rate] = bench.submit(reference, learning_rate_scale=rate)
    progress.phase(Phase.SELECTION, len(pending) * len(bench.seeds))
    collected = collect_each(bench, pending.values(), progress)
    evaluations = {key: collected[fit] for (key, rate), fit in pending.items() if rate == 1.0}
    at_rates = {rate: collected[fit] for (key, rate), fit in pending.items() if key == reference.key}
    ranks = Ranks(evaluations[reference.key], bench.workers.info.direction == "max", settings.confidence)
    champion = max(finalists, key=lambda program: ranks.bound(evaluations[program.key]))
    if ranks.bound(evaluations[champion.key]) == -np.inf:
        raise SearchFailedError(
            f"No champion: each of the {len(finalists)} best programs of the search failed on a seed of the "
            "selection. Search longer (--evaluations), or lower the task's learning rate."
        )
    return Selection(
        champion=champion,
        best_of_zoo=max(zoo, key=lambda program: ranks.bound(evaluations[program.key])),
        evaluations=evaluations,
        learning_rates={rate: evaluation.score for rate, evaluation in at_rates.items()},
        learning_rate_scale=max(at_rates, key=lambda rate: ranks.mean(at_rates[rate])),  # of equals the first: 1
    )


class Ranks:
    """What evaluations are ranked by; minus infinity where a training failed.

    Args:
        reference: its evaluation on the same seeds.
        maximize: whether a larger value of the metric is better.
        confidence: of the bound.
    """

    def __init__(self, reference: Evaluation, maximize: bool, confidence: float) -> None:
        self.maximize = maximize
        self.confidence = confidence
        self.base = orient(reference.scores, maximize)

    def bound(self, evaluation: Evaluation) -> float:
        """Lower bound of the difference to the reference; the mean, if a training of the reference failed."""
        if not evaluation.scores or not len(self.base):
            return self.mean(evaluation)
        return lower_bound(orient(evaluation.scores, self.maximize), self.base, self.confidence)

    def mean(self, evaluation: Evaluation) -> float:
        """Of its scores."""
        scores = orient(evaluation.scores, self.maximize)
        return float(np.mean(scores)) if len(scores) else -np.inf


def _distance(a: Program, b: Program) -> float:
    return field_distance(np.asarray(a.gradient_field), np.asarray(b.gradient_field))
