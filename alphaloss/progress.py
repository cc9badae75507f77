"""What a run tells while it goes on; the command line shows it, the API ignores it by default."""

from __future__ import annotations

from alphaloss.records import Evaluation, Outcome, Phase


class Progress:
    """Listens to a run and says nothing: the null object, and the base of whoever shows something."""

    def start(self, message: str) -> None:
        """Something slow begins."""

    def phase(self, phase: Phase, trainings: int) -> None:
        """A phase begins; `trainings` is what it is expected to take."""

    def outcome(self, outcome: Outcome) -> None:
        """A candidate was gated."""

    def trained(self, evaluation: Evaluation) -> None:
        """The trainings of a loss are done."""

    def wave(self, waves: int, programs: int, best: float) -> None:
        """A wave was told to the algorithm; how many so far, programs sent to train, best score."""

    def ended(self, reason: str) -> None:
        """The search asks for no further wave, and why."""

    def finish(self) -> None:
        """The run ended, well or not."""
