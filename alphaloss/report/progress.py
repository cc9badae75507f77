"""What the command line shows while a run goes on, on stderr."""

from __future__ import annotations

import time
from collections import Counter

from rich.console import Console
from rich.markup import escape

from alphaloss.progress import Cost, Progress, SearchState
from alphaloss.records import Duplicate, Evaluation, Outcome, Phase, Program, Rejection
from alphaloss.report.sentences import use_sentence

_stderr = Console(stderr=True, highlight=False)

_WHAT = {
    Phase.SEARCH: "search: validation data, one seed a program, more for the promising",
    Phase.SELECTION: "selection: new seeds, validation data",
    Phase.VERDICT: "verdict: new seeds, test data",
    Phase.EVALUATION: "evaluation: all losses on the same seeds",
}
_LINES = 12  # of a search, however long it is


class ConsoleProgress(Progress):
    """A dozen lines for a search, and one for each quarter of the other phases."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.outcomes: Counter[str] = Counter()
        self.trainings = 0  # of this phase
        self.expected = 0
        self.spent = 0.0  # of the run so far, in seconds that were expected
        self.cost: Cost | None = None
        self.ready = self.started
        self.current: Phase | None = None
        self.shown = 0

    def start(self, message: str) -> None:
        """Says what is slow."""
        self._say(f"{message} ...")

    def expect(self, cost: Cost) -> None:
        """Says how long it will take."""
        self.cost, self.ready = cost, time.monotonic()
        trainings, seconds = sum(cost.trainings.values()), sum(cost.seconds.values())
        self._say(
            f"expected: {trainings} trainings of about {seconds / trainings:.2g} s and the tracing of each loss, on "
            f"{cost.workers} worker{'s' * (cost.workers > 1)}: {_duration(seconds / cost.workers)} or somewhat more"
        )

    def phase(self, phase: Phase, trainings: int) -> None:
        """Says what begins and how long it is."""
        self.current, self.trainings, self.expected = phase, 0, trainings
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
        """Says how far a phase without waves is."""
        before = self.trainings
        self.trainings += len(evaluation.trainings)
        self.spent += len(evaluation.trainings) * self._expected_seconds(evaluation.phase)
        quarter = max(1, self.expected // 4)
        if self.current is not Phase.SEARCH and before // quarter != self.trainings // quarter:
            self._say(f"  {self.trainings} of {self.expected} trainings{self._left()}")

    def wave(self, state: SearchState) -> None:
        """Says how the search goes."""
        line = state.evaluations * _LINES // max(1, state.budget)
        if line == self.shown:
            return
        self.shown = line
        seeds = f"{state.best_seeds} seed{'s' * (state.best_seeds != 1)}"
        best = "no score yet" if state.best is None else f"best {state.best:.4f} ({seeds})"
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
        here = max(0, self.expected - self.trainings) * self._expected_seconds(self.current)
        later = sum(self.cost.seconds[phase] for phase in phases[phases.index(self.current) + 1 :])
        return f"; {_duration((time.monotonic() - self.ready) / self.spent * (here + later))} left"

    def _expected_seconds(self, phase: Phase) -> float:
        """Of one training of a phase."""
        return self.cost.seconds[phase] / max(1, self.cost.trainings[phase]) if self.cost else 0.0

    def _say(self, text: str) -> None:
        seconds = int(time.monotonic() - self.started)
        _stderr.print(f"{seconds // 60:3d}:{seconds % 60:02d}  {escape(text)}", soft_wrap=True)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
