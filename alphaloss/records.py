"""The records that travel between the rooms and into the database; all immutable.

    Candidate --gate--> Program | Rejection | Duplicate
    Program --workers--> Training (one fit) --> Evaluation (all fits that give a program its score at a rung)

A candidate's failure is a result with a reason. A missing or non-finite score is `None`, never a number.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from alphaloss.losses.graph import LossGraph
from alphaloss.losses.shape_card import ShapeCard

_MESSAGE_CHARACTERS = 1_000


def _plain(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    ascii_only = printable.encode("ascii", "backslashreplace").decode()
    return ascii_only if len(ascii_only) <= _MESSAGE_CHARACTERS else ascii_only[: _MESSAGE_CHARACTERS - 3] + "..."


PlainText = Annotated[str, AfterValidator(_plain)]
"""One short line of printable ASCII: it may quote an author, and reaches terminals, JSON, reports and prompts."""


class Record(BaseModel):
    """Base of the records: frozen, and strict about what it is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Phase(StrEnum):
    """The three phases of a run, and evaluations outside of one; no seed is used in two of them."""

    SEARCH = "search"
    SELECTION = "selection"
    VERDICT = "verdict"
    EVALUATION = "evaluation"


class Candidate(Record):
    """A source text that proposes a loss, and where it came from."""

    source: str
    operator: str = Field(description="the variation that made it, for example `mutate.temper`")
    parents: tuple[str, ...] = Field(default=(), description="graph keys of the programs it was made from")
    details: dict[str, JsonValue] = Field(
        default_factory=dict, description="what else its proposer wants kept; not part of a run's content hash"
    )


class Program(Record):
    """A candidate that the gate admitted. Its identity is `key`, the hash of the canonical graph."""

    candidate: Candidate
    graph: LossGraph
    source: str = Field(description="the canonical print of `graph`: what is shown, exported and run")
    gradient_field: tuple[float, ...] = Field(description="unit-norm gradients on the gate's fixed probes")
    gradient_scale: float = Field(description="factor that matches the gradient RMS to the reference's")
    card: ShapeCard = Field(description="what it does to one sample, at the task's class count")

    @property
    def key(self) -> str:
        """sha256 of the canonical graph, in hexadecimal."""
        return self.graph.key

    @property
    def id(self) -> str:
        """The first ten characters of `key`: what tables show and `RUN:ID` accepts."""
        return self.key[:10]

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Program:
        """Programs are immutable, so DEAP's clones share them."""
        return self


class Code(StrEnum):
    """Why the gate refused a candidate; the order is the order of the checks."""

    SOURCE = "SOURCE"
    TRACE = "TRACE"
    SHAPE = "SHAPE"
    NOT_FINITE = "NOT_FINITE"
    NOT_PER_SAMPLE = "NOT_PER_SAMPLE"
    NO_GRADIENT = "NO_GRADIENT"
    DUPLICATE = "DUPLICATE"
    MISALIGNED = "MISALIGNED"
    CANNOT_LEARN = "CANNOT_LEARN"


class Rejection(Record):
    """Why a candidate was not admitted, in a sentence that helps its author to mend it."""

    candidate: Candidate
    code: Code
    message: PlainText
    line: int | None = Field(default=None, description="line in the author's source, where it is known")


class Duplicate(Record):
    """A candidate that means the same as a program of this run."""

    candidate: Candidate
    of: str = Field(description="key of the program that it repeats")


class Failed(Record):
    """A variation that yielded no candidate at all (a proposer gave up)."""

    operator: str
    parents: tuple[str, ...] = ()
    reason: str
    details: dict[str, JsonValue] = Field(
        default_factory=dict, description="what else its proposer wants kept; not part of a run's content hash"
    )


class Status(StrEnum):
    """How a training ended."""

    OK = "ok"
    DIVERGED = "diverged"
    STOPPED = "stopped"
    FAILED = "failed"
    KILLED = "killed"


class TestResult(Record):
    """What the test data said about one training: opened in the verdict only.

    `samples` holds the metric's contribution of each test sample (accuracy: 1.0 if correct), so that intervals can
    be bootstrapped over samples. The `early_` fields are for the weights of the epoch with the best validation score.
    """

    score: float
    samples: tuple[float, ...]
    metrics: dict[str, float] = Field(default_factory=dict, description="all metrics by name, after the last epoch")
    early_epoch: int
    early_score: float
    early_samples: tuple[float, ...]


class Training(Record):
    """One fit of one loss on one task, rung and seed."""

    key: str = Field(description="graph key of the loss")
    rung: str
    seed: int
    learning_rate_scale: float = 1.0
    status: Status
    score: float | None = Field(description="validation metric after the last epoch")
    curve: tuple[float | None, ...] = Field(description="validation metric after each epoch")
    metrics: dict[str, float] = Field(
        default_factory=dict, description="all metrics by name, on validation data after the last epoch"
    )
    loss: float | None = Field(
        default=None, description="mean value of the loss itself on validation data after the last epoch"
    )
    message: str = ""
    test: TestResult | None = None
    seconds: float
    steps: int


class Evaluation(Record):
    """All trainings that give a program its score at a rung, in the order of the phase's seeds."""

    key: str
    phase: Phase
    rung: str
    trainings: tuple[Training, ...]

    @property
    def scores(self) -> tuple[float, ...]:
        """Validation scores, one a seed; empty if any training failed."""
        scores = tuple(t.score for t in self.trainings if t.score is not None)
        return scores if len(scores) == len(self.trainings) else ()

    @property
    def test_scores(self) -> tuple[float, ...]:
        """Test scores after the last epoch, one a seed; empty if any training failed, or none was measured on test."""
        scores = tuple(t.test.score for t in self.trainings if t.test is not None)
        return scores if self.scores and len(scores) == len(self.trainings) else ()

    @property
    def score(self) -> float | None:
        """Mean validation score over the seeds; `None` if any training failed."""
        return sum(self.scores) / len(self.scores) if self.scores else None


Outcome = Program | Rejection | Duplicate | Failed
"""What becomes of a variation."""


REPEAT = "repeat"
"""The operator of a variation that makes nothing: its parent is trained on one more seed."""

SIMPLIFY = "simplify"
"""The operator of a program that is its parent with fewer operations, and with its values and gradients."""


Mutation = Literal["subtree", "point", "constant"]
"""Mutations of tree genetic programming: of a subtree, of one operation, of a number."""


class Variation(Record):
    """A request to a proposer: make a candidate from these parents.

    `init` asks for a member of the first generation and `random` for a later one, both newly generated. The first
    parent of a `crossover` receives a part of the second; with one parent the other is newly generated.
    """

    operator: str = Field(description="`init`, `mutate`, `refine`, `crossover`, `random` or `repeat`")
    parents: tuple[Program, ...] = ()
    mutations: tuple[Mutation, ...] = Field(
        default=(),
        description="what the child of a crossover goes through then, or which mutations `mutate` makes; none of them: "
        "the proposer's own choice. One that knows no such kinds makes a mutation of its own for each",
    )
    island: int = 0


class Told(Record):
    """What an algorithm learns of one variation: its outcome, and the evaluation if it is a program.

    `evaluation` is at the full rung; a program that did not get there has none. `screening` is at the first rung of a
    cascade: it compares with the others of the wave, and with nothing else.
    """

    outcome: Outcome
    evaluation: Evaluation | None = None
    screening: Evaluation | None = None

    @property
    def score(self) -> float | None:
        """What selection uses; None if nothing was trained, or a training failed."""
        return self.evaluation.score if self.evaluation else None
