"""Ways to replace members by their offspring, and how different members are.

elitist    the offspring, after the best members                         De Jong 1975
crowding   each of the offspring against the member that is most similar, by the gradient field;
           the better stays                                              Harik 1995, with the whole population
nsga2      non-dominated sorting of members and offspring by score, size and worst case; the
           crowded of the last front leave                               Deb et al. 2002
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from deap import tools

from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.first_generation import distinct
from alphaloss.algorithms.objectives import by_objectives
from alphaloss.config import GenerationalSettings
from alphaloss.gate.duplicates import field_distance
from alphaloss.scores import Scores

Replace = Callable[[Sequence[Individual], Sequence[Individual], int], list[Individual]]
"""From members, offspring, and how many there can be, to the next members."""


def replacement(settings: GenerationalSettings, scores: Scores) -> Replace:
    """The way that the settings name.

    Args:
        settings: which, and how many elites.
        scores: of the individuals, case by case.
    """
    match settings.replacement:
        case "elitist":
            return partial(elitist, elites=settings.elites)
        case "crowding":
            return crowding
        case "nsga2":
            return partial(nsga2, scores=scores)


def elitist(
    members: Sequence[Individual], offspring: Sequence[Individual], size: int, *, elites: int
) -> list[Individual]:
    """The best members, the offspring, and further members where offspring are missing."""
    stay = max(elites, size - len(offspring))
    return [*tools.selBest(members, stay), *offspring[: size - stay]]


def crowding(members: Sequence[Individual], offspring: Sequence[Individual], size: int) -> list[Individual]:
    """As many members as before, all of them different; `size` is not needed."""
    stay = list(members)
    for child in offspring:
        distances = [field_distance(member.field, child.field) for member in stay]
        nearest = int(np.argmin(distances))
        if child not in stay and child.fitness > stay[nearest].fitness:
            stay[nearest] = child
    return stay


def nsga2(
    members: Sequence[Individual], offspring: Sequence[Individual], size: int, *, scores: Scores
) -> list[Individual]:
    """The best of both, each once."""
    views = by_objectives(distinct([*members, *offspring]), scores)
    return [view.individual for view in tools.selNSGA2(views, size)]


def diversity(individuals: Sequence[Individual]) -> float:
    """Mean cosine distance of the gradient fields of two individuals, in [0, 2]; 0 for a single one."""
    count = len(individuals)
    if count < 2:
        return 0.0
    fields = np.array([individual.field for individual in individuals])
    cosines = np.triu(fields @ fields.T, 1)
    return float(1.0 - cosines.sum() / (count * (count - 1) / 2))
