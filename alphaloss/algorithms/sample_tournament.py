"""The sample tournament of "efficiency-oriented" tree GP: T.-Y. Chou's thesis (NTUT, 2025), Algorithm 1.

    population of P random trees; evaluate all
    while generation < T:
        S = G individuals of the population, drawn uniformly            G = 3P/4
        X = the N best of S                                             N = G/2
        for each individual of X:
            partner = a random other one of X, if r1 < Cr, else a newly generated tree
            child = crossover(individual, partner)                      the individual receives
            if r2 < M_ST: subtree mutation
            if r3 < M_N: one-point mutation
            evaluate the child
        population = the P best of the P + N

What the thesis leaves open: G individuals are drawn without replacement, 3P/4 and G/2 are rounded down (both are
settings), and where X has one member, its partner is newly generated. With P = 8, the three best of the population are
parents with probability .75 each, the three worst never.

Where scores are equal, the smaller loss is the better.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from deap import tools

from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.generations import Generations
from alphaloss.algorithms.variations import cross, tree_mutations
from alphaloss.config import SampleTournamentSettings
from alphaloss.records import Program, Variation
from alphaloss.scores import Scores


class SampleTournament(Generations):
    """See the module's text; the arguments that are not here are `Generations`'."""

    def __init__(
        self,
        settings: SampleTournamentSettings,
        start: Sequence[Program],
        scores: Scores,
        *,
        named: bool,
        seed: int,
        lag: int = 1,
    ) -> None:
        super().__init__(settings.population, settings.generations, start, scores, named=named, seed=seed, lag=lag)
        self.settings = settings

    def _breed(self) -> Iterator[Variation]:
        winners = self._winners()
        for individual in winners:
            others = [other for other in winners if other is not individual]
            mates = random.random() < self.settings.crossover and others
            partner = random.choice(others) if mates else None
            yield cross(individual, partner, tree_mutations(self.settings.subtree, self.settings.point))

    def _survive(self) -> list[Individual]:
        return tools.selBest([*self.population, *self.offspring], self.members)  # type: ignore[no-any-return]  # DEAP

    def _winners(self) -> list[Individual]:
        """X, the best of the sample."""
        size = self._share(self.settings.sample, self.members)
        if self.settings.replacement:
            sample = random.choices(self.population, k=size)
        else:
            sample = random.sample(self.population, min(size, len(self.population)))
        return tools.selBest(sample, self._share(self.settings.winners, size))  # type: ignore[no-any-return]  # DEAP

    def _share(self, share: float, whole: int) -> int:
        """A share of so many individuals, at least one."""
        exact = round(share * whole, 9)  # of floating point: .28 of 25 is 7
        return max(1, math.floor(exact) if self.settings.rounding == "down" else math.ceil(exact))
