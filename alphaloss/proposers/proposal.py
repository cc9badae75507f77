"""What a proposer gives back before it has written anything: a promise of candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from alphaloss.records import Candidate, Failed


class Proposal(Protocol):
    """Candidates under way."""

    def candidates(self) -> list[Candidate] | Failed:
        """The candidates, at least one, the best first; or why there is none. Waits for them."""
        ...


@dataclass(frozen=True)
class Made:
    """A proposal that is there at once."""

    made: list[Candidate] | Failed

    def candidates(self) -> list[Candidate] | Failed:
        """What was made."""
        return self.made


class End(NamedTuple):
    """Why a proposer can go on no more.

    Attributes:
        reason: a sentence.
        refused: whether that is a failure: of a service that refuses, and not a budget that is spent.
    """

    reason: str
    refused: bool
