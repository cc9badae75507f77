"""`check`: a loss through the gate, without training anything."""

from __future__ import annotations

from typing import Literal

from alphaloss.config import Settings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.naming import find_loss
from alphaloss.records import Candidate, Duplicate, Record, Rejection
from alphaloss.sandbox import Sandbox


class Check(Record):
    """What the gate says of a loss."""

    status: Literal["admitted", "rejected"]
    code: str | None = None
    message: str = ""
    line: int | None = None
    operations: int | None = None
    graph: LossGraph | None = None

    @property
    def source(self) -> str | None:
        """The canonical print of the admitted graph."""
        return print_source(self.graph) if self.graph else None

    def to_json(self) -> str:
        """One JSON object; the graph in its own format."""
        return self.model_dump_json()


def check(loss: str, settings: Settings | None = None) -> Check:
    """Traces a loss and runs every check of the gate.

    Args:
        loss: a name of the zoo, a file, RUN or RUN:ID.
        settings: of sandbox and gate; the defaults if left out.

    Raises:
        UsageError: there is no such loss. A loss that is rejected is a result, not an error.
    """
    settings = settings or Settings()
    candidate = Candidate(source=find_loss(loss).source, operator="user")
    with Sandbox(settings.sandbox) as sandbox:
        outcome = Gate(sandbox, settings.gate).admit(candidate)
    if isinstance(outcome, Rejection):
        return Check(status="rejected", code=outcome.code, message=outcome.message, line=outcome.line)
    assert not isinstance(outcome, Duplicate)  # a new gate knows no other loss
    return Check(status="admitted", operations=outcome.graph.size, graph=outcome.graph)
