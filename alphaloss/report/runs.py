"""Reading a run folder: its result, its best programs, one program in full, its rejections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field

from alphaloss.database import Database
from alphaloss.errors import UsageError
from alphaloss.losses.shape_card import ShapeCard
from alphaloss.losses.symbolic import latex
from alphaloss.naming import DATABASE
from alphaloss.records import Phase, Program, Record, Rejection
from alphaloss.training import TaskInfo

_MOST_PROGRAMS = 10


class ProgramLine(Record):
    """A program in the list of a run."""

    id: str
    name: str | None
    operations: int
    search: float | None
    formula: str


class RunShown(Record):
    """What `alphaloss show RUN` tells."""

    run: Path
    status: str = Field(description="`better`, `not-shown-better`, or `unfinished`")
    task: str
    metric: str
    trainings: dict[str, int]
    outcomes: dict[str, int]
    rejected: dict[str, int]
    test_opened: int
    best: tuple[ProgramLine, ...]
    result: dict[str, Any] | None


class ProgramShown(Record):
    """What `alphaloss show RUN ID` tells."""

    id: str
    key: str
    operator: str
    parents: tuple[str, ...]
    formula: str
    source: str
    author_source: str
    gradient_scale: float
    card: ShapeCard
    scores: dict[str, list[float | None]] = Field(description="validation scores by phase, one a seed")


class RejectionLine(Record):
    """A candidate that was not admitted."""

    wave: int
    operator: str
    code: str
    message: str
    source: str


class RejectionsShown(Record):
    """What `alphaloss show RUN --rejections` tells."""

    rejections: tuple[RejectionLine, ...]


@contextmanager
def open_run(folder: Path) -> Iterator[Database]:
    """The database of a run folder, for reading.

    Raises:
        UsageError: the folder holds no run, or one of another version.
    """
    path = folder / DATABASE
    if not path.is_file():
        raise UsageError(
            f"There is no run in `{folder}`: it has no {DATABASE}. Give the folder that `alphaloss evolve` named."
        )
    with Database.read(path) as database:
        yield database


def describe_run(database: Database, folder: Path) -> RunShown:
    """The result of a run, or how far it came."""
    tasks = database.events("task")
    if not tasks:
        raise UsageError(f"The run in `{folder}` stopped before its task was known; start a new one.")
    info = TaskInfo.model_validate(tasks[-1].payload)
    results = database.events("result")
    names = {p.key: name for name, p in database.named_programs().items()}
    best = database.best(
        info.name, Phase.SEARCH, info.rungs[-1].name, maximize=info.direction == "max", count=_MOST_PROGRAMS
    )
    return RunShown(
        run=folder,
        status=str(results[-1].payload["status"]) if results else "unfinished",
        task=info.name,
        metric=info.metric,
        trainings={phase.value: count for phase, count in database.training_counts().items()},
        outcomes=database.outcome_counts(),
        rejected={code.value: count for code, count in database.rejection_counts().items()},
        test_opened=database.count_events("test_opened"),
        best=tuple(_line(program, names.get(program.key), score) for program, score in best),
        result=dict(results[-1].payload) if results else None,
    )


def describe_program(database: Database, prefix: str) -> ProgramShown:
    """One program in full."""
    program = database.find_program(prefix)
    info = TaskInfo.model_validate(database.events("task")[-1].payload)
    scores: dict[str, list[float | None]] = {}
    for phase in (Phase.SEARCH, Phase.SELECTION):
        for evaluation in database.evaluations(info.name, phase, info.rungs[-1].name, key=program.key):
            if evaluation.trainings[0].learning_rate_scale == 1.0:  # the reference is also trained at others
                scores[phase.value] = [t.score for t in evaluation.trainings]
    return ProgramShown(
        id=program.id,
        key=program.key,
        operator=program.candidate.operator,
        parents=tuple(parent[:10] for parent in program.candidate.parents),
        formula=latex(program.graph),
        source=program.source,
        author_source=program.candidate.source,
        gradient_scale=program.gradient_scale,
        card=program.card,
        scores=scores,
    )


def list_rejections(database: Database) -> RejectionsShown:
    """Every rejected candidate with its reason, in the order of the search."""
    lines = []
    for entry in database.entries():
        if isinstance(entry.outcome, Rejection):
            rejection = entry.outcome
            lines.append(
                RejectionLine(
                    wave=entry.wave,
                    operator=rejection.candidate.operator,
                    code=rejection.code.value,
                    message=rejection.message,
                    source=rejection.candidate.source,
                )
            )
    return RejectionsShown(rejections=tuple(lines))


def _line(program: Program, name: str | None, score: float) -> ProgramLine:
    return ProgramLine(
        id=program.id, name=name, operations=program.graph.size, search=score, formula=latex(program.graph)
    )
