"""Ways to select parents, as DEAP's `toolbox.select`: from individuals, with replacement, `k` of them.

    tournament         the best of n                                            Goldberg and Deb 1991
    rank               p_i = (s - (2s - 2) i / (n - 1)) / n, the best is i = 0  Baker 1985
    boltzmann          p_i ~ exp(score_i / T), T falls                          de la Maza and Tidor 1993
    lexicase           the best on one random case after another                Spector 2012; Helmuth et al. 2015
    epsilon-lexicase   the same, with those as good that differ by chance       La Cava, Spector and Danai 2016
    nsga2              the better of two by front, then by crowding distance    Deb et al. 2002

Lexicase keeps specialists: a loss that is best on one task, or one seed, whatever its mean. With a single case (one
task and one training) it selects the best only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter

import numpy as np
from deap import tools
from deap.tools import emo

from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.objectives import View, by_case, by_objectives
from alphaloss.config import GenerationalSettings
from alphaloss.scores import Scores

_COLDEST = 1e-6  # standard deviations: the best only; colder is no different, and ends in a division by 0

Select = Callable[[Sequence[Individual], int], list[Individual]]
"""From at least one individual to so many of them, the same ones several times."""


def selection(settings: GenerationalSettings, scores: Scores, generation: int) -> Select:
    """The way that the settings name.

    Args:
        settings: which, and its parameters.
        scores: of the individuals, case by case.
        generation: from 0; the temperature depends on it.
    """
    match settings.selection:
        case "tournament":
            return partial(tools.selTournament, tournsize=settings.tournament)
        case "rank":
            return partial(rank, pressure=settings.pressure)
        case "boltzmann":
            return partial(boltzmann, temperature=settings.temperature * settings.cooling**generation)
        case "lexicase":
            return partial(_lexicase, scores=scores, select=tools.selLexicase)
        case "epsilon-lexicase":
            return partial(_lexicase, scores=scores, select=tools.selAutomaticEpsilonLexicase)
        case "nsga2":
            return partial(crowded_tournament, scores=scores)


def rank(individuals: Sequence[Individual], k: int, *, pressure: float) -> list[Individual]:
    """Linear ranking.

    Args:
        individuals: to select from.
        k: how many.
        pressure: s, in [1, 2]: how often the best is selected, relative to the average.
    """
    ranked = sorted(individuals, key=lambda individual: individual.fitness, reverse=True)
    last = max(1, len(ranked) - 1)
    weights = [pressure - (2.0 * pressure - 2.0) * place / last for place in range(len(ranked))]
    return random.choices(ranked, weights, k=k)


def boltzmann(individuals: Sequence[Individual], k: int, *, temperature: float) -> list[Individual]:
    """Boltzmann selection.

    Args:
        individuals: to select from.
        k: how many.
        temperature: T, in standard deviations of these individuals' scores, so that it fits any metric.
    """
    scores = np.array([individual.score.cautious for individual in individuals])
    spread = float(scores.std()) or 1.0
    weights = np.exp((scores - scores.max()) / (spread * max(temperature, _COLDEST)))
    return random.choices(individuals, weights.tolist(), k=k)


def crowded_tournament(individuals: Sequence[Individual], k: int, *, scores: Scores) -> list[Individual]:
    """NSGA-II's parents; of equals, either wins.

    DEAP's `selTournamentDCD` takes multiples of four only, and no more than there are.

    Args:
        individuals: to select from.
        k: how many.
        scores: of them, case by case.
    """
    shuffled = random.sample(individuals, len(individuals))  # of equals, DEAP finds the first and the last the lonely
    ranked: list[tuple[int, float, View]] = []
    for number, front in enumerate(tools.sortNondominated(by_objectives(shuffled, scores), len(shuffled))):
        emo.assignCrowdingDist(front)
        ranked += [(number, -view.fitness.crowding_dist, view) for view in front]
    winners = [min(random.choices(ranked, k=2), key=itemgetter(0, 1)) for _ in range(k)]
    return [view.individual for *_, view in winners]


def _lexicase(
    individuals: Sequence[Individual], k: int, *, scores: Scores, select: Callable[[list[View], int], list[View]]
) -> list[Individual]:
    return [view.individual for view in select(by_case(individuals, scores), k)]
