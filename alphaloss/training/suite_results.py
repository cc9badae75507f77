"""Joins the trainings of one loss on all tasks of a suite, with one seed, into one training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from alphaloss.records import Status, TestResult, Training
from alphaloss.training.aggregates import AGGREGATES, Compared
from alphaloss.training.suite import Suite
from alphaloss.training.task import TaskInfo, TrainJob


@dataclass(frozen=True)
class Pair:
    """A training on one task, and the reference's with the same seed."""

    task: TaskInfo
    own: Training
    reference: Training

    @property
    def complete(self) -> bool:
        """Whether both have a score."""
        return self.own.score is not None and self.reference.score is not None

    @property
    def difference(self) -> float:
        """Of the scores, positive where the loss is better than the reference."""
        return self.compared(self.own.score, self.reference.score).difference

    def compared(self, score: float | None, reference: float | None) -> Compared:
        """For the aggregates, with scores of the same epoch of both."""
        assert score is not None
        assert reference is not None
        return Compared(score, reference, self.task.direction == "max", self.own.loss, self.reference.loss)


def join(suite: Suite, job: TrainJob, seed: int, pairs: Sequence[Pair], epochs: int) -> Training:
    """One training of a suite: the aggregate is its score, and its metrics are those of every task by its name.

    Seconds and steps are those of the loss alone, as the reference is trained once for all losses.

    Args:
        suite: has the aggregate.
        job: that the trainings are from.
        seed: of all of them.
        pairs: one for each task, in their order; none after one that failed.
        epochs: of the suite's rung.
    """
    seconds, steps = sum(pair.own.seconds for pair in pairs), sum(pair.own.steps for pair in pairs)
    aggregate = AGGREGATES[suite.aggregate]
    if failure := _failure(pairs, aggregate.needs_loss):
        return job.without_score(seed, *failure, seconds).model_copy(update={"steps": steps})
    curve = _curve(suite, pairs, epochs)
    losses = [pair.own.loss for pair in pairs if pair.own.loss is not None]
    return Training(
        key=job.graph.key,
        rung=job.rung,
        seed=seed,
        learning_rate_scale=job.learning_rate_scale,
        status=Status.OK,
        score=curve[-1],
        curve=curve,
        metrics=_metrics(pairs),
        loss=float(np.mean(losses)) if len(losses) == len(pairs) else None,
        test=_test(pairs) if job.measure == "test" else None,
        seconds=seconds,
        steps=steps,
    )


def _failure(pairs: Sequence[Pair], needs_loss: bool) -> tuple[Status, str] | None:
    """How the first task failed, if one did."""
    for pair in pairs:
        of = f"Task `{pair.task.name}`: "
        if pair.reference.score is None:
            return Status.FAILED, f"{of}the reference has no score to compare with: {pair.reference.message}"
        if pair.own.score is None:
            return pair.own.status, of + pair.own.message
        if needs_loss and (pair.own.loss is None or pair.reference.loss is None):
            return Status.FAILED, f"{of}the value of the loss on validation data is not finite, and the score needs it."
    return None


def _curve(suite: Suite, pairs: Sequence[Pair], epochs: int) -> tuple[float | None, ...]:
    """The aggregate after each epoch; the last one alone where tasks have other epochs, or it needs loss values."""
    combine, needs_loss = AGGREGATES[suite.aggregate]
    last = combine([pair.compared(pair.own.score, pair.reference.score) for pair in pairs], suite.weights)
    if needs_loss or any(len(pair.own.curve) != epochs for pair in pairs):
        return (*[None] * (epochs - 1), last)
    earlier = [
        combine([pair.compared(pair.own.curve[e], pair.reference.curve[e]) for pair in pairs], suite.weights)
        for e in range(epochs - 1)
    ]
    return (*earlier, last)


def _metrics(pairs: Sequence[Pair]) -> dict[str, float]:
    """Those of every task on validation data, how much better than the reference it is, and the loss's mean value."""
    found: dict[str, float] = {}
    for pair in pairs:
        assert pair.own.score is not None
        name = pair.task.name
        found |= {f"{name} {metric}": value for metric, value in pair.own.metrics.items()}
        found |= {f"{name} {pair.task.metric}": pair.own.score, f"{name} difference": pair.difference}
        if pair.own.loss is not None:
            found[f"{name} loss"] = pair.own.loss
    return found


def _test(pairs: Sequence[Pair]) -> TestResult:
    """The mean difference on test data, whatever the aggregate: only a mean of contributions can be tested."""
    tests = []
    for pair in pairs:
        assert pair.own.test is not None
        assert pair.reference.test is not None
        tests.append((pair.task, pair.own.test, pair.reference.test))
    base = [reference.samples for _, _, reference in tests]
    tasks = [task for task, _, _ in tests]
    samples = _contributions(tasks, [own.samples for _, own, _ in tests], base)
    early = _contributions(tasks, [own.early_samples for _, own, _ in tests], base)
    return TestResult(
        score=float(samples.mean()),
        samples=tuple(samples.tolist()),
        metrics={f"{task.name} {metric}": value for task, own, _ in tests for metric, value in own.metrics.items()},
        early_epoch=max(own.early_epoch for _, own, _ in tests),
        early_score=float(early.mean()),
        early_samples=tuple(early.tolist()),
    )


def _contributions(
    tasks: Iterable[TaskInfo], own: list[tuple[float, ...]], base: list[tuple[float, ...]]
) -> np.ndarray:
    """Of all test samples, shape (all samples,), weighted so that every task counts the same in their mean."""
    total = sum(map(len, base))
    parts = []
    for task, ours, theirs in zip(tasks, own, base, strict=True):
        sign = 1.0 if task.direction == "max" else -1.0
        parts.append(sign * total / (len(base) * len(theirs)) * (np.asarray(ours) - np.asarray(theirs)))
    return np.concatenate(parts)
