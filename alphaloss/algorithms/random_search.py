"""Random search: every candidate is newly generated, and nothing is learnt. The yardstick of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alphaloss.algorithms.base import Algorithm, Individual, Newcomer
from alphaloss.records import Variation


class RandomSearch(Algorithm):
    """See the module's text; the arguments are `Algorithm`'s."""

    def _ask(self, size: int) -> Iterator[Variation]:
        for _ in range(size):
            yield Variation(operator="random")

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        """Only the hall of fame remembers."""

    def _members(self) -> list[Individual]:
        return self.start
