"""What the command line shows while a run goes on, on stderr."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape

from alphaloss.progress import Cost, Progress, SearchState
from alphaloss.records import Duplicate, Evaluation, Outcome, Phase, Program, Rejection
from alphaloss.report.sentences import use_sentence
from alphaloss.wording import duration, number

_stderr = Console(stderr=True, highlight=False)

_WHAT = {
    Phase.SEARCH: "search: validation data, further seeds for the promising",
    Phase.SELECTION: "selection: new seeds, validation data",
    Phase.VERDICT: "verdict: new seeds, test data",
    Phase.EVALUATION: "evaluation: all losses on the same seeds",
}
_LINES = 12  # of a search, if nothing takes long
_SILENCE = 60.0  # seconds after which a line is due
_MOST_LINES = 200  # of those, in a run that takes as long as expected


class ConsoleProgress(Progress):
    """A dozen lines for a search, one for each quarter of the other phases, and one whenever it was silent for long.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.started = clock()
        self.outcomes: Counter[str] = Counter()
        self.trainings = 0  # of this phase
        self.expected = 0
        self.spent = 0.0  # of the run so far, in seconds that were expected
        self.spent_here = 0.0  # of this phase
        self.cost: Cost | None = None
        self.ready = self.started
        self.silence = _SILENCE
        self.said = self.started
        self.current: Phase | None = None
        self.shown = 0

    def start(self, message: str) -> None:
        """Says what is slow."""
        self._say(f"{message} ...")

    def expect(self, cost: Cost) -> None:
        """Says how long it will take."""
        self.cost, self.ready = cost, self.clock()
        trainings, seconds = sum(cost.trainings.values()), sum(cost.seconds.values())
        self.silence = max(_SILENCE, seconds / cost.workers / _MOST_LINES)
        self._say(
            f"expected: up to {trainings} trainings of about {duration(seconds / trainings)} and the tracing of each "
            f"loss, on {cost.workers} worker{'s' * (cost.workers > 1)}: about {duration(seconds / cost.workers)} or "
            "somewhat more"
        )

    def phase(self, phase: Phase, trainings: int) -> None:
        """Says what begins and how long it is."""
        self.current, self.trainings, self.expected, self.spent_here = phase, 0, trainings, 0.0
        self._say(f"{_WHAT[phase]}, {trainings} trainings")

    def outcome(self, outcome: Outcome) -> None:
        """Counts."""
        if isinstance(outcome, Rejection):
            self.outcomes[outcome.code.value] += 1
        elif isinstance(outcome, Duplicate):
            self.outcomes["duplicates"] += 1
        elif not isinstance(outcome, Program):
            self.outcomes[str(outcome.details.get("fault") or outcome.details.get("reply") or "nothing proposed")] += 1

    def trained(self, evaluation: Evaluation) -> None:
        """Says how far a phase without waves is, and after a long silence any."""
        before = self.trainings
        self.trainings += len(evaluation.trainings)
        if self.cost is not None:
            seconds = len(evaluation.trainings) * self.cost.each[evaluation.rung]
            self.spent += seconds
            self.spent_here += seconds
        quarter = max(1, self.expected // 4)
        due = self.current is not Phase.SEARCH and before // quarter != self.trainings // quarter
        if due or self._silent:
            self._say(f"  {self.trainings} of {self.expected} trainings{self._left()}")

    def wave(self, state: SearchState) -> None:
        """Says how the search goes."""
        line = state.evaluations * _LINES // max(1, state.budget)
        if line == self.shown and not self._silent:
            return
        self.shown = line
        seeds = f"{state.best_seeds} seed{'s' * (state.best_seeds != 1)}"
        best = "no score yet" if state.best is None else f"best {number(state.best)} ({seeds})"
        promoted = "" if state.promoted is None else f", {state.promoted} of them promoted to the full rung"
        refused = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        self._say(
            f"  wave {state.waves}: {best}; {state.evaluations} of {state.budget} evaluations, {state.programs} "
            f"programs{promoted}; refused: {refused or 'none'}; workers busy {state.utilisation:.0%}{self._left()}"
        )
        if state.llm:
            self._say(f"    language models: {use_sentence(state.llm)}")

    def ended(self, reason: str) -> None:
        """Says why."""
        self._say(f"  the search is over: {reason}")

    def _left(self) -> str:
        """Time to go, if the remaining trainings keep to what was expected as well as those before."""
        if self.cost is None or not self.spent or self.current is None:
            return ""
        phases = list(self.cost.trainings)
        whole = self.cost.seconds[self.current] * self.expected / self.cost.trainings[self.current]
        later = sum(self.cost.seconds[phase] for phase in phases[phases.index(self.current) + 1 :])
        left = max(0.0, whole - self.spent_here) + later
        return f"; about {duration((self.clock() - self.ready) / self.spent * left)} left"

    @property
    def _silent(self) -> bool:
        """Whether a line is due because of the time."""
        return self.clock() - self.said >= self.silence

    def _say(self, text: str) -> None:
        self.said = self.clock()
        seconds = int(self.said - self.started)
        _stderr.print(f"{seconds // 60:3d}:{seconds % 60:02d}  {escape(text)}", soft_wrap=True)
