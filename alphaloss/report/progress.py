"""What the command line shows while a run goes on, on stderr."""

from __future__ import annotations

import time
from collections import Counter

from rich.console import Console
from rich.markup import escape

from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Outcome, Phase, Program

_stderr = Console(stderr=True, highlight=False)

_WHAT = {
    Phase.SEARCH: "search: one seed a program, validation data",
    Phase.SELECTION: "selection: new seeds, validation data",
    Phase.VERDICT: "verdict: new seeds, test data",
    Phase.EVALUATION: "evaluation: all losses on the same seeds",
}


class ConsoleProgress(Progress):
    """A line for every third wave of the search, and for each quarter of the other phases."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.outcomes: Counter[str] = Counter()
        self.trainings = 0
        self.expected = 0
        self.current: Phase | None = None

    def start(self, message: str) -> None:
        """Says what is slow."""
        self._say(f"{message} ...")

    def phase(self, phase: Phase, trainings: int) -> None:
        """Says what begins and how long it is."""
        self.current, self.trainings, self.expected = phase, 0, trainings
        self._say(f"{_WHAT[phase]}, {trainings} trainings")

    def outcome(self, outcome: Outcome) -> None:
        """Counts."""
        self.outcomes["admitted" if isinstance(outcome, Program) else "refused"] += 1

    def trained(self, evaluation: Evaluation) -> None:
        """Says how far a phase without waves is."""
        before = self.trainings
        self.trainings += len(evaluation.trainings)
        quarter = max(1, self.expected // 4)
        if self.current is not Phase.SEARCH and before // quarter != self.trainings // quarter:
            self._say(f"  {self.trainings} of {self.expected} trainings")

    def wave(self, waves: int, programs: int, best: float) -> None:
        """Says how the search goes."""
        if waves % 3 == 0:
            self._say(
                f"  wave {waves}: best score {best:.4f}; {self.outcomes['admitted']} programs, "
                f"{self.outcomes['refused']} candidates not admitted"
            )

    def ended(self, reason: str) -> None:
        """Says why."""
        self._say(f"  the search is over: {reason}")

    def _say(self, text: str) -> None:
        seconds = int(time.monotonic() - self.started)
        _stderr.print(f"{seconds // 60:3d}:{seconds % 60:02d}  {escape(text)}", soft_wrap=True)
