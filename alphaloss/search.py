"""The search loop: ask -> propose -> gate -> train, rung by rung -> record -> tell."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

import numpy as np

from alphaloss.algorithms import Algorithm
from alphaloss.bench import Bench
from alphaloss.cascade import Cascade, Climb
from alphaloss.config import Settings
from alphaloss.database import Database, Entry
from alphaloss.gate import Gate
from alphaloss.limits import Limits
from alphaloss.progress import Progress, SearchState
from alphaloss.proposers import Context, Proposer
from alphaloss.records import REPEAT, Failed, Outcome, Program, Told, Variation
from alphaloss.statistics import orient

_SHOWN = 8  # of the best programs, to proposers that look at them


class Search:
    """One search: an algorithm, a proposer, the gate and the trainings that give programs their scores.

    Args:
        settings: of the run; the search uses its seed, `search` and `cascade`.
        algorithm: decides parents and survivors.
        proposer: makes candidates.
        gate: admits them.
        bench: trains them, on the seeds of the search phase.
        database: keeps every outcome.
        progress: is told what happens.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        algorithm: Algorithm,
        proposer: Proposer,
        gate: Gate,
        bench: Bench,
        database: Database,
        progress: Progress,
    ) -> None:
        self.settings = settings.search
        self.seed = settings.seed
        self.algorithm = algorithm
        self.proposer = proposer
        self.gate = gate
        self.bench = bench
        self.database = database
        self.progress = progress
        self.cascade = Cascade(settings, bench, database, progress)
        self.limits = Limits(settings.search)
        self.waves = 0
        self.programs = 0

    def run(self) -> None:
        """Searches until the budget is spent.

            while there is budget and not too much in training:
                ask for a wave; for each of its variations propose and gate until a candidate is admitted
                train the admitted programs in the background, at the first rung
            take the waves in training up, rung by rung, each with the best of its programs
            tell the algorithm and the proposer of the oldest wave once its trainings are done, and go on

        The order of asking and telling does not depend on how fast trainings are, so that the same seed gives the same
        search at any number of workers.
        """
        under_way: deque[Climb] = deque()
        while True:
            if not self.limits.reached and len(under_way) <= self.settings.lag:
                wave = self.algorithm.ask(min(self.cascade.size, self.limits.evaluations_left))
                outcomes = [self._attempt(position, variation) for position, variation in enumerate(wave)]
                under_way.append(self.cascade.begin(self.waves, wave, outcomes))
                self.limits.evaluations += sum(isinstance(outcome, Program) for outcome in outcomes)
                self.waves += 1
            elif under_way and not self.cascade.at_the_top(under_way[0]):
                for climb in under_way:  # all of them: while one is waited for, the workers have the others
                    self.cascade.ascend(climb)
            elif under_way:
                oldest = under_way.popleft()
                told = self.cascade.end(oldest)
                self.algorithm.tell(oldest.wave, told)
                self.proposer.learn(told, self.algorithm.scores)
                self._finish(oldest, told)
            else:
                break
        self.database.event("search_ended", {"reason": self.limits.reached, "programs": self.programs})
        self.progress.ended(self.limits.reached)

    def _attempt(self, position: int, variation: Variation) -> Outcome:
        """Proposes until the gate admits a candidate; every outcome is recorded, the last one counts."""
        if variation.operator == REPEAT:
            self.database.event("repeat", {"wave": self.waves, "position": position, "key": variation.parents[0].key})
            return variation.parents[0]
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
                    self.programs += 1
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

    def _finish(self, climb: Climb, told: Sequence[Told]) -> None:
        best = self.algorithm.hall_of_fame[0].score if self.algorithm.hall_of_fame else None
        self.limits.wave(told, climb.seconds, best.cautious if best else None)
        self.database.event("wave", self.algorithm.logbook[-1])
        self.progress.wave(
            SearchState(
                waves=self.limits.waves,
                evaluations=self.limits.evaluations,
                budget=self.settings.evaluations,
                programs=self.programs,
                promoted=self.cascade.promoted if self.cascade.screens else None,
                best=float(orient([best.mean], self.algorithm.scores.maximize)[0]) if best else None,
                best_seeds=best.seeds if best else 0,
                utilisation=self.bench.utilisation,
            )
        )
