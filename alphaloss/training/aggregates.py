"""How the results of a loss on several tasks become one number, each beside a reference trained with the same seed.

In every formula d runs over the tasks; L is the loss, R the reference. All numbers are larger for better losses, and
0 for the reference itself.

    difference   of the metrics, oriented so that more is better:      D_d = metric_d(L) - metric_d(R)
    improvement  of a quantity q that is better when it is smaller:    I_d(q) = (q_d(R) - q_d(L)) / max(|q_d(R)|, 0.001)

q is either the mean value of the loss itself on validation data, or the error: 1 - metric, or the metric where smaller
is better. The least divisor keeps improvements finite where the reference leaves nothing to improve.

The thesis that the improvements are from is T.-Y. Chou, "Efficiency-oriented genetic programming for loss functions"
(NTUT, 2025), Algorithm 3. What it leaves open is decided here: improvements are relative, values are those after the
last epoch on validation data, and a loss is the mean over samples as the program computes it, without gradient scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

_LEAST_DIVISOR = 1e-3


class Compared(NamedTuple):
    """One training on one task, and that of the reference with the same seed."""

    score: float  # the task's metric
    reference: float
    maximize: bool  # whether more of the metric is better
    loss: float | None = None  # mean value of the loss itself
    reference_loss: float | None = None

    @property
    def difference(self) -> float:
        """Of the metrics, positive where the loss is better."""
        return self.score - self.reference if self.maximize else self.reference - self.score

    @property
    def error_improvement(self) -> float:
        """Relative, of 1 - metric, or of the metric where smaller is better."""
        own, reference = (1 - self.score, 1 - self.reference) if self.maximize else (self.score, self.reference)
        return _relative(own, reference)

    @property
    def loss_improvement(self) -> float:
        """Relative, of the values of two different losses, which are not comparable: see `average_improvement_loss`."""
        assert self.loss is not None
        assert self.reference_loss is not None
        return _relative(self.loss, self.reference_loss)


class Aggregate(NamedTuple):
    """A way to make one number of several tasks."""

    combine: Callable[[Sequence[Compared], tuple[float, float]], float]
    needs_loss: bool  # whether it looks at the values of the losses themselves


def mean_difference(tasks: Sequence[Compared], weights: tuple[float, float]) -> float:
    """mean_d D_d: what the loss brings on a task like these, in the metric's own unit."""
    return float(np.mean([task.difference for task in tasks]))


def worst_task(tasks: Sequence[Compared], weights: tuple[float, float]) -> float:
    """min_d D_d: what the loss brings at least."""
    return min(task.difference for task in tasks)


def wins_first(tasks: Sequence[Compared], weights: tuple[float, float]) -> float:
    """|{d: D_d > 0}|, then mean_d D_d over all tasks, as one number: `ranked`."""
    differences = [task.difference for task in tasks]
    return ranked(sum(d > 0 for d in differences), float(np.mean(differences)))


def average_improvement_loss(tasks: Sequence[Compared], weights: tuple[float, float]) -> float:
    """The thesis as written (Algorithm 3): the number of tasks won in *loss values*, then the Average Improvement.

    W = {d: I_d(loss) > 0}; AI is the mean of I_d over W, or over all tasks where W is empty; `ranked(|W|, AI)`.

    Broken, and kept as a baseline: the values of different losses are not comparable. A loss that pays for lowering
    the true class's probability has small values and wins; NGL, whose values are above 9.3 for ten classes, cannot.
    """
    return ranked(*average_improvement([task.loss_improvement for task in tasks]))


def average_improvement_error(tasks: Sequence[Compared], weights: tuple[float, float]) -> float:
    """The same with errors in place of loss values: the number of tasks won, then the mean improvement on those.

    This is what the thesis probably meant. What happens on the tasks that are lost does not count.
    """
    return ranked(*average_improvement([task.error_improvement for task in tasks]))


def loss_and_accuracy(tasks: Sequence[Compared], weights: tuple[float, float]) -> float:
    """a mean_d I_d(loss) + b mean_d D_d with the weights (a, b): accuracy in the fitness, the thesis's future work.

    With a > 0 it has the fault of `average_improvement_loss`.
    """
    loss = float(np.mean([task.loss_improvement for task in tasks]))
    return weights[0] * loss + weights[1] * mean_difference(tasks, weights)


def all_tasks_mean(tasks: Sequence[Compared], weights: tuple[float, float]) -> float:
    """mean_d I_d(error) over all tasks, won or not: the other half of the thesis's future work."""
    return float(np.mean([task.error_improvement for task in tasks]))


def average_improvement(improvements: Sequence[float]) -> tuple[int, float]:
    """The number of tasks that are won, and the mean improvement on those, or on all where none is won (Algorithm 3).

    Args:
        improvements: I_d, shape (tasks,).
    """
    won = [improvement for improvement in improvements if improvement > 0]
    return len(won), float(np.mean(won or improvements))


def ranked(wins: int, value: float) -> float:
    """wins + value / (2 (1 + |value|)): ordered by wins, then by value; the nearest whole number is that of the wins.

    A program's score is the mean of these numbers over its seeds, so that a win on half of the seeds counts half.
    """
    return wins + value / (2 * (1 + abs(value)))


AGGREGATES: Mapping[str, Aggregate] = MappingProxyType(
    {
        "mean-difference": Aggregate(mean_difference, needs_loss=False),
        "worst-task": Aggregate(worst_task, needs_loss=False),
        "wins-first": Aggregate(wins_first, needs_loss=False),
        "average-improvement-loss": Aggregate(average_improvement_loss, needs_loss=True),
        "average-improvement-error": Aggregate(average_improvement_error, needs_loss=False),
        "loss-and-accuracy": Aggregate(loss_and_accuracy, needs_loss=True),
        "all-tasks-mean": Aggregate(all_tasks_mean, needs_loss=False),
    }
)
"""All aggregates by name."""


def _relative(own: float, reference: float) -> float:
    return (reference - own) / max(abs(reference), _LEAST_DIVISOR)
