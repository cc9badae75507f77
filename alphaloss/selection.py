"""The second phase: the best programs of the search and of the zoo on fresh seeds, still on validation data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss.bench import Bench
from alphaloss.config import SelectionSettings
from alphaloss.errors import SearchFailedError
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Program
from alphaloss.statistics import lower_bound, orient


class Selection(NamedTuple):
    """Who goes into the verdict, and the evaluations that decided it."""

    champion: Program
    best_of_zoo: Program
    evaluations: Mapping[str, Evaluation]  # by graph key


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

    A loss that fails on any seed cannot be picked while another one did not.

    Args:
        settings: the confidence of the bound.
        bench: with the seeds of the selection phase.
        finalists: the best programs of the search, at least one.
        zoo: the best losses of the zoo, at least one.
        reference: cross-entropy.
        progress: is told what happens.

    Raises:
        SearchFailedError: every finalist failed on a seed.
    """
    pending = {p.key: bench.submit(p) for p in (reference, *finalists, *zoo)}
    evaluations = {}
    for key, fit in pending.items():
        evaluations[key] = bench.collect(fit)
        progress.trained(evaluations[key])
    maximize = bench.workers.info.direction == "max"
    base = _scores(evaluations[reference.key], maximize)

    def bound(program: Program) -> float:
        scores = _scores(evaluations[program.key], maximize)
        if scores is None:
            return -np.inf
        return float(np.mean(scores)) if base is None else lower_bound(scores, base, settings.confidence)

    champion = max(finalists, key=bound)
    if bound(champion) == -np.inf:
        raise SearchFailedError(
            f"No champion: each of the {len(finalists)} best programs of the search failed on a seed of the "
            "selection. "
            "Search longer (--evaluations), or lower the task's learning rate."
        )
    return Selection(champion, max(zoo, key=bound), evaluations)


def _scores(evaluation: Evaluation, maximize: bool) -> NDArray[np.float64] | None:
    scores = [t.score for t in evaluation.trainings if t.score is not None]
    return orient(scores, maximize) if len(scores) == len(evaluation.trainings) else None
