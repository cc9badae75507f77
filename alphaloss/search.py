"""The search loop: ask -> write -> gate -> train, rung by rung -> record -> tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from alphaloss.algorithms import Algorithm
from alphaloss.bench import Bench
from alphaloss.cascade import Cascade, Climb
from alphaloss.config import Settings
from alphaloss.database import Database
from alphaloss.drafts import Draft, Drafts
from alphaloss.gate import Gate
from alphaloss.limits import Limits
from alphaloss.progress import Progress, SearchState
from alphaloss.proposers import Proposer
from alphaloss.records import Program, Told
from alphaloss.statistics import orient


class Search:
    """One search: an algorithm, a proposer, the gate and the trainings that give programs their scores.

    Args:
        settings: of the run; the search uses its seed, `search`, `cascade`, and how far ahead losses are written.
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
        self.ahead = settings.ahead
        self.algorithm = algorithm
        self.proposer = proposer
        self.bench = bench
        self.database = database
        self.progress = progress
        self.cascade = Cascade(settings, bench, database, progress)
        self.drafts = Drafts(
            settings, algorithm=algorithm, proposer=proposer, gate=gate, database=database, progress=progress
        )
        self.limits = Limits(settings.search, self.cascade.size)
        self.waves = 0

    def run(self) -> None:
        """Searches until the budget is spent.

            while there is budget, and not too much being written or in training:
                ask for a wave, and have its losses written
            while few waves are in training:
                gate the losses of the oldest wave being written, until none is to be written again
                train the admitted programs in the background, at the first rung
                gate some of the next waves once, and have the refused losses written again
            take the waves in training up, rung by rung, each with the best of its programs
            tell the algorithm and the proposer of the oldest wave once its trainings are done, and go on

        The order of asking, gating and telling does not depend on how fast trainings and proposers are, so that the
        same seed (and the same answers of a language model) give the same search at any number of workers.
        """
        writing: deque[Draft] = deque()
        training: deque[Climb] = deque()
        while True:
            self.limits.trainings = self.cascade.begun
            left = self.limits.left(self.cascade.levels[0].seeds) - sum(len(draft.wave) for draft in writing)
            room = self._has_room(len(writing), len(training))
            if self._may_ask and left > 0 and room and self.algorithm.can_ask:
                wave = self.algorithm.ask(min(self.cascade.size, left))
                writing.append(self.drafts.begin(self.waves, wave))
                self.waves += 1
            elif writing and len(training) <= self.settings.lag and not self.limits.reached:
                draft = writing.popleft()
                outcomes = self.drafts.finish(draft)
                training.append(self.cascade.begin(draft.number, draft.wave, outcomes))
                self.limits.evaluations += sum(isinstance(outcome, Program) for outcome in outcomes)
                for early in islice(writing, self.ahead // 2):
                    self.drafts.advance(early)
            elif training and not self.cascade.at_the_top(training[0]):
                for climb in training:  # all of them: while one is waited for, the workers have the others
                    self.cascade.ascend(climb)
            elif training:
                oldest = training.popleft()
                told = self.cascade.end(oldest)
                self.algorithm.tell(oldest.wave, told)
                self.proposer.learn(told, self.algorithm.scores)
                self._finish(oldest, told)
            else:
                break  # losses that are still being written are given up
        reason = self.limits.reached or self.algorithm.end or (self.proposer.end.reason if self.proposer.end else "")
        self.database.event("search_ended", {"reason": reason, "programs": self.programs})
        self.progress.ended(reason)

    @property
    def programs(self) -> int:
        """Admitted so far."""
        return self.drafts.programs

    @property
    def _may_ask(self) -> bool:
        return not self.limits.reached and self.proposer.end is None and not self.algorithm.end

    def _has_room(self, writing: int, training: int) -> bool:
        """Whether another wave may be begun, with so many under way."""
        return writing <= self.ahead and writing + training <= self.ahead + self.settings.lag

    def _finish(self, climb: Climb, told: Sequence[Told]) -> None:
        best = self.algorithm.hall_of_fame[0].score if self.algorithm.hall_of_fame else None
        self.limits.wave(told, climb.seconds, best.cautious if best else None)
        standing = {
            "found": next((i.score.mean for i in self.algorithm.hall_of_fame if i not in self.algorithm.start), None),
            "evaluations": sum(isinstance(answer.outcome, Program) for answer in told),
            "trainings": climb.trainings,
            "training_seconds": climb.seconds,
        }
        self.database.event("wave", {**self.algorithm.logbook[-1], **standing})
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
                llm=self.proposer.use,
            )
        )
