"""What a run starts from: the losses that the search begins with, and the ones that it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alphaloss.database import Database
from alphaloss.errors import UsageError
from alphaloss.gate import Gate
from alphaloss.losses.source import print_source
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import REFERENCES, zoo_names, zoo_source, zoo_target
from alphaloss.naming import NamedSource
from alphaloss.proposers.simplify import simplify
from alphaloss.records import SIMPLIFY, Candidate, Duplicate, Program, Rejection
from alphaloss.session import Session


class InitialLosses:
    """The search's gate, its start programs and the zoo.

    Attributes:
        gate: knows the start programs.
        start: what the search begins with.
        zoo: by name, the reference among them.
        reference: the loss of the zoo that everything is compared with.

    Raises:
        UsageError: a start loss does not exist, or the gate refuses it; or the setting `zoo` cannot be used.
    """

    gate: Gate
    start: Sequence[Program]
    zoo: Mapping[str, Program]
    reference: Program

    def __init__(self, session: Session, start: Sequence[NamedSource]) -> None:
        """Admits them.

        Args:
            session: of the run.
            start: what the search begins with; the reference, if it is empty.
        """
        target = session.workers.info.target
        reference = REFERENCES[target]
        for loss in start:
            loss.require(target)
        self.gate = session.gate()
        self.start = [
            _admit(self.gate, loss.name, loss.source)
            for loss in start or [NamedSource(reference, zoo_source(reference))]
        ]
        # The zoo is described by gates of its own: a search that rediscovers one of its losses may keep it.
        compared = _compared(session.settings.zoo, target)
        self.zoo = {name: _admit(session.gate(), name, zoo_source(name)) for name in compared}
        self.reference = self.zoo[reference]
        self._session = session

    def simplified(self, program: Program, database: Database) -> Program:
        """The same loss in fewer operations, where some change nothing; recorded as a child of the program."""
        info = self._session.workers.info
        graph = simplify(program.graph, info.classes, info.class_prior)
        candidate = Candidate(source=print_source(graph), operator=SIMPLIFY, parents=(program.key,))
        simpler = self._session.gate().admit(candidate)
        if not isinstance(simpler, Program) or database.holds(simpler.key):
            return program
        database.record_program(simpler)
        return simpler


def _compared(wanted: Sequence[str], target: Target) -> list[str]:
    """The names of the losses of the zoo, the reference first.

    Args:
        wanted: from the settings; none for all.
        target: of the task.
    """
    for name in wanted:
        NamedSource(name, zoo_source(name), target=zoo_target(name)).require(target)
    reference = REFERENCES[target]
    others = [name for name in wanted or zoo_names(target) if name != reference]
    if not others:
        raise UsageError(
            f"The setting `zoo` names no loss but the reference, `{reference}`; name one more, or leave it out for all."
        )
    return list(dict.fromkeys((reference, *others)))


def _admit(gate: Gate, name: str, source: str) -> Program:
    outcome = gate.admit(Candidate(source=source, operator="start"))
    if isinstance(outcome, Rejection):
        raise UsageError(f"The loss `{name}` cannot be used: {outcome.code}: {outcome.message}")
    if isinstance(outcome, Duplicate):
        raise UsageError(f"The loss `{name}` is given twice, or behaves like another start loss; leave it out.")
    return outcome
