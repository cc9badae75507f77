"""The seam between the search and whatever decides parents and survivors: ask and tell.

    algorithm = Islands(settings, start, seed)
    while budget:
        wave = algorithm.ask(size)           # what to try next
        ...                                  # propose, gate, train
        algorithm.tell(wave, told)           # one answer a variation, in the same order

`ask` is legal while at most `lag` waves are untold; waves are told in the order in which they were asked.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deap import base, tools

from alphaloss.records import Program, Told, Variation

Wave = tuple[Variation, ...]


class Individual:
    """A program with DEAP's fitness."""

    def __init__(self, program: Program, score: float, fitness: type[base.Fitness]) -> None:
        self.program = program
        self.fitness = fitness((score,))


class ProtocolError(RuntimeError):
    """`ask` and `tell` were called out of turn."""


class Algorithm(ABC):
    """Keeps the order of ask and tell, and DEAP's random numbers; subclasses decide.

    Args:
        maximize: whether a larger score is better.
        seed: of all random decisions.
        lag: how many waves may be untold when the next is asked for.
    """

    def __init__(self, *, maximize: bool, seed: int, lag: int) -> None:
        self.lag = lag
        self.logbook = tools.Logbook()
        self.hall_of_fame = tools.HallOfFame(32, similar=lambda a, b: a.program.key == b.program.key)
        self._fitness = type("Fitness", (base.Fitness,), {"weights": (1.0 if maximize else -1.0,)})
        self._untold: deque[Wave] = deque()
        self._random_state = random.Random(seed).getstate()

    def ask(self, size: int) -> Wave:
        """The next wave.

        Args:
            size: number of variations, at least 1.

        Raises:
            ProtocolError: more than `lag` waves are untold.
        """
        if len(self._untold) > self.lag:
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
            told: shape (len(wave),), in the same order.

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
        with self._deap_random():
            self._tell(wave, told)

    def best(self, count: int) -> list[Program]:
        """The best programs so far by their search score, distinct, the best first."""
        return [individual.program for individual in self.hall_of_fame[:count]]

    def _individual(self, program: Program, score: float) -> Individual:
        """A newcomer, remembered if it is among the best."""
        newcomer = Individual(program, score, self._fitness)
        self.hall_of_fame.update([newcomer])
        return newcomer

    @abstractmethod
    def _ask(self, size: int) -> Iterator[Variation]: ...

    @abstractmethod
    def _tell(self, wave: Wave, told: Sequence[Told]) -> None: ...

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
