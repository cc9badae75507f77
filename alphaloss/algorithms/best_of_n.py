"""Best of n: independent samples of the proposer, each a mutation of a start loss; nothing is learnt.

With a language model this is repeated sampling (Brown et al., "Large language monkeys", 2024): what a search must beat
to show that its population is worth anything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from alphaloss.algorithms.base import Algorithm, Individual, Newcomer
from alphaloss.records import Variation


class BestOfN(Algorithm):
    """See the module's text; the arguments are `Algorithm`'s."""

    def _ask(self, size: int) -> Iterator[Variation]:
        for _ in range(size):
            yield Variation(operator="mutate", parents=(random.choice(self.start).program,))

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        """Only the hall of fame remembers."""

    def _members(self) -> list[Individual]:
        return self.start
