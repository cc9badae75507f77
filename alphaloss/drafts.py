"""Waves that are being written: proposed and gated until each variation has a program, or no attempt left.

draft = drafts.begin(number, wave)   # candidates are under way
...                                  # meanwhile others are trained
outcomes = drafts.finish(draft)      # waits for them, gates them, and has the refused ones tried again
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np

from alphaloss.algorithms import Algorithm, Wave
from alphaloss.config import Settings
from alphaloss.database import Database, Entry
from alphaloss.gate import Gate
from alphaloss.progress import Progress
from alphaloss.proposers import Context, Proposal, Proposer
from alphaloss.records import REPEAT, Failed, Outcome, Program, Variation

_SHOWN = 24  # of the best programs, to proposers that look at them


@dataclass
class _Attempts:
    """All attempts at a variation.

    Attributes:
        wave: number of its wave.
        position: in the wave.
        variation: what is asked for.
        alike: how many variations of the wave from here on ask for the same.
        outcomes: of the attempts so far; the last one counts.
        proposal: candidates that are under way.
        seconds: that it took to begin them.
    """

    wave: int
    position: int
    variation: Variation
    alike: int
    outcomes: list[Outcome] = field(default_factory=list)
    proposal: Proposal | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Draft:
    """A wave whose losses are being written.

    Attributes:
        number: of the wave in its search.
        wave: what was asked for.
        attempts: shape (len(wave),).
    """

    number: int
    wave: Wave
    attempts: list[_Attempts]


class Drafts:
    """Has losses written and gated.

    Nothing here depends on how long a proposer takes: candidates are gated in the order of the wave, whichever is there
    first. A proposer that runs ahead begins all variations of a wave at once, all second attempts together after the
    first were gated, and so on, so that it is waited for once a round. Any other is done with one variation before the
    next, so that what is admitted for one is known when the next is gated.

    Args:
        settings: of the run; drafts use its seed, `search.attempts`, and whether the proposer runs ahead.
        algorithm: knows the best programs.
        proposer: makes candidates.
        gate: admits them.
        database: keeps every outcome.
        progress: is told of them.

    Attributes:
        programs: admitted so far.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        algorithm: Algorithm,
        proposer: Proposer,
        gate: Gate,
        database: Database,
        progress: Progress,
    ) -> None:
        self.seed = settings.seed
        self.most = settings.search.attempts
        self.together = settings.ahead > 0
        self.algorithm = algorithm
        self.proposer = proposer
        self.gate = gate
        self.database = database
        self.progress = progress
        self.programs = 0

    def begin(self, number: int, wave: Wave) -> Draft:
        """Has the first candidates of a wave written, where the proposer runs ahead."""
        kinds = [(v.operator, v.mutations, *(parent.key for parent in v.parents)) for v in wave]
        alike = [kinds[position:].count(kind) for position, kind in enumerate(kinds)]
        draft = Draft(number, wave, list(map(_Attempts, repeat(number), range(len(wave)), wave, alike)))
        for attempts in draft.attempts:
            if attempts.variation.operator == REPEAT:
                [again] = attempts.variation.parents
                attempts.outcomes.append(again)
                self.database.event("repeat", {"wave": number, "position": attempts.position, "key": again.key})
            elif self.together:
                self._begin(attempts)
        return draft

    def advance(self, draft: Draft) -> None:
        """Gates the candidates that are under way, and has those that are refused written again, for `finish` to gate.

        For a proposer that runs ahead: the longer before `finish`, the less that has to wait.
        """
        unfinished = [attempts for attempts in draft.attempts if not self._is_done(attempts)]
        for attempts in unfinished:
            self._gate(attempts)
        for attempts in unfinished:
            if not self._is_done(attempts):
                self._begin(attempts)

    def finish(self, draft: Draft) -> list[Outcome]:
        """What becomes of each variation; every outcome on the way is recorded."""
        if self.together:
            while not all(map(self._is_done, draft.attempts)):
                self.advance(draft)
        for attempts in draft.attempts:
            while not self._is_done(attempts):
                self._begin(attempts)
                self._gate(attempts)
        return [attempts.outcomes[-1] for attempts in draft.attempts]

    def _is_done(self, attempts: _Attempts) -> bool:
        outcomes = attempts.outcomes
        return len(outcomes) >= self.most or (bool(outcomes) and isinstance(outcomes[-1], Program))

    def _begin(self, attempts: _Attempts) -> None:
        start = time.perf_counter()
        context = Context(
            rng=np.random.default_rng([self.seed, attempts.wave, attempts.position, len(attempts.outcomes)]),
            best=tuple(self.algorithm.best(_SHOWN)),
            failures=tuple(attempts.outcomes),
            wave=attempts.wave,
            position=attempts.position,
            alike=1 if attempts.outcomes else attempts.alike,
        )
        attempts.proposal = self.proposer.begin(attempts.variation, context)
        attempts.seconds = time.perf_counter() - start

    def _gate(self, attempts: _Attempts) -> None:
        """Waits for the candidates and gates them until one is admitted."""
        assert attempts.proposal is not None
        start = time.perf_counter()
        made = attempts.proposal.candidates()
        attempts.proposal = None
        seconds = attempts.seconds + time.perf_counter() - start
        if isinstance(made, Failed):
            self._record(attempts, made, seconds, 0.0)
            return
        for candidate in made[: self.most - len(attempts.outcomes)]:
            start = time.perf_counter()
            outcome = self.gate.admit(candidate)
            self._record(attempts, outcome, seconds / len(made), time.perf_counter() - start)
            if isinstance(outcome, Program):
                self.programs += 1
                return

    def _record(self, attempts: _Attempts, outcome: Outcome, propose_seconds: float, gate_seconds: float) -> None:
        attempts.outcomes.append(outcome)
        entry = Entry(
            wave=attempts.wave,
            position=attempts.position,
            attempt=len(attempts.outcomes) - 1,
            outcome=outcome,
            propose_ms=1e3 * propose_seconds,
            gate_ms=1e3 * gate_seconds,
        )
        self.database.record_entry(entry)
        self.progress.outcome(outcome)
