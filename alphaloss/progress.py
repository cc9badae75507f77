"""What a run tells while it goes on; the command line shows it, the API ignores it by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alphaloss.exchanges import Use
from alphaloss.records import Evaluation, Outcome, Phase
from alphaloss.training import Rung
from alphaloss.training.task import relative_work


@dataclass(frozen=True)
class Cost:
    """What a run is expected to take, told before it begins.

    Attributes:
        trainings: of each phase, at most.
        seconds: that all trainings of a phase take with the reference, without tracing it, one after the other.
        each: seconds of one training, by rung.
        workers: that train at once.
    """

    trainings: Mapping[Phase, int]
    seconds: Mapping[Phase, float]
    each: Mapping[str, float]
    workers: int


def rung_seconds(rung: Rung, full: Rung, epoch_seconds: float) -> float:
    """What a training at a rung is expected to take, in seconds, without its trace.

    Args:
        rung: of a task.
        full: the last of that task.
        epoch_seconds: what an epoch of the full rung takes.
    """
    return epoch_seconds * full.epochs * relative_work(rung, full)


@dataclass(frozen=True)
class SearchState:
    """How a search stands after a wave.

    Attributes:
        waves: told so far.
        evaluations: sent to train so far.
        budget: of evaluations.
        programs: admitted so far.
        promoted: those that got to the full rung by way of cheaper ones; None where there are none.
        best: mean search score of the best program, in units of the metric; None if none has one.
        best_seeds: how many trainings that is the mean of.
        utilisation: share of the workers' time spent on trainings.
        llm: what language models were asked so far; None where there are none.
    """

    waves: int
    evaluations: int
    budget: int
    programs: int
    promoted: int | None
    best: float | None
    best_seeds: int
    utilisation: float
    llm: Use | None = None


class Progress:
    """Listens to a run and says nothing: the null object, and the base of whoever shows something."""

    def start(self, message: str) -> None:
        """Something slow begins."""

    def expect(self, cost: Cost) -> None:
        """What is to come, before it begins."""

    def phase(self, phase: Phase, trainings: int) -> None:
        """A phase begins; `trainings` is what it is expected to take."""

    def outcome(self, outcome: Outcome) -> None:
        """A candidate was gated."""

    def trained(self, evaluation: Evaluation) -> None:
        """The trainings of a loss are done."""

    def wave(self, state: SearchState) -> None:
        """A wave was told to the algorithm."""

    def ended(self, reason: str) -> None:
        """The search asks for no further wave, and why."""

    def finish(self) -> None:
        """The run ended, well or not."""
