"""The search loop: ask -> propose -> gate -> train -> record -> tell."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

import numpy as np

from alphaloss.algorithms import Algorithm, Wave
from alphaloss.bench import Bench, Pending
from alphaloss.config import SearchSettings
from alphaloss.database import Database, Entry
from alphaloss.gate import Gate
from alphaloss.progress import Progress
from alphaloss.proposers import Context, Proposer
from alphaloss.records import Failed, Outcome, Program, Told, Variation

_SHOWN = 8  # of the best programs, to proposers that look at them


class Search:
    """One search: an algorithm, a proposer, the gate and the trainings that give programs their scores.

    Args:
        settings: budget and pace.
        seed: of the proposer's random numbers.
        algorithm: decides parents and survivors.
        proposer: makes candidates.
        gate: admits them.
        bench: trains them, on the seeds of the search phase.
        database: keeps every outcome.
        progress: is told what happens.
    """

    def __init__(
        self,
        settings: SearchSettings,
        *,
        seed: int,
        algorithm: Algorithm,
        proposer: Proposer,
        gate: Gate,
        bench: Bench,
        database: Database,
        progress: Progress,
    ) -> None:
        self.settings = settings
        self.seed = seed
        self.algorithm = algorithm
        self.proposer = proposer
        self.gate = gate
        self.bench = bench
        self.database = database
        self.progress = progress
        self.waves = 0
        self.told = 0
        self.trained = 0
        self.barren = 0  # waves in a row without a score
        self.started = time.monotonic()

    def run(self) -> None:
        """Searches until the budget is spent.

            while there is budget and not too much in training:
                ask for a wave; for each of its variations propose and gate until a candidate is admitted
                train the admitted programs in the background
            tell the algorithm the oldest wave once its trainings are done, and go on

        The order of asking and telling does not depend on how fast trainings are, so that the same seed gives the same
        search at any number of workers.
        """
        in_training: deque[tuple[Wave, list[Outcome], list[Pending | None]]] = deque()
        while True:
            if self._has_budget() and len(in_training) <= self.settings.lag:
                wave = self.algorithm.ask(min(self.settings.wave, self.settings.evaluations - self.trained))
                outcomes = [self._attempt(position, variation) for position, variation in enumerate(wave)]
                in_training.append((wave, outcomes, [self._train(outcome) for outcome in outcomes]))
                self.waves += 1
            elif in_training:
                wave, outcomes, pending = in_training.popleft()
                told = [self._collect(outcome, fit) for outcome, fit in zip(outcomes, pending, strict=True)]
                self.algorithm.tell(wave, told)
                self._finish(told)
            else:
                break
        self.database.event("search_ended", {"reason": self._why_ended(), "programs": self.trained})
        self.progress.ended(self._why_ended())

    def _attempt(self, position: int, variation: Variation) -> Outcome:
        """Proposes until the gate admits a candidate; every outcome is recorded, the last one counts."""
        outcomes: list[Outcome] = []
        while len(outcomes) < self.settings.attempts:
            start = time.perf_counter()
            rng = np.random.default_rng([self.seed, self.waves, position, len(outcomes)])
            context = Context(rng=rng, best=tuple(self.algorithm.best(_SHOWN)), failures=tuple(outcomes))
            candidates = self.proposer.propose(variation, context)
            seconds = time.perf_counter() - start
            if not candidates:
                parents = tuple(p.key for p in variation.parents)
                outcomes.append(Failed(operator=variation.operator, parents=parents, reason="nothing was proposed"))
                self._record(position, outcomes, propose_seconds=seconds, gate_seconds=0.0)
            for candidate in candidates[: self.settings.attempts - len(outcomes)]:
                start = time.perf_counter()
                outcomes.append(self.gate.admit(candidate))
                self._record(position, outcomes, seconds / len(candidates), time.perf_counter() - start)
                if isinstance(outcomes[-1], Program):
                    return outcomes[-1]
        return outcomes[-1]

    def _record(self, position: int, outcomes: Sequence[Outcome], propose_seconds: float, gate_seconds: float) -> None:
        entry = Entry(
            wave=self.waves,
            position=position,
            attempt=len(outcomes) - 1,
            outcome=outcomes[-1],
            propose_ms=1e3 * propose_seconds,
            gate_ms=1e3 * gate_seconds,
        )
        self.database.record_entry(entry)
        self.progress.outcome(outcomes[-1])

    def _train(self, outcome: Outcome) -> Pending | None:
        if not isinstance(outcome, Program):
            return None
        self.trained += 1
        return self.bench.submit(outcome)

    def _collect(self, outcome: Outcome, pending: Pending | None) -> Told:
        if pending is None:
            return Told(outcome=outcome)
        evaluation = self.bench.collect(pending)
        self.progress.trained(evaluation)
        return Told(outcome=outcome, evaluation=evaluation)

    def _finish(self, told: Sequence[Told]) -> None:
        self.told += 1
        self.barren = 0 if any(t.score is not None for t in told) else self.barren + 1
        record = self.algorithm.logbook[-1]
        self.database.event("wave", {name: _plain(value) for name, value in record.items()})
        self.progress.wave(self.told, self.trained, float(record["best"]))

    def _has_budget(self) -> bool:
        return self._why_ended() == ""

    def _why_ended(self) -> str:
        """Why no further wave is asked for; empty while the search goes on."""
        settings = self.settings
        if self.trained >= settings.evaluations:
            return "all evaluations are spent"
        if self.barren >= settings.dead_waves:
            return f"{settings.dead_waves} waves in a row gave no program with a score"
        if settings.minutes is not None and time.monotonic() - self.started >= 60 * settings.minutes:
            return f"{settings.minutes:g} minutes are over"
        return ""


def _plain(value: object) -> float | int | str:
    """Numbers of numpy as numbers of Python, which JSON knows."""
    return value.item() if isinstance(value, np.generic) else value if isinstance(value, float | int) else str(value)
