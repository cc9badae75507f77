"""Proposers make candidates. `propose` turns a variation (an operator and its parents) into source texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alphaloss.proposers.context import Context
from alphaloss.proposers.offline import OfflineProposer
from alphaloss.records import Candidate, Told, Variation
from alphaloss.scores import Scores

__all__ = ["Context", "OfflineProposer", "Proposer"]


class Proposer(Protocol):
    """The seam between the search and whatever writes losses."""

    def propose(self, variation: Variation, context: Context) -> list[Candidate]:
        """Candidates for a variation, best first; an empty list if it has none.

        Args:
            variation: the operator and the parents; `random` has none.
            context: randomness, and what is known so far.
        """
        ...

    def learn(self, told: Sequence[Told], scores: Scores) -> None:
        """Takes note of a wave's answers; called after each `tell` of the algorithm, in the same order.

        Args:
            told: one answer a variation.
            scores: of all programs so far, these included.
        """
        ...
