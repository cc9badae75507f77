"""Proposers make candidates: they turn a variation (an operator and its parents) into source texts.

proposal = proposer.begin(variation, context)   # at once; a language model is asked in the background
...
proposal.candidates()                           # waits for them
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alphaloss.exchanges import Use
from alphaloss.proposers.context import Context
from alphaloss.proposers.llm import LlmProposer
from alphaloss.proposers.offline import OfflineProposer
from alphaloss.proposers.proposal import End, Made, Proposal
from alphaloss.proposers.tree import TreeProposer
from alphaloss.records import Told, Variation
from alphaloss.scores import Scores

__all__ = ["Context", "End", "LlmProposer", "Made", "OfflineProposer", "Proposal", "Proposer", "TreeProposer"]


class Proposer(Protocol):
    """The seam between the search and whatever writes losses."""

    @property
    def end(self) -> End | None:
        """Why the search should ask for no further wave; None while it may."""
        ...

    @property
    def use(self) -> Use | None:
        """What language models were asked so far; None if there are none."""
        ...

    def begin(self, variation: Variation, context: Context) -> Proposal:
        """Begins to write candidates for a variation.

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
