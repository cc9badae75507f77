"""The plain evolutionary algorithm: one population, tournament parents, and survival of the best.

(mu + lambda) with truncation, as in DEAP's `eaMuPlusLambda`; every program has the one score of its first evaluation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deap import tools

from alphaloss.algorithms.base import Algorithm, Individual, Newcomer
from alphaloss.algorithms.variations import tournament, vary
from alphaloss.config import TournamentSettings, VariationSettings
from alphaloss.records import Program, Variation
from alphaloss.scores import Scores


class Tournament(Algorithm):
    """See the module's text; the arguments that are not here are `Algorithm`'s.

    Args:
        settings: of the population.
        variation: shares of the operators.
    """

    def __init__(
        self,
        settings: TournamentSettings,
        variation: VariationSettings,
        start: Sequence[Program],
        scores: Scores,
        *,
        seed: int,
        lag: int = 1,
    ) -> None:
        super().__init__(start, scores, seed=seed, lag=lag)
        self.settings = settings
        self.variation = variation
        self.population = self._survivors(self.start)
        self._choose = tournament(settings.tournament)

    def _ask(self, size: int) -> Iterator[Variation]:
        for _ in range(size):
            yield vary(self.variation, self.population, self._choose, self._choose)

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        distinct = {i.key: i for i in (*self.population, *(newcomer for _, newcomer in newcomers))}
        self.population = self._survivors(list(distinct.values()))

    def _members(self) -> list[Individual]:
        return self.population

    def _survivors(self, members: Sequence[Individual]) -> list[Individual]:
        return tools.selBest(members, self.settings.population)  # type: ignore[no-any-return]  # DEAP has no types
