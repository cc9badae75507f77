"""Islands of cells: separate populations that keep the best of every kind, and know how far scores can be trusted.

    for a share of a wave: train the promising again, on a fresh seed
    for each other variation, on the islands in turn:
        parents by a large tournament (exploit), by one of two elites (explore), or of two that entered lately (recent)
        crossover of two, mutation or refinement of one, or a random loss
    when the wave is told:
        newcomers enter the cells of their island; contests that are clear are settled
        every `migration_interval` waves the best of each island try to enter the next one
        an island without a new best for `stagnation` waves starts anew, unless it is the best island

Islands: Whitley, Rana and Heckendorn, "The Island Model Genetic Algorithm", 1999; starting them anew: Romera-Paredes et
al., "Mathematical discoveries from program search with large language models", 2024. Cells: `cells.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial

from deap import tools

from alphaloss.algorithms.base import Algorithm, Fitness, Individual, Newcomer
from alphaloss.algorithms.cells import Island
from alphaloss.algorithms.variations import tournament, vary
from alphaloss.config import IslandSettings, VariationSettings
from alphaloss.records import REPEAT, Program, Variation
from alphaloss.scores import Scores

_EXPLORING = 2  # elites that compete where it explores: any can be a parent, the worst of them seldom


class Islands(Algorithm):
    """See the module's text; the arguments that are not here are `Algorithm`'s.

    Args:
        settings: of the islands.
        variation: shares of the operators.
    """

    def __init__(
        self,
        settings: IslandSettings,
        variation: VariationSettings,
        start: Sequence[Program],
        scores: Scores,
        *,
        seed: int,
        lag: int = 1,
        most_seeds: int = 1,
    ) -> None:
        super().__init__(start, scores, seed=seed, lag=lag, most_seeds=most_seeds if settings.repeats else 1)
        self.settings = settings
        self.variation = variation
        self.exploit = tournament(settings.tournament)
        self.explore = tournament(_EXPLORING)
        self.restarts = 0
        self._waves_told = 0
        self._next_island = 0
        self._repeats = 0.0
        self.islands = [self._settled(self.start) for _ in range(settings.islands)]

    def _ask(self, size: int) -> Iterator[Variation]:
        repeats = list(self._repeat(size))
        yield from repeats
        for _ in range(size - len(repeats)):
            number = self._next_island
            self._next_island = (number + 1) % len(self.islands)
            island = self.islands[number]
            yield vary(self.variation, list(island), partial(self._parent, island), self.exploit, number)

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        self._waves_told += 1
        for variation, newcomer in newcomers:
            self.islands[variation.island].enter(newcomer, self._waves_told)
        for island in self.islands:
            island.settle(self._waves_told)
        if self._waves_told % self.settings.migration_interval == 0:
            self._migrate()
        self._start_anew()

    def _members(self) -> Iterator[Individual]:
        for island in self.islands:
            yield from island

    def _drop(self, individual: Individual) -> None:
        for island in self.islands:
            island.drop(individual, self._waves_told)

    def _log_entry(self) -> dict[str, int]:
        return {
            "cells": sum(len(island.elites) for island in self.islands),
            "contests": sum(len(island.contests) for island in self.islands),
            "restarts": self.restarts,
        }

    def _repeat(self, size: int) -> Iterator[Variation]:
        """The most hopeful of those whom another training would tell something about.

        What is left of a whole repeat is carried to the next wave, so that small waves have their share too.
        """
        self._repeats = self._repeats % 1.0 + size * self.settings.repeats
        wanted: dict[str, tuple[Individual, int]] = {}
        for number, island in enumerate(self.islands):
            for group in island.worth_repeating():
                fewest = min(group, key=self._seeds)
                if self._may_repeat(fewest):
                    wanted.setdefault(fewest.key, (fewest, number))
        ranked = sorted(wanted.values(), key=lambda want: want[0].score.hopeful, reverse=True)
        for individual, number in ranked[: int(self._repeats)]:
            self._repeats -= 1.0
            yield Variation(operator=REPEAT, parents=(individual.program,), island=number)

    def _parent(self, island: Island, members: Sequence[Individual]) -> Individual:
        draw = random.random()
        if draw < self.settings.exploit:
            return self.exploit(members)
        if draw < self.settings.exploit + self.settings.explore:
            return self.explore(members)
        newer = island.newer_than(self._waves_told - self.settings.recent)
        recent = [member for member in members if member in newer]
        return self.explore(recent) if recent else self.exploit(members)

    def _migrate(self) -> None:
        """All leave before any arrives. DEAP's `migRing` would overwrite members; here migrants enter as newcomers."""
        leaving = [tools.selBest(island.elites, self.settings.migrants) for island in self.islands]
        for island, migrants in zip(self.islands, leaving[-1:] + leaving[:-1], strict=True):
            for migrant in migrants:
                island.enter(migrant, self._waves_told)

    def _start_anew(self) -> None:
        home = max(self.islands, key=lambda island: island.best.fitness if island.best else Fitness())
        if home.best is None:
            return
        for number, island in enumerate(self.islands):
            age = self._waves_told - island.risen
            if island is not home and (island.best is None or age >= self.settings.stagnation):
                self.islands[number] = self._settled([*self.start, self.exploit(home.elites)])
                self.restarts += 1

    def _settled(self, individuals: Sequence[Individual]) -> Island:
        island = Island(most_seeds=self.most_seeds, crowding=self.settings.crowding)
        for individual in individuals:
            island.enter(individual, self._waves_told)
        return island
