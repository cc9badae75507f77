from __future__ import annotations

import numpy as np
from algorithms.landscape import Landscape

from alphaloss.algorithms import Islands
from alphaloss.config import IslandSettings, VariationSettings

NOISE = 0.09
EVALUATIONS = 160
WAVE = 8
SEARCHES = 40


def test_repeats_end_with_a_better_best_at_the_same_number_of_trainings():
    truths, excess = (np.array(part) for part in zip(*(_outcomes(seed) for seed in range(SEARCHES)), strict=True))
    gain, saved = truths[:, 0] - truths[:, 1], excess[:, 1] - excess[:, 0]
    assert gain.mean() > gain.std(ddof=1) / np.sqrt(SEARCHES)
    # What is claimed for the best is nearer to the truth, far beyond chance.
    assert saved.mean() > 3.0 * saved.std(ddof=1) / np.sqrt(SEARCHES)


def _outcomes(seed: int) -> tuple[list[float], list[float]]:
    """Truth of the best, and what is claimed above it: with repeats and with none."""
    truths, excess = [], []
    for repeats in (0.25, 0.0):
        landscape = Landscape(seed, NOISE)
        islands = IslandSettings(repeats=repeats)
        search = landscape.search(
            lambda start, scores, islands=islands: Islands(
                islands, VariationSettings(), [start], scores, seed=seed, most_seeds=4
            ),
            EVALUATIONS,
            WAVE,
        )
        best = search.hall_of_fame[0]
        truths.append(landscape.truth(best.program))
        excess.append(best.score.mean - truths[-1])
    return truths, excess
