"""What is known of the programs' search scores, and how far it can be trusted.

Scores are oriented: larger is better, whatever the metric. A program may be trained again on further seeds; its score
is the mean over all of them, and its standard error shrinks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaloss.records import Evaluation
from alphaloss.statistics import orient


@dataclass(frozen=True)
class Score:
    """The search score of a program.

    Attributes:
        mean: over its seeds, oriented.
        seeds: how many there are.
        error: standard error of the mean: the noise of a training over the square root of `seeds`.
    """

    mean: float
    seeds: int
    error: float

    @property
    def cautious(self) -> float:
        """One standard error below the mean: what programs are ranked by, so that luck on one seed is not enough."""
        return self.mean - self.error

    @property
    def hopeful(self) -> float:
        """One standard error above the mean."""
        return self.mean + self.error

    def clearly_above(self, other: Score) -> bool:
        """Whether it is better by more than the standard error of the difference; then it is more cautiously, too."""
        return self.mean - other.mean > math.hypot(self.error, other.error)


class Scores:
    """All trainings of the search, by program and seed.

    Args:
        maximize: whether a larger value of the metric is better.
    """

    def __init__(self, *, maximize: bool) -> None:
        self.maximize = maximize
        self._values: dict[str, dict[int, float]] = {}
        self._failed: set[str] = set()
        self._planned: set[str] = set()  # programs that were trained on several seeds at once, whatever came out
        self._spreads: dict[str, tuple[float, float, int]] = {}  # mean, squared deviations, degrees of freedom
        self._noise: float | None = 0.0

    def add(self, evaluation: Evaluation) -> None:
        """Adds the trainings of an evaluation; a seed that is known already is not counted twice."""
        key = evaluation.key
        values = self._values.setdefault(key, {})
        if not values and len(evaluation.trainings) > 1:
            self._planned.add(key)
        for training in evaluation.trainings:
            if training.score is None:
                self._failed.add(key)
            else:
                values[training.seed] = float(orient([training.score], self.maximize)[0])
        self._note_spread(key)

    def get(self, key: str) -> Score | None:
        """The score of a program; None if it was not trained, or if any of its trainings failed."""
        values = self._values.get(key)
        if not values or key in self._failed:
            return None
        return Score(_mean(list(values.values())), len(values), self.noise / math.sqrt(len(values)))

    @property
    def noise(self) -> float:
        """Standard deviation of one training's score, pooled over programs with several seeds; 0 until there is one.

        Only the better half of these programs counts: losses that fail on a task do so erratically, and say nothing
        about the ones that compete. Nor does the first training of a program count that began with one: programs are
        repeated because it went well, so that it lies above the others by more than the noise.
        """
        if self._noise is None:
            self._noise = _pooled(np.array(list(self._spreads.values()), dtype=np.float64))
        return self._noise

    def _note_spread(self, key: str) -> None:
        values = list(self._values[key].values())
        if key not in self._planned:
            del values[:1]
        if key in self._failed:
            self._spreads.pop(key, None)
        elif len(values) > 1:
            mean = _mean(values)
            self._spreads[key] = (mean, math.fsum((value - mean) ** 2 for value in values), len(values) - 1)
        else:
            return
        self._noise = None


def _pooled(spreads: NDArray[np.float64]) -> float:
    """Pooled standard deviation of the better half.

    Args:
        spreads: shape (programs, 3): mean, sum of squared deviations, degrees of freedom.
    """
    if not len(spreads):
        return 0.0
    better = spreads[spreads[:, 0] >= np.median(spreads[:, 0])]
    return float(np.sqrt(better[:, 1].sum() / better[:, 2].sum()))


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)
