"""`check`: a loss through the gate, without training anything."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alphaloss.config import Settings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.naming import find_loss
from alphaloss.records import Candidate, Duplicate, Program, Record, Rejection
from alphaloss.sandbox import Sandbox


class Check(Record):
    """What the gate says of a loss."""

    status: Literal["admitted", "rejected"]
    code: str | None = None
    message: str = ""
    line: int | None = None
    text: str = Field(default="", description="that line, as the author wrote it")
    same_as: str | None = Field(default=None, description="a loss of the zoo that it equals, up to factor and offset")
    operations: int | None = None
    graph: LossGraph | None = None

    @property
    def source(self) -> str | None:
        """The canonical print of the admitted graph."""
        return print_source(self.graph) if self.graph else None

    def to_json(self) -> str:
        """One JSON object; the graph in its own format."""
        return self.model_dump_json()


def check(loss: str, settings: Settings | None = None, *, target: Target | None = None, classes: int = 10) -> Check:
    """Traces a loss and runs every check of the gate.

    Args:
        loss: a name of the zoo, a file, RUN or RUN:ID.
        settings: of sandbox and gate; the defaults if left out.
        target: what the model predicts; by default what a loss of the zoo or of a run was made for, else classes.
        classes: of the task; a regression has one output.

    Raises:
        UsageError: there is no such loss. A loss that is rejected is a result, not an error.
    """
    settings = settings or Settings()
    found = find_loss(loss)
    target = target or found.target
    with Sandbox(settings.sandbox) as sandbox:
        gate = Gate(sandbox, settings.gate, target=target, classes=classes if target == "classes" else 1)
        outcome = gate.admit(Candidate(source=found.source, operator="user"))
        if isinstance(outcome, Rejection):
            text = found.source.splitlines()[outcome.line - 1].strip() if outcome.line else ""
            return Check(status="rejected", code=outcome.code, message=outcome.message, line=outcome.line, text=text)
        assert not isinstance(outcome, Duplicate)  # a new gate knows no other loss
        twins = (name for name in zoo_names(target) if name != loss and _repeats(gate, name, outcome))
        return Check(status="admitted", same_as=next(twins, None), operations=outcome.graph.size, graph=outcome.graph)


def _repeats(gate: Gate, name: str, program: Program) -> bool:
    """Whether a loss of the zoo is one that the gate has admitted already."""
    outcome = gate.admit(Candidate(source=zoo_source(name), operator="zoo"))
    return isinstance(outcome, Duplicate) and outcome.of == program.key
