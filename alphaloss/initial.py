"""What a run starts from: the losses that the search begins with, and the ones that it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alphaloss.errors import UsageError
from alphaloss.gate import Gate
from alphaloss.losses.zoo import REFERENCE, zoo_names, zoo_source
from alphaloss.naming import NamedSource
from alphaloss.records import Candidate, Duplicate, Program, Rejection
from alphaloss.session import Session


class InitialLosses:
    """The search's gate, its start programs and the zoo.

    Attributes:
        gate: knows the start programs.
        start: what the search begins with.
        zoo: by name, the reference among them.
        reference: cross-entropy.

    Raises:
        UsageError: a start loss does not exist, or the gate refuses it.
    """

    gate: Gate
    start: Sequence[Program]
    zoo: Mapping[str, Program]
    reference: Program

    def __init__(self, session: Session, start: Sequence[NamedSource]) -> None:
        self.gate = session.gate()
        self.start = [_admit(self.gate, loss.name, loss.source) for loss in start]
        # The zoo is described by gates of its own: a search that rediscovers one of its losses may keep it.
        self.zoo = {name: _admit(session.gate(), name, zoo_source(name)) for name in zoo_names()}
        self.reference = self.zoo[REFERENCE]


def _admit(gate: Gate, name: str, source: str) -> Program:
    outcome = gate.admit(Candidate(source=source, operator="start"))
    if isinstance(outcome, Rejection):
        raise UsageError(f"The loss `{name}` cannot be used: {outcome.code}: {outcome.message}")
    if isinstance(outcome, Duplicate):
        raise UsageError(f"The loss `{name}` is given twice, or behaves like another start loss; leave it out.")
    return outcome
