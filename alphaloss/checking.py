"""`check`: a loss through the gate, without training anything."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, computed_field

from alphaloss.config import Settings
from alphaloss.errors import UsageError
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.naming import find_loss
from alphaloss.records import Candidate, Duplicate, Program, Record, Rejection
from alphaloss.sandbox import Sandbox
from alphaloss.sandbox.syntax import normalised


class Check(Record):
    """What the gate says of a loss."""

    status: Literal["admitted", "rejected"]
    target: Target
    classes: int = Field(description="class count, or number of outputs, that it was looked at for")
    code: str | None = None
    message: str = ""
    line: int | None = None
    text: str = Field(default="", description="that line, as the author wrote it")
    same_as: str | None = Field(default=None, description="a loss of the zoo that it equals, up to factor and offset")
    operations: int | None = None
    graph: LossGraph | None = None

    @computed_field  # type: ignore[prop-decorator]  # as pydantic's documentation has it
    @property
    def source(self) -> str | None:
        """The canonical print of the admitted graph."""
        return print_source(self.graph) if self.graph else None

    def to_json(self) -> str:
        """One JSON object; the graph in its own format."""
        return self.model_dump_json()


def check(
    loss: str, settings: Settings | None = None, *, target: Target | None = None, classes: int | None = None
) -> Check:
    """Traces a loss and runs every check of the gate.

    Args:
        loss: a name of the zoo, a file, RUN or RUN:ID.
        settings: of sandbox and gate; the defaults if left out.
        target: what the model predicts; by default what a loss of the zoo or of a run was made for, else classes.
        classes: of the task, or the number of outputs of a regression; by default those of a run's task, else 10
            classes or one output.

    Raises:
        UsageError: there is no such loss, or too few classes. A loss that is rejected is a result, not an error.
    """
    settings = settings or Settings()
    found = find_loss(loss)
    target = target or found.target
    width = classes or found.classes or {"classes": 10, "values": 1}[target]
    if target == "classes" and width < 2:
        raise UsageError("A task has at least 2 classes; --classes 1 is for a regression with --target values.")
    with Sandbox(settings.sandbox) as sandbox:
        gate = Gate(sandbox, settings.gate, target=target, classes=width)
        outcome = gate.admit(Candidate(source=found.source, operator="user"))
        if isinstance(outcome, Rejection):
            text = normalised(found.source).split("\n")[outcome.line - 1].strip() if outcome.line else ""
            return Check(
                status="rejected",
                target=target,
                classes=width,
                code=outcome.code,
                message=outcome.message,
                line=outcome.line,
                text=text,
            )
        assert not isinstance(outcome, Duplicate)  # a new gate knows no other loss
        twins = (name for name in zoo_names(target) if name != loss and _repeats(gate, name, outcome))
        return Check(
            status="admitted",
            target=target,
            classes=width,
            same_as=next(twins, None),
            operations=outcome.graph.size,
            graph=outcome.graph,
        )


def _repeats(gate: Gate, name: str, program: Program) -> bool:
    """Whether a loss of the zoo is one that the gate has admitted already."""
    outcome = gate.admit(Candidate(source=zoo_source(name), operator="zoo"))
    return isinstance(outcome, Duplicate) and outcome.of == program.key
