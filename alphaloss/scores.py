"""What is known of the programs' search scores, and how far it can be trusted.

Scores are oriented: larger is better, whatever the metric. A program may be trained again on further seeds; its score
is the mean over all of them, and its standard error shrinks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from alphaloss.records import Evaluation
from alphaloss.statistics import orient

_OF_A_TASK = " difference"  # ends the names of the metrics that compare on one task of a suite
_FEWEST_REFERENCES = 5  # that can tell how hard a seed is


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

    A seed draws the noise of the labels, for all losses alike, so that on some seeds all score less. References tell by
    how much; it is taken off, so that programs with different numbers of seeds can be compared.

    Args:
        maximize: whether a larger value of the metric is better.
    """

    def __init__(self, *, maximize: bool) -> None:
        self.maximize = maximize
        self._values: dict[str, dict[int, float]] = {}
        self._tasks: dict[str, dict[str, dict[int, float]]] = {}
        self._failed: set[str] = set()
        self._references: set[str] = set()
        self._begun: dict[str, int] = {}  # on how many seeds a program was first trained
        self._several: set[str] = set()  # trained on several seeds
        self._known: _Known | None = None

    def add(self, evaluation: Evaluation, *, reference: bool = False) -> None:
        """Adds the trainings of an evaluation; a seed that is known already is not counted twice.

        Args:
            evaluation: of a program, at the full rung.
            reference: whether it is one, so that how often it is trained does not depend on how well it does.
        """
        key = evaluation.key
        values = self._values.setdefault(key, {})
        self._begun.setdefault(key, len(evaluation.trainings))
        if reference:
            self._references.add(key)
        for training in evaluation.trainings:
            if training.score is None:
                self._failed.add(key)
            else:
                values[training.seed] = float(orient([training.score], self.maximize)[0])
                for name in training.metrics:
                    if name.endswith(_OF_A_TASK):
                        self._tasks.setdefault(key, {}).setdefault(name, {})[training.seed] = training.metrics[name]
        if len(values) > 1:
            self._several.add(key)
            self._known = None

    def get(self, key: str) -> Score | None:
        """The score of a program, as on an average seed; None if it was not trained, or if any training failed."""
        values = self._values.get(key)
        if not values or key in self._failed:
            return None
        mean = math.fsum(self._levelled(key)) / len(values)
        return Score(mean, len(values), self.noise / math.sqrt(len(values)))

    def cases(self, key: str) -> Mapping[str, float]:
        """A program's score on each task of a suite, above the reference's; else on each seed, as on an average one.

        Oriented; empty if the program has no score.
        """
        if self.get(key) is None:
            return {}
        if key in self._tasks:
            return {name: math.fsum(by_seed.values()) / len(by_seed) for name, by_seed in self._tasks[key].items()}
        return dict(zip(map(str, self._values[key]), self._levelled(key), strict=True))

    @property
    def noise(self) -> float:
        """Standard deviation of one training's score, typical of programs with several seeds; 0 until there is one.

        Only the better half of these programs counts, and of them the median: a loss that works on most seeds and
        fails on some has many times the noise of the ones that compete. Nor do the first trainings of a program count
        that is no reference: it is repeated because they went well, so that they lie above the others by more than the
        noise.
        """
        return self._summary().noise

    def _summary(self) -> _Known:
        if self._known is None:
            self._known = _Known(self._seed_effects(), 0.0)
            self._known = self._known._replace(noise=_typical([*self._spreads()]))
        return self._known

    def _levelled(self, key: str) -> list[float]:
        """The scores of a program without the effects of their seeds."""
        effects = self._summary().effects
        return [value - effects.get(seed, 0.0) for seed, value in self._values[key].items()]

    def _seed_effects(self) -> dict[int, float]:
        """How much more than usual the better half of the references score on each of their seeds: the median."""
        complete = [self._values[key] for key in sorted(self._references - self._failed)]
        means = [math.fsum(values.values()) / len(values) for values in complete]
        better = [(v, m) for v, m in zip(complete, means, strict=True) if m >= np.median(means)]
        if len(better) < _FEWEST_REFERENCES:
            return {}
        residuals: dict[int, list[float]] = {}
        for values, mean in better:
            for seed, value in values.items():
                residuals.setdefault(seed, []).append(value - mean)
        return {j: float(np.median(r)) for j, r in residuals.items() if len(r) >= _FEWEST_REFERENCES}

    def _spreads(self) -> Iterator[tuple[float, float, float]]:
        """Of each program that can tell the noise: mean, sum of squared deviations, degrees of freedom."""
        for key in sorted(self._several - self._failed):
            levelled = self._levelled(key)[0 if key in self._references else self._begun[key] :]
            freedom = len(levelled) - 1.0
            if key in self._references and self._summary().effects:
                freedom *= 1.0 - 1.0 / len(self._references)  # the effects were fitted to them
            if len(levelled) > 1:
                mean = math.fsum(levelled) / len(levelled)
                yield mean, math.fsum((value - mean) ** 2 for value in levelled), freedom


class _Known(NamedTuple):
    """What all trainings together tell."""

    effects: dict[int, float]
    noise: float


def _typical(spreads: list[tuple[float, float, float]]) -> float:
    """Standard deviation of a typical one of the better half: the median over programs, weighted by seeds.

    Args:
        spreads: of each program its mean, its sum of squared deviations, and their degrees of freedom.
    """
    if not spreads:
        return 0.0
    table = np.array(spreads)
    _, squares, freedom = table[table[:, 0] >= np.median(table[:, 0])].T
    variances = squares / chi2.ppf(0.5, freedom)  # of k degrees of freedom, a sum of squares has the median chi2(k)
    order = np.argsort(variances, kind="stable")
    weight = np.cumsum(freedom[order])
    return float(np.sqrt(variances[order][np.searchsorted(weight, weight[-1] / 2)]))
