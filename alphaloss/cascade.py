"""Successive halving within a wave: its programs are trained at the cheapest rung, the best of them at the next.

    a wave of 12: 12 at the first rung -> 4 at the second -> 2 at the full one    (Jamieson and Talwalkar, AISTATS 2016)

A few of the others go on by lot, for some losses begin slowly. Scores are compared within a wave and a rung only, on
the same seeds. No seed is used at two rungs: who goes on was lucky on its seeds, and would be so again. The algorithm
learns the scores of the full rung alone; who did not get there has none.
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
from alphaloss.config import CascadeSettings, Settings
from alphaloss.database import Database
from alphaloss.progress import Progress, rung_seconds
from alphaloss.records import REPEAT, Evaluation, Outcome, Phase, Program, Told
from alphaloss.seeds import phase_seeds
from alphaloss.statistics import orient
from alphaloss.training import Rung

Why = Literal["rank", "late"]


class Level(NamedTuple):
    """A rung as a search uses it."""

    rung: Rung
    seeds: int  # trainings of a program
    reach: float  # share of the programs that are expected to get here


class SearchSeeds(NamedTuple):
    """Seeds of the search phase; none is used at two rungs."""

    full: tuple[int, ...]
    cheaper: dict[str, tuple[int, ...]]  # by rung


_DUST = 1e-9  # of floating point: .28 of 25 is 7


def kept(keep: float, programs: float) -> int:
    """How many of so many programs go on by rank: the share `keep` of them, rounded up."""
    return ceil(keep * programs - _DUST)


def wave_size(settings: Settings) -> int:
    """How many variations a search with a cascade asks for at once."""
    return settings.cascade.wave or 3 * settings.search.wave


def share_going_on(settings: Settings) -> float:
    """Share of the new programs of a full wave that is expected to go on to the second rung."""
    new = wave_size(settings) * (1 - _repeats(settings))
    return _going_on(settings.cascade, new) / new


def levels(settings: Settings, rungs: Sequence[Rung]) -> list[Level]:
    """The rungs that a program climbs in a search, the full one last; that one alone where no cascade is wanted.

    Args:
        settings: `cascade` says who goes on, `search.seeds` on how many seeds the full rung is trained.
        rungs: of the task, cheapest first.
    """
    cascade = settings.cascade
    climbed = rungs if cascade.use else rungs[-1:]
    new = wave_size(settings) * (1 - _repeats(settings))
    arriving = [new]
    for _ in climbed[1:]:
        arriving.append(_going_on(cascade, arriving[-1]))
    seeds = [rung.seeds for rung in climbed]
    seeds[-1] = settings.search.seeds or seeds[-1]
    return [Level(rung, count, here / new) for rung, count, here in zip(climbed, seeds, arriving, strict=True)]


def search_seeds(settings: Settings, levels: Sequence[Level]) -> SearchSeeds:
    """The seeds of a search: those of the full rung first, which references and repeats share, then the others'.

    Args:
        settings: the run's seed, and how often a loss may be trained.
        levels: the rungs that programs climb.
    """
    full = max(settings.search.most_seeds, settings.search.reference_seeds, levels[-1].seeds)
    drawn = phase_seeds(settings.seed, Phase.SEARCH, full + sum(level.seeds for level in levels[:-1]))
    cheaper, first = {}, full
    for level in levels[:-1]:
        cheaper[level.rung.name] = drawn[first : first + level.seeds]
        first += level.seeds
    return SearchSeeds(drawn[:full], cheaper)


def expected(settings: Settings, levels: Sequence[Level], *, epoch_seconds: float, workers: int) -> tuple[int, float]:
    """How many trainings a search does at all rungs, references apart, and how many seconds these take one by one.

    Args:
        settings: as many evaluations as it allows, and as many repeats, which are at the full rung; less, where its
            limits of time are reached before.
        levels: the rungs that programs climb.
        epoch_seconds: of an epoch at the full rung.
        workers: that train at once.
    """
    search = settings.search
    repeats = search.evaluations * _repeats(settings)
    new = search.evaluations - repeats
    counts = [new * level.reach * level.seeds for level in levels]
    counts[-1] += repeats
    each = [rung_seconds(level.rung, levels[-1].rung, epoch_seconds) for level in levels]
    seconds = sum(count * took for count, took in zip(counts, each, strict=True))
    limits = (search.training_seconds, search.minutes and 60 * search.minutes * workers)
    within = min([1.0, *(limit / seconds for limit in limits if limit is not None)])
    if search.trainings is not None:
        within = min(within, search.trainings / sum(counts))
    return round(within * sum(counts)), within * seconds


def _repeats(settings: Settings) -> float:
    """The largest share of a search's trainings that can be repeats."""
    return settings.islands.repeats if settings.algorithm == "islands" and settings.search.most_seeds > 1 else 0.0


def _going_on(cascade: CascadeSettings, programs: float) -> float:
    """How many of so many programs of a wave are expected to go on."""
    by_rank = kept(cascade.keep, programs)
    return by_rank + cascade.late * (programs - by_rank)


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
    best = set(ranked[: kept(keep, len(ranked))])
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
        screened: those of the first rung that are done, by place, where it is not the full one.
        evaluations: all that are done, without those that were adopted.
    """

    number: int
    wave: Wave
    outcomes: Sequence[Outcome]
    level: int = 0
    pending: dict[int, Pending] = field(default_factory=dict)
    screened: dict[int, Evaluation] = field(default_factory=dict)
    evaluations: list[Evaluation] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """What its trainings took so far."""
        return sum(training.seconds for evaluation in self.evaluations for training in evaluation.trainings)

    @property
    def trainings(self) -> int:
        """How many of its trainings are done."""
        return sum(len(evaluation.trainings) for evaluation in self.evaluations)


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
        begun: trainings that were begun, at all rungs.
        promoted: programs that got to the full rung by way of cheaper ones.
        stop_hopeless: whether trainings are given up that do no better than guessing.
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
        self.size = wave_size(settings) if self.screens else settings.search.wave
        self.promoted = 0
        self.begun = 0
        self.stop_hopeless = settings.search.stop_hopeless

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
                climb.pending[place] = self._repeat(outcome) if again else self._submit(outcome, 0)
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
        done = {place: self._collect(climb, climb.pending.pop(place)) for place in places}
        if climb.level == 0:
            climb.screened = done
        scores = {place: evaluation.score for place, evaluation in done.items()}
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
                screening=climb.screened.get(place),
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
        pending = self.bench.submit(program, rung=at.rung.name, seeds=at.seeds, stop_hopeless=self.stop_hopeless)
        if not pending.adopted:  # a search may find a loss of the zoo again
            self.begun += at.seeds
        return pending

    def _repeat(self, program: Program) -> Pending:
        self.begun += 1
        return self.bench.submit_again(program)

    def _collect(self, climb: Climb, pending: Pending) -> Evaluation:
        evaluation = self.bench.collect(pending)
        if not pending.adopted:
            climb.evaluations.append(evaluation)
        self.progress.trained(evaluation)
        return evaluation

    @staticmethod
    def _program(climb: Climb, place: int) -> Program:
        outcome = climb.outcomes[place]
        assert isinstance(outcome, Program)  # nothing else is trained
        return outcome
