"""Which program two readings of a fitness would choose out of all that were trained: by loss values, or by errors.

T.-Y. Chou's thesis (NTUT, 2025, Algorithm 3) ranks losses by the number of data sets on which they are better than
cross-entropy, then by the mean improvement there: the Average Improvement. Its text compares the values of the losses,
which are not comparable; the errors of the trained networks are (`docs/suites.md`). Both are known of every program
that was trained on a suite, whatever its search looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import spearmanr

from alphaloss.database import Database
from alphaloss.losses.zoo import REFERENCES
from alphaloss.records import Evaluation, Phase, Program, Training
from alphaloss.training import TaskInfo
from alphaloss.training.aggregates import Compared, average_improvement, ranked

Reading = Literal["loss values", "errors"]
READINGS: tuple[Reading, ...] = ("loss values", "errors")
VALID = (1e-5, 1e5)
"""Where the thesis wants the value of a loss to lie; it does not say whether that is to hold after training, too."""


@dataclass(frozen=True)
class Trained:
    """A program beside the reference on the same seeds, on validation data.

    Attributes:
        program: that a search admitted.
        compared: by task, means over its seeds.
        chance: by task, the accuracy of guessing.
    """

    program: Program
    compared: Mapping[str, Compared]
    chance: Mapping[str, float]

    def improvement(self, reading: Reading) -> tuple[int, float]:
        """Tasks won, and the Average Improvement."""
        if reading == "loss values":
            return average_improvement([task.loss_improvement for task in self.compared.values()])
        return average_improvement([task.error_improvement for task in self.compared.values()])

    @property
    def is_valid(self) -> bool:
        """Whether its values are still where the thesis wants them, on every task."""
        values = [task.loss for task in self.compared.values() if task.loss is not None]
        return all(VALID[0] <= value <= VALID[1] for value in values)

    def below(self, times: float) -> bool:
        """Whether its accuracy is below so many times that of guessing, on every task."""
        return all(task.score < times * self.chance[name] for name, task in self.compared.items())


def trained_programs(database: Database, info: TaskInfo) -> list[Trained]:
    """What a search on a suite trained to the end, with finite loss values; references are left out.

    Args:
        database: of the search.
        info: of the suite.
    """
    found = {e.key: e for e in database.evaluations(info.name, Phase.SEARCH, info.rungs[-1].name)}
    named = database.named_programs()
    reference = found[named[REFERENCES[info.target]].key]
    known = {program.key for program in named.values()}
    pool = []
    for program in database.programs():
        if program.key in found and program.key not in known:
            compared = _compared(found[program.key], reference, info.tasks)
            if compared:
                pool.append(Trained(program, compared, guessing(info)))
    return pool


def guessing(info: TaskInfo) -> dict[str, float]:
    """By task of a suite, one over the number of its classes."""
    return {task.name: 1 / task.classes for task in info.tasks}


def chosen(pool: Iterable[Trained], reading: Reading) -> Trained:
    """The first of the best."""
    return max(pool, key=lambda trained: trained.improvement(reading))


def agreement(pool: Sequence[Trained]) -> float | None:
    """Spearman's rank correlation of the two readings; None where one of them ranks all programs alike."""
    values, errors = ([ranked(*trained.improvement(reading)) for trained in pool] for reading in READINGS)
    return float(spearmanr(values, errors).statistic) if len({*values}) > 1 and len({*errors}) > 1 else None


def _compared(own: Evaluation, reference: Evaluation, tasks: Sequence[TaskInfo]) -> dict[str, Compared]:
    """By task; empty where a training failed, or the value of a loss was not finite."""
    beside = {training.seed: training for training in reference.trainings}
    pairs = [(training, beside[training.seed]) for training in own.trainings if training.seed in beside]
    complete = all(f"{task.name} loss" in training.metrics for task in tasks for pair in pairs for training in pair)
    if not pairs or not complete:
        return {}
    ours, theirs = zip(*pairs, strict=True)
    return {
        task.name: Compared(
            score=_mean(ours, f"{task.name} {task.metric}"),
            reference=_mean(theirs, f"{task.name} {task.metric}"),
            maximize=task.direction == "max",
            loss=_mean(ours, f"{task.name} loss"),
            reference_loss=_mean(theirs, f"{task.name} loss"),
        )
        for task in tasks
    }


def _mean(trainings: Iterable[Training], metric: str) -> float:
    return float(np.mean([training.metrics[metric] for training in trainings]))
