"""Successive halving within a wave: its programs are trained at the cheapest rung, the best of them at the next.

    a wave of 12: 12 at the first rung -> 4 at the second -> 2 at the full one    (Jamieson and Talwalkar, AISTATS 2016)

A few of the others go on by lot, for some losses begin slowly. Scores are compared within a wave and a rung only, on
the same seeds. The algorithm learns the scores of the full rung alone; who did not get there has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Literal, NamedTuple

import numpy as np
from pydantic import JsonValue

from alphaloss.algorithms import Wave
from alphaloss.bench import Bench, Pending
from alphaloss.config import Settings
from alphaloss.database import Database
from alphaloss.progress import Progress, rung_seconds
from alphaloss.records import REPEAT, Evaluation, Outcome, Program, Told
from alphaloss.statistics import orient
from alphaloss.training import Rung

Why = Literal["rank", "late"]


class Level(NamedTuple):
    """A rung as a search uses it."""

    rung: Rung
    seeds: int  # trainings of a program
    reach: float  # share of the programs that are expected to get here


def levels(settings: Settings, rungs: Sequence[Rung]) -> list[Level]:
    """The rungs that a program climbs in a search, the full one last; that one alone where no cascade is wanted.

    Args:
        settings: `cascade` says who goes on, `search.seeds` on how many seeds the full rung is trained.
        rungs: of the task, cheapest first.
    """
    cascade = settings.cascade
    climbed = rungs if cascade.use else rungs[-1:]
    on = cascade.keep + cascade.late * (1 - cascade.keep)
    seeds = [rung.seeds for rung in climbed]
    seeds[-1] = settings.search.seeds or seeds[-1]
    return [Level(*place, on**number) for number, place in enumerate(zip(climbed, seeds, strict=True))]


def expected(levels: Sequence[Level], programs: int, epoch_seconds: float) -> tuple[int, float]:
    """How many trainings a search needs at all rungs for so many programs, and what these take in seconds.

    Args:
        levels: the rungs that programs climb.
        programs: at the first of them.
        epoch_seconds: of an epoch at the full rung.
    """
    counts = [round(programs * level.reach) * level.seeds for level in levels]
    each = [rung_seconds(level.rung, levels[-1].rung, epoch_seconds) for level in levels]
    return sum(counts), sum(count * seconds for count, seconds in zip(counts, each, strict=True))


class Screened(NamedTuple):
    """A program with a score at a rung."""

    score: float  # oriented
    size: int  # operations of its graph


def promote(screened: Mapping[int, Screened], *, keep: float, late: float, rng: np.random.Generator) -> dict[int, Why]:
    """Who goes on to the next rung, and why: the best, and by lot some of the rest.

    Args:
        screened: by place in the wave. Of equal scores the smaller loss is better, then the first.
        keep: the share of these that goes on by rank, rounded up.
        late: the probability with which each of the others does.
        rng: draws the lots.

    Returns:
        By place, in the order of the wave.
    """
    ranked = sorted(screened, key=lambda place: (-screened[place].score, screened[place].size, place))
    best = set(ranked[: ceil(keep * len(ranked))])
    reasons: dict[int, Why] = {}
    for place in sorted(screened):
        if place in best:
            reasons[place] = "rank"
        elif rng.random() < late:
            reasons[place] = "late"
    return reasons


@dataclass
class Climb:
    """A wave whose programs are being trained.

    Attributes:
        number: of the wave in its search.
        wave: what was asked for.
        outcomes: shape (len(wave),), what became of it.
        level: of the rung that its programs are at.
        pending: trainings under way, by place in the wave. Repeats are at the full rung from the start.
        evaluations: those that are done.
    """

    number: int
    wave: Wave
    outcomes: Sequence[Outcome]
    level: int = 0
    pending: dict[int, Pending] = field(default_factory=dict)
    evaluations: list[Evaluation] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """What its trainings took so far."""
        return sum(training.seconds for evaluation in self.evaluations for training in evaluation.trainings)


class Cascade:
    """Trains waves rung by rung.

    Nothing here depends on how fast trainings are: a rung is waited for before anybody goes on.

    Args:
        settings: of the run; the cascade uses its seed, `cascade` and parts of `search`.
        bench: trains, on the seeds of the search phase.
        database: is told who went on.
        progress: is told what was trained.

    Attributes:
        levels: the rungs that programs climb.
        size: of a wave.
        promoted: programs that got to the full rung by way of cheaper ones.
    """

    def __init__(self, settings: Settings, bench: Bench, database: Database, progress: Progress) -> None:
        info = bench.workers.info
        self.settings = settings.cascade
        self.seed = settings.seed
        self.bench = bench
        self.database = database
        self.progress = progress
        self.levels = levels(settings, info.rungs)
        self.maximize = info.direction == "max"
        self.size = settings.cascade.wave if self.screens else settings.search.wave
        self.promoted = 0

    @property
    def screens(self) -> bool:
        """Whether there is a cheaper rung than the full one to climb."""
        return len(self.levels) > 1

    def begin(self, number: int, wave: Wave, outcomes: Sequence[Outcome]) -> Climb:
        """Sends the programs of a wave to the first rung, and repeats to the full one."""
        climb = Climb(number, wave, outcomes)
        for place, (variation, outcome) in enumerate(zip(wave, outcomes, strict=True)):
            if isinstance(outcome, Program):
                again = variation.operator == REPEAT
                climb.pending[place] = self.bench.submit_again(outcome) if again else self._submit(outcome, 0)
        return climb

    def at_the_top(self, climb: Climb) -> bool:
        """Whether all that still climb are at the full rung."""
        return climb.level == len(self.levels) - 1

    def ascend(self, climb: Climb) -> None:
        """Waits for the trainings of a rung and sends the promoted to the next; does nothing at the top."""
        if self.at_the_top(climb):
            return
        here, above = (self.levels[level].rung.name for level in (climb.level, climb.level + 1))
        places = [place for place, pending in climb.pending.items() if pending.rung == here]
        scores = {place: self._collect(climb, climb.pending.pop(place)).score for place in places}
        reasons = self._promote(climb, scores)
        climb.level += 1
        for place in reasons:
            climb.pending[place] = self._submit(self._program(climb, place), climb.level)
        if self.at_the_top(climb):
            self.promoted += len(reasons)
        promoted: list[JsonValue] = [
            {"key": self._program(climb, place).key, "score": scores[place], "why": why}
            for place, why in reasons.items()
        ]
        self.database.event(
            "promotion",
            {"wave": climb.number, "rung": here, "to": above, "trained": len(places), "promoted": promoted},
        )

    def end(self, climb: Climb) -> list[Told]:
        """Waits for the trainings at the full rung; what the algorithm is told, one answer a variation."""
        return [
            Told(
                outcome=outcome,
                evaluation=self._collect(climb, climb.pending[place]) if place in climb.pending else None,
            )
            for place, outcome in enumerate(climb.outcomes)
        ]

    def _promote(self, climb: Climb, scores: Mapping[int, float | None]) -> dict[int, Why]:
        screened = {
            place: Screened(float(orient([score], self.maximize)[0]), self._program(climb, place).graph.size)
            for place, score in scores.items()
            if score is not None
        }
        # The spawn key keeps these apart from the proposer's numbers, which are seeded by seed and wave as well.
        lots = np.random.default_rng(np.random.SeedSequence([self.seed, climb.number], spawn_key=(climb.level,)))
        return promote(screened, keep=self.settings.keep, late=self.settings.late, rng=lots)

    def _submit(self, program: Program, level: int) -> Pending:
        at = self.levels[level]
        return self.bench.submit(program, rung=at.rung.name, seeds=at.seeds, stop_hopeless=True)

    def _collect(self, climb: Climb, pending: Pending) -> Evaluation:
        evaluation = self.bench.collect(pending)
        climb.evaluations.append(evaluation)
        self.progress.trained(evaluation)
        return evaluation

    @staticmethod
    def _program(climb: Climb, place: int) -> Program:
        outcome = climb.outcomes[place]
        assert isinstance(outcome, Program)  # nothing else is trained
        return outcome
