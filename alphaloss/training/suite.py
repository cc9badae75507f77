"""`Suite`: several tasks on which a loss is searched for at once. Imports no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

from alphaloss.errors import EvaluatorError
from alphaloss.losses.types import Target
from alphaloss.training.aggregates import AGGREGATES
from alphaloss.training.task import Rung, Task


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Several tasks; an evaluator file defines it as its `task`. `docs/suites.md` compares the aggregates.

    A loss is trained on every task, and its score is one number for all, relative to a reference that is trained with
    the same seeds. The verdict tests the mean difference of the metrics, whatever the aggregate.

    Attributes:
        name: what reports call the suite.
        tasks: all of classes or all of values, with different names. The rungs that they share by name are those of
            the suite, and the last one is the last of every task.
        aggregate: how the results on the tasks become a score; a key of `alphaloss.training.aggregates.AGGREGATES`.
        weights: of the improvement of the loss and of the metric, for the aggregate `loss-and-accuracy` alone.
    """

    name: str
    tasks: tuple[Task, ...]
    aggregate: str = "mean-difference"
    weights: tuple[float, float] = (0.5, 0.5)

    def __post_init__(self) -> None:
        """Checks every attribute.

        Raises:
            EvaluatorError: one has the wrong type or value.
        """
        _require(isinstance(self.name, str) and bool(self.name), "name", "a non-empty text", self.name)
        tasks = isinstance(self.tasks, tuple) and all(isinstance(task, Task) for task in self.tasks)
        _require(tasks and len(self.tasks) > 0, "tasks", "a tuple of `alphaloss.Task`s", self.tasks)
        names = [task.name for task in self.tasks]
        _require(len(set(names)) == len(names), "tasks", "tasks with different names", names)
        targets = [task.target for task in self.tasks]
        _require(len(set(targets)) == 1, "tasks", "tasks of one `target`, as a loss is for one", targets)
        last = [task.rungs[-1].name for task in self.tasks]
        _require(len(set(last)) == 1, "tasks", "tasks whose last rungs have the same name, as those count", last)
        _require(self.aggregate in AGGREGATES, "aggregate", f"one of {', '.join(AGGREGATES)}", self.aggregate)
        weights = isinstance(self.weights, tuple) and len(self.weights) == 2 and all(map(isfinite, self.weights))
        _require(weights, "weights", "two finite numbers, of loss and metric", self.weights)

    @property
    def target(self) -> Target:
        """What the labels of all tasks are."""
        return self.tasks[0].target

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The rungs that all tasks have, in the order of the first; of what differs between tasks, the largest."""
        first, *others = self.tasks
        shared = [r.name for r in first.rungs if all(r.name in [o.name for o in task.rungs] for task in others)]
        return tuple(_joint([task.rung(name) for task in self.tasks]) for name in shared)


def with_rungs(evaluator: Task | Suite, more: tuple[Rung, ...]) -> Task | Suite:
    """The same task or tasks, with rungs to try before their own.

    Raises:
        EvaluatorError: a task has a rung of one of these names.
    """
    if isinstance(evaluator, Suite):
        return replace(evaluator, tasks=tuple(_with_rungs(task, more) for task in evaluator.tasks))
    return _with_rungs(evaluator, more)


def _with_rungs(task: Task, more: tuple[Rung, ...]) -> Task:
    return replace(task, rungs=(*more, *task.rungs))


def _joint(rungs: list[Rung]) -> Rung:
    sizes = [rung.image_size for rung in rungs if rung.image_size is not None]
    return Rung(
        name=rungs[0].name,
        epochs=max(rung.epochs for rung in rungs),
        share=max(rung.share for rung in rungs),
        image_size=max(sizes, default=None),
        seeds=max(rung.seeds for rung in rungs),
    )


def _require(holds: bool, attribute: str, expected: str, received: object) -> None:
    if not holds:
        raise EvaluatorError(f"Suite: `{attribute}` must be {expected}; received {received!r}.")
