"""The second phase: the best programs of the search and of the zoo on fresh seeds, still on validation data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from alphaloss.bench import Bench
from alphaloss.config import SelectionSettings
from alphaloss.errors import SearchFailedError
from alphaloss.gate.duplicates import field_distance
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Program
from alphaloss.statistics import Values, lower_bound, orient


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
    collected = {}
    for trained, fit in pending.items():
        collected[trained] = bench.collect(fit)
        progress.trained(collected[trained])
    evaluations = {key: evaluation for (key, rate), evaluation in collected.items() if rate == 1.0}
    at_rates = {rate: evaluation for (key, rate), evaluation in collected.items() if key == reference.key}
    maximize = bench.workers.info.direction == "max"
    base = _scores(evaluations[reference.key], maximize)

    def bound(program: Program) -> float:
        scores = _scores(evaluations[program.key], maximize)
        if scores is None:
            return -np.inf
        return float(np.mean(scores)) if base is None else lower_bound(scores, base, settings.confidence)

    def mean(rate: float) -> float:
        scores = _scores(at_rates[rate], maximize)
        return -np.inf if scores is None else float(np.mean(scores))

    champion = max(finalists, key=bound)
    if bound(champion) == -np.inf:
        raise SearchFailedError(
            f"No champion: each of the {len(finalists)} best programs of the search failed on a seed of the "
            "selection. Search longer (--evaluations), or lower the task's learning rate."
        )
    return Selection(
        champion=champion,
        best_of_zoo=max(zoo, key=bound),
        evaluations=evaluations,
        learning_rates={rate: evaluation.score for rate, evaluation in at_rates.items()},
        learning_rate_scale=max(at_rates, key=mean),  # of equals the first: 1
    )


def _scores(evaluation: Evaluation, maximize: bool) -> Values | None:
    scores = [t.score for t in evaluation.trainings if t.score is not None]
    return orient(scores, maximize) if len(scores) == len(evaluation.trainings) else None


def _distance(a: Program, b: Program) -> float:
    return field_distance(np.asarray(a.gradient_field), np.asarray(b.gradient_field))
