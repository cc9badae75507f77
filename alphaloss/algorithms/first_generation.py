"""Base of the algorithms that begin with a newly generated population.

    population = the start losses that the user named
    while it has fewer than P members:
        ask for `init`, once for each that is missing

Whoever has no score is no member, so that `init` is asked for again in its place.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from deap import tools

from alphaloss.algorithms.base import Algorithm, Individual, Newcomer
from alphaloss.records import Program, Variation
from alphaloss.scores import Scores

_INIT = Variation(operator="init")


class FirstGeneration(Algorithm):
    """See the module's text; the arguments that are not here are `Algorithm`'s.

    Args:
        members: of the population, P.
        named: whether the start programs were named by the user, and so are members; the best P, if there are more.

    Attributes:
        population: the members.
        is_founded: whether there were P of them once.
    """

    def __init__(
        self, members: int, start: Sequence[Program], scores: Scores, *, named: bool, seed: int, lag: int = 1
    ) -> None:
        super().__init__(start, scores, seed=seed, lag=lag)
        self.members = members
        self.population: list[Individual] = tools.selBest(self.start, members) if named else []
        self.is_founded = len(self.population) == members

    @property
    def can_ask(self) -> bool:
        """Also not while all of the first generation is asked for, and not all told."""
        return super().can_ask and (self.is_founded or self._missing > 0)

    @abstractmethod
    def _vary(self, size: int) -> Iterator[Variation]:
        """At least one variation of the population, at most `size`."""

    @abstractmethod
    def _take(self, newcomers: Sequence[Newcomer]) -> None:
        """Decides who stays, once the first generation is complete."""

    def _ask(self, size: int) -> Iterator[Variation]:
        if self.is_founded:
            yield from self._vary(size)
        else:
            yield from [_INIT] * min(size, self._missing)

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        if self.is_founded:
            self._take(newcomers)
        else:
            self.population = distinct([*self.population, *(newcomer for _, newcomer in newcomers)])
            self.is_founded = len(self.population) >= self.members

    def _members(self) -> Iterable[Individual]:
        return self.population

    @property
    def _missing(self) -> int:
        """Members that are neither there nor asked for."""
        return self.members - len(self.population) - sum(len(wave) for wave in self._untold)


def distinct(individuals: Iterable[Individual]) -> list[Individual]:
    """Each program once, in the order in which they come first."""
    return list({individual.key: individual for individual in individuals}.values())
