"""Individuals as DEAP's multi-objective tools see them: with several values each.

The cases of a program are its scores on the tasks of a suite, or else on its seeds. Cases that not all individuals have
are left out: start losses are trained on more seeds than others.
"""

from __future__ import annotations

from collections.abc import Sequence

from deap import base

from alphaloss.algorithms.base import Individual
from alphaloss.scores import Scores


class Values(base.Fitness):  # type: ignore[misc]  # DEAP has no types
    """DEAP's fitness with weights of its own.

    Args:
        weights: 1 for a value that should be large, -1 for one that should be small.
        values: shape (len(weights),).
    """

    def __init__(self, weights: Sequence[float], values: Sequence[float]) -> None:
        self.weights = tuple(weights)
        super().__init__(values)


class View:
    """An individual with other values than its own fitness."""

    def __init__(self, individual: Individual, weights: Sequence[float], values: Sequence[float]) -> None:
        self.individual = individual
        self.fitness = Values(weights, values)


def by_case(individuals: Sequence[Individual], scores: Scores) -> list[View]:
    """With a value for each case."""
    table = _cases(individuals, scores)
    return [View(i, [1.0] * len(row), row) for i, row in zip(individuals, table, strict=True)]


def by_objectives(individuals: Sequence[Individual], scores: Scores) -> list[View]:
    """With three values: the cautious score; how many operations, of which fewer are better; and robustness.

    Robustness is the score of the worst case; where there is but one, it says what the score says.
    """
    table = _cases(individuals, scores)
    weights = (1.0, -1.0, 1.0)
    return [
        View(i, weights, (i.score.cautious, i.program.graph.size, min(row)))
        for i, row in zip(individuals, table, strict=True)
    ]


def _cases(individuals: Sequence[Individual], scores: Scores) -> list[list[float]]:
    """Scores of shape (individuals, cases), oriented."""
    known = [scores.cases(individual.key) for individual in individuals]
    common = [case for case in known[0] if all(case in cases for cases in known)]
    return [[cases[case] for case in common] for cases in known]
