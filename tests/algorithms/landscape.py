"""A made-up landscape on which algorithms can be watched: the true score of a program is known, a training adds noise.

A program is a point in a space of ideas; the nearer to a hidden one, the better. Variations move points, its cell and
its gradient field follow from where it lies. Nothing here is like a real loss but the sizes: scores from .7 to .95,
noise of a training .03, and a fifth of the variations spoil their parent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from algorithms.programs import make, make_evaluation
from numpy.typing import NDArray

from alphaloss.algorithms import Algorithm
from alphaloss.records import REPEAT, Evaluation, Program, Told, Variation
from alphaloss.scores import Scores

Point = NDArray[np.float64]

NOISE = 0.03
FINALISTS = 4
_IDEAS = 6
_STEPS = {"mutate": 0.5, "refine": 0.1, "init": 1.0, "random": 1.0, "crossover": 0.2}


class Landscape:
    """One landscape, with its trainings.

    Args:
        seed: of the hidden optimum, of what variations do, and of the noise.
        noise: standard deviation of a training.
    """

    def __init__(self, seed: int, noise: float = NOISE) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = noise
        self.points: dict[str, Point] = {}
        self.trainings: dict[str, int] = {}
        direction = self.rng.normal(size=_IDEAS)
        self._optimum = 2.0 * direction / np.linalg.norm(direction)
        self._look = self.rng.normal(size=(_IDEAS, 32))
        self._spoilt: set[str] = set()
        self.start = self._program(np.zeros(_IDEAS))

    def truth(self, program: Program) -> float:
        """The mean of infinitely many trainings."""
        distance = float(np.sum((self.points[program.key] - self._optimum) ** 2))
        return 0.95 - 0.25 * min(1.0, distance / 4.0) - (0.3 if program.key in self._spoilt else 0.0)

    def scores(self) -> Scores:
        """Of the start program, on two seeds; and of references that tell the noise."""
        scores = Scores(maximize=True)
        scores.add(self.train(self.start, 2), reference=True)
        for number in range(19):
            truth = self.rng.uniform(0.65, 0.9)
            scores.add(make_evaluation(f"reference {number}", *self._noisy(truth, 2)), reference=True)
        return scores

    def train(self, program: Program, seeds: int) -> Evaluation:
        """Trains a program on fresh seeds."""
        first = self.trainings.get(program.key, 0)
        self.trainings[program.key] = first + seeds
        return make_evaluation(program.key, *self._noisy(self.truth(program), seeds), first=first)

    def answer(self, variation: Variation) -> Told:
        """Makes and trains what a variation asks for."""
        if variation.operator == REPEAT:
            program = variation.parents[0]
        else:
            program = self.vary(variation)
        return Told(outcome=program, evaluation=self.train(program, 1))

    def search(self, make: Callable[[Program, Scores], Algorithm], evaluations: int, wave: int = 4) -> Algorithm:
        """Plays a search whose waves are told one after the other, one wave late."""
        algorithm = make(self.start, self.scores())
        untold = []
        for _ in range(evaluations // wave):
            asked = algorithm.ask(wave)
            untold.append((asked, [self.answer(variation) for variation in asked]))
            if len(untold) > 1:
                algorithm.tell(*untold.pop(0))
        algorithm.tell(*untold.pop(0))
        return algorithm

    def champion(self, algorithm: Algorithm) -> Program:
        """The best of the finalists on eight fresh seeds, as in a run's selection."""
        finalists = algorithm.best(FINALISTS)
        means = [np.mean(self._noisy(self.truth(program), 8)) for program in finalists]
        return finalists[int(np.argmax(means))]

    def _noisy(self, truth: float, seeds: int) -> list[float]:
        return [float(score) for score in truth + self.noise * self.rng.normal(size=seeds)]

    def vary(self, variation: Variation) -> Program:
        """Makes what a variation asks for, without training it."""
        parents = [self.points[parent.key] for parent in variation.parents] or [np.zeros(_IDEAS)]
        step = _STEPS[variation.operator] * self.rng.normal(size=_IDEAS) * np.exp(self.rng.normal(0.0, 0.5))
        program = self._program(np.mean(parents, axis=0) + step)
        if any(parent.key in self._spoilt for parent in variation.parents) or self.rng.random() < 0.2:
            self._spoilt.add(program.key)
        return program

    def _program(self, point: Point) -> Program:
        """A program whose shape card and gradient field tell where it is."""
        field = np.tanh(self._look.T @ point + 1.0)
        program = make(
            len(self.points),
            minimiser=float(1.0 / (1.0 + np.exp(-3.0 - 2.0 * point[0]))),
            hardness=float(9.0 * np.exp(2.0 * point[1])),
            bounded=bool(point[2] > 0.5),
            field=tuple((field / np.linalg.norm(field)).tolist()),
        )
        self.points[program.key] = point
        return program
