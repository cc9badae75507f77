"""The seam between the search and whatever decides parents and survivors: ask and tell.

    algorithm = Islands(settings, start, scores, seed=0)
    while budget:
        wave = algorithm.ask(size)           # what to try next
        ...                                  # propose, gate, train
        algorithm.tell(wave, told)           # one answer a variation, in the same order

`ask` is legal while at most `lag` waves are untold, and while the algorithm `can_ask`: one that goes by generations
waits for all of a generation. Waves are told in the order in which they were asked. A variation with the operator
`repeat` asks for one more training of its parent, on a fresh seed.
"""

from __future__ import annotations

import random
import statistics
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from deap import base, tools

from alphaloss.records import REPEAT, Program, Told, Variation
from alphaloss.scores import Score, Scores

Wave = tuple[Variation, ...]

_REMEMBERED = 64


class Fitness(base.Fitness):  # type: ignore[misc]  # DEAP has no types
    """DEAP's fitness: the cautious score first; of equals, the loss with fewer operations."""

    weights = (1.0, -1.0)


class Individual:
    """A program with DEAP's fitness. There is one a program, shared by all who keep it.

    Attributes:
        program: what it is.
        field: its gradient field, shape (probes,), of unit norm.
        score: what is known of it.
        fitness: what it is ranked by.
    """

    def __init__(self, program: Program, score: Score) -> None:
        self.program = program
        self.field = np.array(program.gradient_field)
        self.fitness = Fitness()
        self._size = float(program.graph.size)
        self.judge(score)

    @property
    def key(self) -> str:
        """The program's."""
        return self.program.key

    def judge(self, score: Score) -> None:
        """Takes a new score."""
        self.score = score
        self.fitness.values = (score.cautious, self._size)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Individual:
        """Shared, so that DEAP's copies learn of new trainings too."""
        return self


Newcomer = tuple[Variation, Individual]
"""A new program with a score, and the variation that it answers."""


class ProtocolError(RuntimeError):
    """`ask` and `tell` were called out of turn."""


class Algorithm(ABC):
    """Keeps the order of ask and tell, the scores, the best, and DEAP's random numbers; subclasses decide.

    Args:
        start: programs to begin with; those without a score are left out.
        scores: of the start programs and whatever else was trained on the seeds of the search; learns what is told.
        seed: of all random decisions.
        lag: how many waves may be untold when the next is asked for.
        most_seeds: on how many seeds a program may be trained.

    Raises:
        ValueError: no start program has a score.
    """

    def __init__(
        self, start: Sequence[Program], scores: Scores, *, seed: int, lag: int = 1, most_seeds: int = 1
    ) -> None:
        self.scores = scores
        self.lag = lag
        self.most_seeds = most_seeds
        self.start = [Individual(p, score) for p in start if (score := scores.get(p.key)) is not None]
        if not self.start:
            raise ValueError(f"None of the {len(start)} start programs has a score; a search needs one to begin with.")
        self.logbook = tools.Logbook()
        self.hall_of_fame = tools.HallOfFame(_REMEMBERED, similar=lambda a, b: a is b)
        self.hall_of_fame.update(self.start)
        self.statistics = tools.Statistics(lambda individual: individual.score.mean)
        self.statistics.register("mean", statistics.fmean)
        self.statistics.register("spread", statistics.pstdev)
        self._untold: deque[Wave] = deque()
        self._gaps = 0  # variations of the wave that is told that yielded no program
        self._random_state = random.Random(seed).getstate()

    @property
    def can_ask(self) -> bool:
        """Whether there is something to ask for before more is told."""
        return len(self._untold) <= self.lag

    @property
    def end(self) -> str:
        """Why it will ask for nothing more; empty while it goes on."""
        return ""

    def ask(self, size: int) -> Wave:
        """The next wave.

        Args:
            size: most variations, at least 1.

        Returns:
            At least one variation.

        Raises:
            ProtocolError: more than `lag` waves are untold, or it cannot ask.
        """
        if self.end:
            raise ProtocolError(f"ask() was called after the end: {self.end}.")
        if not self.can_ask:
            raise ProtocolError(
                f"ask() was called with {len(self._untold)} waves untold; at most {self.lag} may be. "
                "Tell the oldest first."
            )
        with self._deap_random():
            wave = tuple(self._ask(size))
        self._untold.append(wave)
        return wave

    def tell(self, wave: Wave, told: Sequence[Told]) -> None:
        """What became of the oldest untold wave.

        Args:
            wave: what `ask` returned.
            told: shape (len(wave),), in the same order. The evaluation of a repeat has the new training only.

        Raises:
            ProtocolError: another wave is due, none is, or the lengths differ.
        """
        if not self._untold or self._untold[0] is not wave:
            due = "no wave is untold" if not self._untold else "an older wave is untold"
            raise ProtocolError(f"tell() got a wave that is not due: {due}. Waves are told in the order of ask().")
        if len(told) != len(wave):
            raise ProtocolError(
                f"told should have length {len(wave)} (one a variation of the wave) but has {len(told)}."
            )
        self._untold.popleft()
        for answer in told:
            if answer.evaluation is not None:
                self.scores.add(answer.evaluation)
        answers = [(v, a.outcome) for v, a in zip(wave, told, strict=True) if isinstance(a.outcome, Program)]
        self._gaps = len(wave) - len(answers)
        known = self._judge(program for _, program in answers)
        with self._deap_random():
            self._tell([(v, known[p.key]) for v, p in answers if v.operator != REPEAT and p.key in known])
        self._write_log()

    def best(self, count: int) -> list[Program]:
        """The best programs so far by their cautious search score, distinct, the best first."""
        return [individual.program for individual in self.hall_of_fame[:count]]

    @abstractmethod
    def _ask(self, size: int) -> Iterator[Variation]: ...

    @abstractmethod
    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        """Decides who stays. All members are judged by the scores as they are now."""

    @abstractmethod
    def _members(self) -> Iterable[Individual]:
        """Everyone who can still be a parent, or become one."""

    def _drop(self, individual: Individual) -> None:  # noqa: B027  # most repeat no training, and drop nobody
        """Forgets a member: a repeated training of it failed."""

    def _log_entry(self) -> Mapping[str, float]:
        """What the subclass adds to the logbook's entry of a wave."""
        return {}

    def _seeds(self, individual: Individual) -> int:
        """On how many seeds a program was trained, or is being trained."""
        under_way = (v for wave in self._untold for v in wave if v.operator == REPEAT)
        return individual.score.seeds + sum(v.parents[0].key == individual.key for v in under_way)

    def _may_repeat(self, individual: Individual) -> bool:
        """Whether a program can be trained on another seed: seeds are left, and it is not being trained now."""
        return individual.score.seeds == self._seeds(individual) < self.most_seeds

    def _judge(self, told: Iterable[Program]) -> dict[str, Individual]:
        """Every new training changes the noise, and with it everybody's standing: all who are kept are judged anew.

        Returns:
            By key, they and the told programs that have a score.
        """
        known = {i.key: i for i in (*self.hall_of_fame, *self.start, *self._members())}
        for individual in list(known.values()):
            score = self.scores.get(individual.key)
            if score is None:
                self._drop(known.pop(individual.key))
            else:
                individual.judge(score)
        for program in told:
            score = self.scores.get(program.key)
            if score is not None:
                known.setdefault(program.key, Individual(program, score))
        self.start = [individual for individual in self.start if individual.key in known]
        self.hall_of_fame.clear()
        self.hall_of_fame.update(list(known.values()))
        return known

    def _write_log(self) -> None:
        members = list(self._members())
        entry = self.statistics.compile(members) if members else {"mean": None, "spread": None}
        best = self.hall_of_fame[0].score.mean if len(self.hall_of_fame) else None
        self.logbook.record(members=len(members), best=best, noise=self.scores.noise, **entry, **self._log_entry())

    @contextmanager
    def _deap_random(self) -> Iterator[None]:
        """DEAP draws from Python's global generator; this is the one place that seeds it and saves its state."""
        outer = random.getstate()
        random.setstate(self._random_state)
        try:
            yield
        finally:
            self._random_state = random.getstate()
            random.setstate(outer)
