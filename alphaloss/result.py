"""What a run found: the table with the columns search, selection and test, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from alphaloss.database import Database
from alphaloss.exchanges import LlmResult
from alphaloss.losses.graph import LossGraph
from alphaloss.records import SIMPLIFY, Phase, Program, Record
from alphaloss.selection import Selection
from alphaloss.training import TaskInfo
from alphaloss.training.aggregates import AGGREGATES
from alphaloss.verdict import BEST_OF_ZOO, CHAMPION, Verdict, early_stopped, tuned_label


class LossResult(Record):
    """One loss in the final table. A score is the mean over the seeds of its column, None where there is none."""

    role: str
    name: str | None = Field(description="of a loss from the zoo")
    id: str = Field(description="of the program in the run")
    source: str
    search: float | None
    selection: float | None
    test: float | None
    gradient_scale: float
    class_prior: tuple[float, ...] = Field(description="of the task, for a loss that asks for it")
    graph: LossGraph

    @property
    def loss(self) -> Callable[[Any, Any], Any]:
        """The loss as a function for `model.compile`; imports keras."""
        from alphaloss.losses.keras_loss import keras_function  # noqa: PLC0415  # TensorFlow takes seconds to load

        return keras_function(self.graph, self.class_prior, self.gradient_scale)


class Result(Record):
    """The outcome of a run."""

    run: Path
    status: Literal["better", "not-shown-better"]
    seconds: float
    workers_busy: float = Field(description="share of the workers' time, once they were ready, that was spent on jobs")
    task: str
    metric: str
    trainings: int
    admitted: int
    rejected: dict[str, int]
    duplicates: int
    content_hash: str
    champion: LossResult
    reference: LossResult
    reference_early_stopped: LossResult
    reference_tuned: LossResult
    best_of_zoo: LossResult
    learning_rates: dict[float, float | None] = Field(
        description="selection score of the reference by the factor on its learning rate"
    )
    verdict: Verdict
    llm: LlmResult | None = Field(default=None, description="None where no language model was asked")

    @property
    def table(self) -> tuple[LossResult, ...]:
        """The five lines of the final table, the champion first."""
        return (
            self.champion,
            self.reference,
            self.reference_early_stopped,
            self.reference_tuned,
            self.best_of_zoo,
        )

    @property
    def test_metric(self) -> str:
        """What the column `test` holds: of a suite of tasks the mean difference, whatever the search's aggregate."""
        other = self.metric in AGGREGATES and self.metric != "mean-difference"
        return "mean difference of the metrics" if other else self.metric

    def to_json(self) -> str:
        """One JSON object."""
        return self.model_dump_json()


def summarise(
    database: Database,
    *,
    folder: Path,
    seconds: float,
    workers_busy: float,
    info: TaskInfo,
    zoo: Mapping[str, Program],
    selection: Selection,
    verdict: Verdict,
) -> Result:
    """Puts the table together from the three phases.

    Args:
        database: of the run, with everything recorded.
        folder: of the run.
        seconds: that the run took.
        workers_busy: share of the workers' time spent on jobs.
        info: of the task.
        zoo: its losses by name, the reference among them.
        selection: who was chosen, and on which evaluations.
        verdict: on test data.
    """
    counts = database.outcome_counts()
    return Result(
        run=folder,
        status="better" if verdict.better else "not-shown-better",
        seconds=seconds,
        workers_busy=workers_busy,
        task=info.name,
        metric=info.metric,
        trainings=sum(database.training_counts().values()),
        admitted=counts.get("program", 0),
        rejected={code.value: count for code, count in database.rejection_counts().items()},
        duplicates=counts.get("duplicate", 0),
        content_hash=database.content_hash(),
        **_table(database, info, zoo, selection, verdict),
        learning_rates=dict(selection.learning_rates),
        verdict=verdict,
    )


def _table(
    database: Database, info: TaskInfo, zoo: Mapping[str, Program], selection: Selection, verdict: Verdict
) -> dict[str, LossResult]:
    """The lines of the table by their names in `Result`."""
    evaluations = database.evaluations(info.name, Phase.SEARCH, info.rungs[-1].name)
    searched = {e.key: e.score for e in evaluations}
    name, best_of_zoo = verdict.reference, selection.best_of_zoo
    reference, rate = zoo[name], selection.learning_rate_scale
    early, tuned = early_stopped(name), tuned_label(name, rate)

    def line(role: str, program: Program, name: str | None, **scores: float | None) -> LossResult:
        return LossResult(
            role=role,
            name=name,
            id=program.id,
            source=program.source,
            test=verdict.score(role),
            gradient_scale=program.gradient_scale,
            class_prior=info.class_prior,
            graph=program.graph,
            **scores,
        )

    def trained(role: str, program: Program, name: str | None) -> LossResult:
        simplified = program.candidate.operator == SIMPLIFY
        key = program.candidate.parents[0] if simplified else program.key  # what the search trained
        selected = selection.evaluations[program.key].score
        return line(role, program, name, search=searched.get(key), selection=selected)

    return {
        "champion": trained(CHAMPION, selection.champion, None),
        "reference": trained(name, reference, name),
        # The score of an early-stopped training on the data that stopped it is no evidence.
        "reference_early_stopped": line(early, reference, early, search=None, selection=None),
        "reference_tuned": line(tuned, reference, tuned, search=None, selection=selection.learning_rates[rate]),
        "best_of_zoo": trained(BEST_OF_ZOO, best_of_zoo, next(n for n, p in zoo.items() if p.key == best_of_zoo.key)),
    }
