"""Island model: separate populations with tournament selection and elitism, and migration around a ring.

    for each variation of a wave, on the islands in turn:
        crossover of two tournament winners, or mutation of one, or a random loss
    when the wave is told:
        each island keeps the best `population` of its old and new members
        every `migration_interval` waves the best of each island also go to the next one

Whitley, Rana and Heckendorn, "The Island Model Genetic Algorithm", 1999. The parts are DEAP's: `base.Fitness`,
`selTournament`, `selBest`, `migRing`, `HallOfFame`, `Statistics`, `Logbook`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
from deap import base, tools

from alphaloss.algorithms.base import Algorithm, Individual, Wave
from alphaloss.config import IslandSettings
from alphaloss.records import Program, Scored, Told, Variation


class Islands(Algorithm):
    """See the module's text.

    Args:
        settings: population sizes and rates.
        start: the evaluated programs that every island begins with; at least one has a score.
        maximize: whether a larger score is better.
        seed: of all random decisions.
        lag: how many waves may be untold when the next is asked for.
    """

    def __init__(
        self, settings: IslandSettings, start: Sequence[Scored], *, maximize: bool, seed: int, lag: int = 1
    ) -> None:
        super().__init__(maximize=maximize, seed=seed, lag=lag)
        self.settings = settings
        first = [self._individual(s.program, s.score) for s in start if s.score is not None]
        self.islands = [list(first) for _ in range(settings.islands)]
        self.statistics = tools.Statistics(lambda individual: individual.fitness.values[0])
        for name, function in (("best", np.max if maximize else np.min), ("mean", np.mean), ("spread", np.std)):
            self.statistics.register(name, function)
        self.toolbox = base.Toolbox()
        self.toolbox.register("select", tools.selTournament, k=1, tournsize=settings.tournament)
        self.toolbox.register("survive", tools.selBest, k=settings.population)
        self.toolbox.register("migrate", tools.migRing, selection=tools.selBest, replacement=tools.selWorst)
        self.toolbox.register("mate", Variation, operator="crossover")
        self.toolbox.register("mutate", Variation, operator="mutate")
        self._next_island = 0
        self._waves_told = 0

    def _ask(self, size: int) -> Iterator[Variation]:
        for _ in range(size):
            island = self._next_island
            self._next_island = (island + 1) % len(self.islands)
            members = self.islands[island]
            draw = random.random()
            if draw < self.settings.random:
                yield Variation(operator="random", island=island)
            elif draw < self.settings.random + self.settings.crossover and len(members) > 1:
                yield self.toolbox.mate(parents=self._pair(members), island=island)
            else:
                yield self.toolbox.mutate(parents=(self._parent(members),), island=island)

    def _tell(self, wave: Wave, told: Sequence[Told]) -> None:
        for variation, answer in zip(wave, told, strict=True):
            if isinstance(answer.outcome, Program) and answer.score is not None:
                self.islands[variation.island].append(self._individual(answer.outcome, answer.score))
        self._waves_told += 1
        if self._waves_told % self.settings.migration_interval == 0 and len(self.islands) > 1:
            # migRing overwrites the worst members: with a copy of them to overwrite, an island loses nobody.
            migrants = min(self.settings.migrants, *(len(island) for island in self.islands))
            for island in self.islands:
                island.extend(tools.selWorst(island, migrants))
            self.toolbox.migrate(self.islands, k=migrants)
        for island in self.islands:
            island[:] = self.toolbox.survive(_distinct(island))
        everyone = [individual for island in self.islands for individual in island]
        self.logbook.record(wave=self._waves_told, members=len(everyone), **self.statistics.compile(everyone))

    def _parent(self, members: list[Individual]) -> Program:
        winner: Individual = self.toolbox.select(members)[0]
        return winner.program

    def _pair(self, members: list[Individual]) -> tuple[Program, Program]:
        first = self._parent(members)
        return first, self._parent([m for m in members if m.program.key != first.key])


def _distinct(members: list[Individual]) -> list[Individual]:
    return list({m.program.key: m for m in members}.values())
