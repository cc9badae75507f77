"""Reading a run folder: its result, its best programs, one program in full, its rejections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from alphaloss.database import Database
from alphaloss.errors import UsageError
from alphaloss.exchanges import Exchange, Place, Use
from alphaloss.losses.shape_card import ShapeCard
from alphaloss.losses.symbolic import latex
from alphaloss.naming import DATABASE
from alphaloss.records import Evaluation, Phase, Record, Rejection, Status
from alphaloss.training import TaskInfo

_MOST_PROGRAMS = 10
_HELLO = TypeAdapter(dict[str, tuple[Exchange, ...]])


class ProgramLine(Record):
    """A program in the list of a run."""

    id: str
    name: str | None
    operations: int
    search: float | None = Field(description="mean over its seeds at the full rung")
    seeds: int
    formula: str


class RunShown(Record):
    """What `alphaloss show RUN` tells."""

    run: Path
    status: str = Field(description="`better`, `not-shown-better`, or `unfinished`")
    task: str
    metric: str
    trainings: dict[str, int]
    rungs: dict[str, int] = Field(description="trainings of the search by rung, where the task has several")
    outcomes: dict[str, int]
    rejected: dict[str, int]
    test_opened: int
    llm: Use | None = Field(description="what language models were asked so far; None where none was asked")
    best: tuple[ProgramLine, ...]
    result: dict[str, Any] | None


class TrainingLine(Record):
    """One training of a program, on validation data."""

    phase: Phase
    rung: str
    seed: int
    status: Status
    score: float | None
    message: str


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
    trainings: tuple[TrainingLine, ...] = Field(description="in search and selection, at the task's learning rate")


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


class ExchangeLine(Record):
    """A line of `alphaloss show RUN --exchanges`."""

    place: Place | None = Field(description="what asked for it; None: the word with each model before the run")
    exchange: Exchange


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
    full = info.rungs[-1].name
    best = database.best(info.name, Phase.SEARCH, full, maximize=info.direction == "max", count=_MOST_PROGRAMS)
    rungs = {rung.name: _count(database.evaluations(info.name, Phase.SEARCH, rung.name)) for rung in info.rungs}
    seeds = {p.key: _count(database.evaluations(info.name, Phase.SEARCH, full, key=p.key)) for p, _ in best}
    return RunShown(
        run=folder,
        status=str(results[-1].payload["status"]) if results else "unfinished",
        task=info.name,
        metric=info.metric,
        trainings={phase.value: count for phase, count in database.training_counts().items()},
        rungs=rungs if len(rungs) > 1 else {},
        outcomes=database.outcome_counts(),
        rejected={code.value: count for code, count in database.rejection_counts().items()},
        test_opened=database.count_events("test_opened"),
        llm=_use(database),
        best=tuple(
            ProgramLine(
                id=program.id,
                name=names.get(program.key),
                operations=program.graph.size,
                search=score,
                seeds=seeds[program.key],
                formula=latex(program.graph),
            )
            for program, score in best
        ),
        result=dict(results[-1].payload) if results else None,
    )


def describe_program(database: Database, prefix: str) -> ProgramShown:
    """One program in full."""
    program = database.find_program(prefix)
    info = TaskInfo.model_validate(database.events("task")[-1].payload)
    trainings = [
        TrainingLine(phase=phase, rung=t.rung, seed=t.seed, status=t.status, score=t.score, message=t.message)
        for phase in (Phase.SEARCH, Phase.SELECTION)
        for rung in info.rungs
        for evaluation in database.evaluations(info.name, phase, rung.name, key=program.key)
        for t in evaluation.trainings
        if t.learning_rate_scale == 1.0  # the reference is also trained at others
    ]
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
        trainings=tuple(trainings),
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


def list_exchanges(database: Database) -> Iterator[ExchangeLine]:
    """All that was said to language models and answered: before the run, and then in the order of the calls."""
    for event in database.events("hello"):
        for exchange in _HELLO.validate_python(event.payload)["exchanges"]:
            yield ExchangeLine(place=None, exchange=exchange)
    for asked in database.exchanges():
        yield ExchangeLine(place=asked.place, exchange=asked.exchange)


def _use(database: Database) -> Use | None:
    use = reduce(Use.with_one_more, (line.exchange for line in list_exchanges(database)), Use())
    return use if use.calls else None


def _count(evaluations: Iterable[Evaluation]) -> int:
    """Of their trainings."""
    return sum(len(evaluation.trainings) for evaluation in evaluations)
