"""From settings to an algorithm."""

from __future__ import annotations

from collections.abc import Sequence

from alphaloss.algorithms.base import Algorithm
from alphaloss.algorithms.best_of_n import BestOfN
from alphaloss.algorithms.generational import Generational
from alphaloss.algorithms.islands import Islands
from alphaloss.algorithms.ngl import Ngl
from alphaloss.algorithms.random_search import RandomSearch
from alphaloss.algorithms.regularized import Regularized
from alphaloss.algorithms.sample_tournament import SampleTournament
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
    seed, lag, named = settings.seed, settings.search.lag + settings.ahead, bool(settings.start)
    most_seeds = settings.search.most_seeds
    made: Algorithm
    match settings.algorithm:
        case "islands":
            made = Islands(
                settings.islands, settings.variation, start, scores, seed=seed, lag=lag, most_seeds=most_seeds
            )
        case "tournament":
            made = Tournament(settings.tournament, settings.variation, start, scores, seed=seed, lag=lag)
        case "sample-tournament":
            made = SampleTournament(settings.sample_tournament, start, scores, named=named, seed=seed, lag=lag)
        case "ngl":
            made = Ngl(settings.ngl, start, scores, named=named, seed=seed, lag=lag)
        case "generational":
            made = Generational(settings.generational, start, scores, named=named, seed=seed, lag=lag)
        case "regularized":
            made = Regularized(settings.regularized, start, scores, named=named, seed=seed, lag=lag)
        case "random":
            made = RandomSearch(start, scores, seed=seed, lag=lag)
        case "best-of-n":
            made = BestOfN(start, scores, seed=seed, lag=lag)
    return made
