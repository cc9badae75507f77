"""Cells of losses that are alike, and an island that keeps the best of each.

MAP-Elites (Mouret and Clune, "Illuminating search spaces by mapping elites", 2015) with scores that are noisy: who is
better is decided once it is clear, or not worth another training.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from alphaloss.algorithms.base import Individual
from alphaloss.gate.duplicates import field_distance
from alphaloss.records import Program

_SIZES = (8, 16)
_MINIMISERS = (0.6, 0.97)
_HARDNESSES = (2.0, 20.0)
_PATIENCE = 8  # waves after which a contest is decided by what is known: repeats are for what matters now


class Cell(NamedTuple):
    """Where a loss belongs by its shape card; the first three count from 0 to 2.

    Attributes:
        size: up to 8 operations, up to 16, or more.
        minimiser: lowest at p_t below 0.6 (Baikal, NGL), below 0.97 (label smoothing), or above (cross-entropy).
        hardness: gradient at p_t = 0.1 below 2 times that at 0.9 (MAE), below 20 (cross-entropy), or more (focal).
        bounded: whether one sample can cost any amount.
    """

    size: int
    minimiser: int
    hardness: int
    bounded: bool


def cell_of(program: Program) -> Cell:
    """The cell of a program; of a regression's, by residuals (see `ShapeCard`)."""
    card = program.card
    return Cell(
        bisect_left(_SIZES, program.graph.size),
        bisect_right(_MINIMISERS, card.minimiser),
        bisect_right(_HARDNESSES, card.hardness),
        card.bounded,
    )


class Contest(NamedTuple):
    """A newcomer against the elite of its cell, open since a wave."""

    challenger: Individual
    since: int


class Island:
    """The elite of each cell, and challengers that are not clearly better or worse.

    An individual is an elite or a challenger of its own cell, and nowhere twice. An elite leaves its cell to a fitter
    one only.

    Args:
        most_seeds: on how many seeds a program may be trained; 1 if there are no repeats, and so no contests.
        crowding: cosine distance of gradient fields below which a newcomer must be clearly better than its neighbour.

    Attributes:
        contests: the open ones.
        risen: the last wave in which somebody entered who was then the best.
    """

    def __init__(self, *, most_seeds: int, crowding: float) -> None:
        self.most_seeds = most_seeds
        self.crowding = crowding
        self.contests: dict[Cell, Contest] = {}
        self.risen = 0
        self._elites: dict[Cell, Individual] = {}
        self._entered: dict[Cell, int] = {}

    def __iter__(self) -> Iterator[Individual]:
        """Elites, then challengers."""
        yield from self._elites.values()
        yield from (contest.challenger for contest in self.contests.values())

    @property
    def elites(self) -> list[Individual]:
        """One a filled cell."""
        return list(self._elites.values())

    @property
    def best(self) -> Individual | None:
        """The fittest elite."""
        return max(self._elites.values(), key=lambda elite: elite.fitness, default=None)

    def newer_than(self, wave: int) -> list[Individual]:
        """Who entered after a wave."""
        elites = [elite for cell, elite in self._elites.items() if self._entered[cell] > wave]
        return [*elites, *(contest.challenger for contest in self.contests.values() if contest.since > wave)]

    def enter(self, newcomer: Individual, wave: int) -> None:
        """Lets a newcomer become an elite, or challenge one, if it deserves it."""
        if self._is_crowded(newcomer):
            return
        cell = cell_of(newcomer.program)
        if cell not in self._elites:
            self._crown(cell, newcomer, wave)
            return
        contest = self.contests.get(cell)
        if contest is None or newcomer.fitness > contest.challenger.fitness:
            self.contests[cell] = Contest(newcomer, wave)
        self._settle(cell, wave)

    def settle(self, wave: int) -> None:
        """Ends the contests that are clear by now, or no longer worth a training."""
        for cell in list(self.contests):
            self._settle(cell, wave)
        if self.best is not None:
            self.risen = max(self.risen, self._entered[cell_of(self.best.program)])

    def drop(self, individual: Individual, wave: int) -> None:
        """Removes an individual if it is here; a challenger takes its elite's place."""
        cell = cell_of(individual.program)
        contest = self.contests.get(cell)
        if contest is not None and contest.challenger is individual:
            del self.contests[cell]
        elif self._elites.get(cell) is individual:
            del self._elites[cell]
            if contest is not None:
                self._crown(cell, self.contests.pop(cell).challenger, wave)

    def worth_repeating(self) -> list[tuple[Individual, ...]]:
        """Whom another training would tell something about: the two of a contest, and who leads on one seed.

        Whoever of a tuple has the fewest seeds should have it.
        """
        pairs: list[tuple[Individual, ...]] = [
            (contest.challenger, self._elites[cell]) for cell, contest in self.contests.items()
        ]
        leader = max(self._elites.values(), key=lambda elite: elite.score.mean, default=None)
        return [*pairs, (leader,)] if leader is not None and leader.score.seeds == 1 else pairs

    def _settle(self, cell: Cell, wave: int) -> None:
        elite, (challenger, since) = self._elites[cell], self.contests[cell]
        if self._is_open(elite, challenger) and wave - since < _PATIENCE:
            return
        del self.contests[cell]
        if challenger.fitness > elite.fitness:
            self._crown(cell, challenger, wave)

    def _is_open(self, elite: Individual, challenger: Individual) -> bool:
        """Whether further trainings can tell who is better, and both may be the best of the island."""
        one, other = elite.score, challenger.score
        is_clear = one.clearly_above(other) or other.clearly_above(one) or one.error == 0.0
        bar = max(elite.score.cautious for elite in self._elites.values())
        return not is_clear and min(one.seeds, other.seeds) < self.most_seeds and min(one.hopeful, other.hopeful) >= bar

    def _crown(self, cell: Cell, individual: Individual, wave: int) -> None:
        self._elites[cell] = individual
        self._entered[cell] = wave

    def _is_crowded(self, newcomer: Individual) -> bool:
        """Whether it is here already, or a neighbour that is as good."""
        near = (m for m in self if m.key == newcomer.key or field_distance(m.field, newcomer.field) < self.crowding)
        return any(not newcomer.score.clearly_above(member.score) for member in near)
