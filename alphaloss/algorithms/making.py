"""From settings to an algorithm."""

from __future__ import annotations

from collections.abc import Sequence

from alphaloss.algorithms.base import Algorithm
from alphaloss.algorithms.islands import Islands
from alphaloss.algorithms.random_search import RandomSearch
from alphaloss.algorithms.tournament import Tournament
from alphaloss.config import Settings
from alphaloss.records import Program
from alphaloss.scores import Scores


def make_algorithm(settings: Settings, start: Sequence[Program], scores: Scores) -> Algorithm:
    """The algorithm that the settings name.

    Args:
        settings: of the whole run; its seed decides everything random.
        start: the programs that it begins with; those without a score are left out.
        scores: of the start programs and whatever else was trained on the seeds of the search; learns what is told.

    Raises:
        ValueError: no start program has a score.
    """
    seed, lag = settings.seed, settings.search.lag + settings.ahead
    match settings.algorithm:
        case "islands":
            seeds = settings.search.most_seeds
            return Islands(settings.islands, settings.variation, start, scores, seed=seed, lag=lag, most_seeds=seeds)
        case "tournament":
            return Tournament(settings.tournament, settings.variation, start, scores, seed=seed, lag=lag)
        case "random":
            return RandomSearch(start, scores, seed=seed, lag=lag)
