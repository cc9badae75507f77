"""The genetic programming that found the next generation loss: Akhmedova and Koerber (arXiv 2404.12948).

    population of P random trees; evaluate all; archive = {}
    for each generation:
        for each individual of the population:
            partner = a random one of the archive, with probability `from_archive`, else another individual
            child = crossover(individual, partner)                      the individual receives
            with probability `subtree`: subtree mutation
            with probability `point`: one-point mutation
            evaluate the child
        the low scorers of the 2P move to the archive; the others are the population

As T.-Y. Chou's thesis (NTUT, 2025) describes it: every individual has one child a generation. The sources leave open,
and settings decide: the three probabilities; who is eliminated (here the worst P of individuals and children); and how
large the archive is (here as the population; where it is full, random ones leave, as in JADE: Zhang and Sanderson, IEEE
Trans. Evolutionary Computation 13(5), 2009). While the archive is empty, the partner is another individual.

Where scores are equal, the smaller loss is the better.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.first_generation import distinct
from alphaloss.algorithms.generations import Generations
from alphaloss.algorithms.variations import cross, tree_mutations
from alphaloss.config import NglSettings
from alphaloss.records import Program, Variation
from alphaloss.scores import Scores


class Ngl(Generations):
    """See the module's text; the arguments that are not here are `Generations`'.

    Attributes:
        archive: individuals that were eliminated.
    """

    def __init__(
        self,
        settings: NglSettings,
        start: Sequence[Program],
        scores: Scores,
        *,
        named: bool,
        seed: int,
        lag: int = 1,
    ) -> None:
        super().__init__(settings.population, settings.generations, start, scores, named=named, seed=seed, lag=lag)
        self.settings = settings
        self.archive: list[Individual] = []

    def _breed(self) -> Iterator[Variation]:
        for individual in self.population:
            others = [other for other in self.population if other is not individual]
            from_archive = random.random() < self.settings.from_archive and self.archive
            among = self.archive if from_archive else others
            partner = random.choice(among) if among else None
            yield cross(individual, partner, tree_mutations(self.settings.subtree, self.settings.point))

    def _survive(self) -> list[Individual]:
        """Moves the low scorers to the archive."""
        first, second = self.population, self.offspring
        if self.settings.eliminated == "parents":
            ranked = [*_ranked(second), *_ranked(first)]
        else:
            ranked = _ranked([*first, *second])
        ranked = distinct(ranked)
        self.archive = distinct([*self.archive, *ranked[self.members :]])
        while len(self.archive) > self.settings.archive * self.members:
            self.archive.pop(random.randrange(len(self.archive)))
        return ranked[: self.members]

    def _members(self) -> Iterable[Individual]:
        return [*super()._members(), *self.archive]

    def _log_entry(self) -> Mapping[str, float]:
        return {**super()._log_entry(), "archive": len(self.archive)}


def _ranked(individuals: Sequence[Individual]) -> list[Individual]:
    return sorted(individuals, key=lambda individual: individual.fitness, reverse=True)
