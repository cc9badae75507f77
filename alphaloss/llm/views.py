"""What a prompt is made from: the facts of a task, of programs and of failures, ready to be shown.

Scores are in the task's metric; gains are oriented, so that a positive one is better. Whatever an author wrote is made
harmless when a view is made, so that no template has to think of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Self

import numpy as np
from pydantic import AfterValidator, Field

from alphaloss.llm.found import NoCode
from alphaloss.llm.inert import Label, Said, said, without_comments
from alphaloss.losses.types import Target
from alphaloss.records import Duplicate, Failed, Outcome, Program, Record, Rejection, Training
from alphaloss.scores import Score
from alphaloss.training import TaskInfo

_UNEVEN = 1.5  # most over least frequent class, from which on a class prior is worth telling
PICKS = 8
"""Ideas that an author is told to think of, where some of them are asked for."""

_MOST_CLASSES = 20  # whose share is told one by one
_CURVE_POINTS = 5
_LEAST_HISTORY = 5

_ERROR = "1 - metric, or the metric where lower is better"
AGGREGATES_SAID = {
    "mean-difference": "the mean over the tasks of how much better the metric is than the reference's",
    "worst-task": "by how much the metric is better than the reference's, on the task where it is least so",
    "wins-first": "the number of tasks with a better metric than the reference's, and among equals the mean difference",
    "average-improvement-error": f"the number of tasks with a smaller error than the reference's ({_ERROR}), and among "
    "equals the mean of its relative improvement on those",
    "all-tasks-mean": f"the mean over the tasks of the relative improvement of the error ({_ERROR}) on the reference's",
    "loss-and-accuracy": "a weighted sum of two means over the tasks: how much lower the value of the loss itself is "
    "than that of the reference, relatively, and how much better the metric is",
    "average-improvement-loss": "the number of tasks where the value of the loss itself is lower than that of the "
    "reference, and among equals the mean of its relative improvement on those",
}
"""By aggregate of a suite: what its score is."""

InertSource = Annotated[str, AfterValidator(without_comments)]


class TaskView(Record):
    """What a model is told of the task."""

    name: Label
    metric: str
    maximize: bool
    target: Target
    classes: int = Field(description="number of classes, or of outputs of a regression")
    class_prior: tuple[float, ...] = Field(
        description="shape (classes,); empty where all classes are about as frequent, and for a regression"
    )
    train: int = Field(description="training samples")
    validation: int = Field(description="validation samples")
    epochs: int
    parameters: int = Field(description="trainable numbers of the model")
    noise: str = Field(description="what is done to the labels, in sentences; empty if nothing")
    tasks: tuple[TaskView, ...] = Field(
        default=(), description="of a suite: its tasks. Its metric is an aggregate, and its samples are those of all"
    )

    @classmethod
    def of(cls, info: TaskInfo, rung: str) -> Self:
        """The view of what a worker tells of its task.

        Raises:
            EvaluatorError: the task has no such rung.
        """
        uneven = max(info.class_prior, default=0.0) > _UNEVEN * min(info.class_prior, default=0.0)
        return cls(
            name=info.name,
            metric=info.metric,
            maximize=info.direction == "max",
            target=info.target,
            classes=info.classes,
            class_prior=info.class_prior if uneven else (),
            train=info.samples.train,
            validation=info.samples.validation,
            epochs=info.rung(rung).epochs,
            parameters=info.parameters,
            noise=info.transforms,
            tasks=tuple(cls.of(task, rung) for task in info.tasks),
        )

    @property
    def aggregate(self) -> str:
        """What the score of a suite is, in words."""
        return AGGREGATES_SAID[self.metric]

    @property
    def learnt(self) -> str:
        """What the model is to learn, in words."""
        what = ("class", "classes") if self.target == "classes" else ("output", "outputs")
        return f"{self.classes} {what[self.classes > 1]}"

    @property
    def shares(self) -> str:
        """The class prior in words: every class, or with many classes some of them, the most frequent first."""
        if len(self.class_prior) <= _MOST_CLASSES:
            return ", ".join(f"{share:.3g}" for share in self.class_prior)
        ordered = sorted(self.class_prior, reverse=True)
        shares = ", ".join(f"{ordered[round(part * (len(ordered) - 1))]:.3g}" for part in (0.0, 0.25, 0.5, 0.75, 1.0))
        return f"{shares} (the most frequent class, quartiles, the least frequent)"


class ScoreView(Record):
    """How good a program is, and how sure that is."""

    mean: float = Field(description="search score over the seeds, in the task's metric")
    error: float | None = Field(description="its standard error; None while the noise is not known")
    seeds: int
    gain: float | None = Field(description="mean difference to the reference on common seeds; None without one")
    gain_error: float | None = Field(description="its standard error; None while the noise is not known")
    curve: tuple[tuple[int, float | None], ...] = Field(
        description="some epochs, and the mean validation score after each; None where it is not a number"
    )

    @classmethod
    def of(cls, score: Score, trainings: Sequence[Training], reference: Sequence[Training], *, maximize: bool) -> Self:
        """The view of a program's score.

        Args:
            score: of the program, oriented, the effects of seeds taken off.
            trainings: its own in the search, at least one, all of them with a score.
            reference: those of the loss that it is compared with; empty for that loss itself.
            maximize: whether a larger value of the metric is better.
        """
        sign = 1.0 if maximize else -1.0
        others = {t.seed: t.score for t in reference if t.score is not None}
        gains = [sign * (t.score - others[t.seed]) for t in trainings if t.score is not None and t.seed in others]
        noise = score.error * math.sqrt(score.seeds)  # of one training
        return cls(
            mean=sign * score.mean,
            error=score.error if noise > 0.0 else None,
            seeds=score.seeds,
            gain=math.fsum(gains) / len(gains) if gains else None,
            gain_error=noise * math.sqrt(2.0 / len(gains)) if gains and noise > 0.0 else None,
            curve=_points([t.curve for t in trainings]),
        )


def _points(curves: Sequence[Sequence[float | None]]) -> tuple[tuple[int, float | None], ...]:
    """The mean curve at the first epoch, the last and some between them."""
    epochs = min(map(len, curves), default=0)
    chosen = sorted({round(e) for e in np.linspace(1, epochs, _CURVE_POINTS)}) if epochs else []
    columns = [(epoch, [curve[epoch - 1] for curve in curves]) for epoch in chosen]
    return tuple(
        (epoch, math.fsum(v for v in values if v is not None) / len(values) if None not in values else None)
        for epoch, values in columns
    )


class ProgramView(Record):
    """A program as a prompt shows it: printed from its graph, so that nothing but its computation travels."""

    id: str
    source: str = Field(description="the canonical print")
    card: str = Field(description="what it does to one sample, in lines of plain text")
    score: ScoreView | None = Field(description="None where no training has a score")
    name: Label = ""
    idea: Label = ""

    @classmethod
    def of(cls, program: Program, score: ScoreView | None) -> Self:
        """The view of a program; its name and idea are in the details of its candidate, if its author gave any."""
        return cls(
            id=program.id,
            source=program.source,
            card=program.card.describe(),
            score=score,
            **labels(program.candidate.details),
        )


def labels(details: Mapping[str, object]) -> dict[str, str]:
    """The author's name and idea among a candidate's details."""
    return {key: text for key in ("name", "idea") if isinstance(text := details.get(key), str)}


class RejectionView(Record):
    """A candidate that the gate refused, without its source."""

    code: str
    message: Said
    idea: Label = ""

    @classmethod
    def of(cls, rejection: Rejection) -> Self:
        """The view of a rejection."""
        idea = labels(rejection.candidate.details).get("idea", "")
        return cls(code=rejection.code, message=rejection.message, idea=idea)


class BrokenView(Record):
    """What is to be repaired: a refused candidate, or an edit that could not be made."""

    source: InertSource = Field(description="the candidate's, or that of the program to be edited")
    edit: InertSource = Field(default="", description="empty if the source itself was refused")
    idea: Label = ""
    code: str
    message: Said
    line: int | None = Field(default=None, ge=1, description="in the source, where it is known")

    @classmethod
    def of(cls, rejection: Rejection) -> Self:
        """The view of a refused candidate."""
        idea = labels(rejection.candidate.details).get("idea", "")
        return cls(
            source=rejection.candidate.source,
            code=rejection.code,
            message=rejection.message,
            line=rejection.line,
            idea=idea,
        )

    @classmethod
    def of_edit(cls, source: str, found: NoCode) -> Self:
        """The view of edits of a source that could not be made."""
        return cls(source=source, edit=found.edit, code=found.fault, message=found.reason)

    @property
    def quoted_line(self) -> str:
        """The line at fault; empty if it is not known, or nothing but a comment."""
        lines = self.source.split("\n")
        return said(lines[self.line - 1].strip()) if self.line is not None and self.line <= len(lines) else ""


class KnownView(Record):
    """A loss that was proposed again in other words."""

    name: Label = Field(description="what it is called: a name of the zoo, or its author's")
    times: int = Field(ge=1)


class OutcomeView(Record):
    """What became of a variation: a line of the history that insights are drawn from."""

    operator: Label
    parents: tuple[float, ...] = Field(description="their scores, in the task's metric, where they have one")
    score: ScoreView | None = Field(default=None, description="the child's; None where it has none")
    idea: Label = ""
    refused: Said = Field(default="", description="why there is no score; empty if there is one")

    @classmethod
    def of(cls, outcome: Outcome, score: ScoreView | None, parents: Sequence[float], known: str = "") -> Self:
        """The view of an outcome.

        Args:
            outcome: a program, or why there is none.
            score: of the program, if it has one.
            parents: their scores.
            known: what the loss is called that a duplicate is the same as; empty if it has no name.
        """
        if isinstance(outcome, Failed):
            return cls(operator=outcome.operator, parents=tuple(parents), refused=outcome.reason)
        candidate = outcome.candidate
        idea = labels(candidate.details).get("idea", "")
        refused = "" if score else "its training failed"
        if isinstance(outcome, Rejection):
            refused = f"{outcome.code}: {outcome.message}"
        elif isinstance(outcome, Duplicate):
            refused = f"a known loss again: {known}" if known else "a known loss again"
        return cls(operator=candidate.operator, parents=tuple(parents), score=score, idea=idea, refused=refused)


class PromptView(Record):
    """Everything that a prompt may show. What a template does not mention is not shown."""

    task: TaskView
    reference: ProgramView = Field(description="the loss that gains are counted from")
    candidates: int = Field(default=1, ge=1, description="how many losses are asked for")
    parents: tuple[ProgramView, ...] = ()
    broken: BrokenView | None = None
    insights: tuple[Said, ...] = Field(default=(), description="the most telling first")
    inspirations: tuple[ProgramView, ...] = Field(default=(), description="the most useful first")
    rejections: tuple[RejectionView, ...] = Field(default=(), description="the newest first")
    known: tuple[KnownView, ...] = Field(default=(), description="the newest first")
    history: tuple[OutcomeView, ...] = Field(default=(), description="the newest first")
    lines: int = Field(default=1, ge=1, description="how many insights are asked for")
    picks: tuple[Annotated[int, Field(ge=1, le=PICKS)], ...] = Field(
        default=(),
        description="which of several ideas are asked for, so that equal questions get different answers; empty: any",
    )

    def shortened(self, parts: Sequence[str]) -> PromptView | None:
        """Without the last of the first of some parts that has any; None if nothing remains that can be left out.

        A few lines of history stay, for without them there is nothing to draw insights from.

        Args:
            parts: names of tuples of this view, the least useful first.
        """
        for part in parts:
            shown: tuple[Record | str, ...] = getattr(self, part)
            if len(shown) > (_LEAST_HISTORY if part == "history" else 0):
                return self.model_copy(update={part: shown[:-1]})
        return None
