"""Base of the algorithms that go by generations.

    evaluate the first generation                      (`first_generation.py`)
    for each generation:
        breed: decide all of its variations at once
        evaluate them, in waves of any size
        survive: decide who stays, once all of them are told

A generation has as many evaluations as it has variations: one that yields no program at all, whatever the proposer
tried, is replaced by a newly generated loss (`random`), as in Chou's thesis (NTUT 2025, Algorithm 1). One that was
trained without success is not, for it was evaluated; only in the first generation it is, so that there are P members.
What is decided does not depend on the size of the waves.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from alphaloss.algorithms.base import Individual, Newcomer
from alphaloss.algorithms.first_generation import FirstGeneration
from alphaloss.records import Program, Variation
from alphaloss.scores import Scores


class Generations(FirstGeneration):
    """See the module's text; the arguments that are not here are `FirstGeneration`'s.

    Args:
        generations: after which it ends, T; None goes on.

    Attributes:
        generation: how many are done, the first one not counted.
        offspring: of the present generation, those that are told and have a score.
    """

    def __init__(
        self,
        members: int,
        generations: int | None,
        start: Sequence[Program],
        scores: Scores,
        *,
        named: bool,
        seed: int,
        lag: int = 1,
    ) -> None:
        super().__init__(members, start, scores, named=named, seed=seed, lag=lag)
        self.generations = generations
        self.generation = 0
        self.offspring: list[Individual] = []
        self._to_ask: deque[Variation] = deque()

    @property
    def can_ask(self) -> bool:
        """Also not while all of a generation is asked for, and not all told."""
        return super().can_ask and (not self.is_founded or bool(self._to_ask) or not self._untold)

    @property
    def end(self) -> str:
        """All generations are done."""
        return f"all {self.generations} generations are done" if self.generation == self.generations else ""

    @abstractmethod
    def _breed(self) -> Iterable[Variation]:
        """The variations of the next generation; where there are none, it is called again."""

    @abstractmethod
    def _survive(self) -> list[Individual]:
        """The next population, from `population` and `offspring`."""

    def _vary(self, size: int) -> Iterator[Variation]:
        while not self._to_ask:
            self._to_ask.extend(self._breed())
        for _ in range(min(size, len(self._to_ask))):
            yield self._to_ask.popleft()

    def _take(self, newcomers: Sequence[Newcomer]) -> None:
        self._to_ask.extend([Variation(operator="random")] * self._gaps)
        self.offspring += [newcomer for _, newcomer in newcomers]
        if not self._to_ask and not self._untold:
            self.population = self._survive()
            self.offspring = []
            self.generation += 1

    def _members(self) -> Iterable[Individual]:
        return [*self.population, *self.offspring]

    def _log_entry(self) -> Mapping[str, float]:
        return {"generation": self.generation}
