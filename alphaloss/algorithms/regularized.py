"""Regularised evolution, or ageing: Real, Aggarwal, Huang and Le (AAAI 2019), Algorithm 1.

    population = a queue of P random individuals; evaluate all
    while there is budget:
        sample = S individuals of the population, drawn with replacement
        parent = the best of the sample
        child = mutate(parent); evaluate it
        the child joins the population on the right
        the oldest one, on the left, dies

So the good survive by their children only, and nobody by luck of a single training. It is asynchronous, as in the
paper: parents are drawn while other children are evaluated, and ages count in the order of asking. A child without a
score does not join, and nobody dies for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alphaloss.algorithms.base import Newcomer
from alphaloss.algorithms.first_generation import FirstGeneration, distinct
from alphaloss.algorithms.variations import tournament
from alphaloss.config import RegularizedSettings
from alphaloss.records import Program, Variation
from alphaloss.scores import Scores


class Regularized(FirstGeneration):
    """See the module's text; the arguments that are not here are `FirstGeneration`'s."""

    def __init__(
        self,
        settings: RegularizedSettings,
        start: Sequence[Program],
        scores: Scores,
        *,
        named: bool,
        seed: int,
        lag: int = 1,
    ) -> None:
        super().__init__(settings.population, start, scores, named=named, seed=seed, lag=lag)
        self._best_of_sample = tournament(settings.sample)

    def _vary(self, size: int) -> Iterator[Variation]:
        for _ in range(size):
            yield Variation(operator="mutate", parents=(self._best_of_sample(self.population).program,))

    def _take(self, newcomers: Sequence[Newcomer]) -> None:
        aged = distinct([*self.population, *(newcomer for _, newcomer in newcomers)])
        self.population = aged[-self.members :]
