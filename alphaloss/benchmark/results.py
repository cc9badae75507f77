"""What a comparison found, as records; `benchmark.json` is a `BenchmarkResult`.

Scores are in units of the metric. A search that found nothing that trains on new seeds counts as the reference, which
one would go back to.
"""

from __future__ import annotations

from pydantic import Field

from alphaloss.config import BudgetSettings
from alphaloss.records import Record


class Spent(Record):
    """What was trained in a search; without references, selection and test."""

    evaluations: int = Field(description="programs, each repeated training of one counted again")
    trainings: int = Field(description="at all rungs")
    training_seconds: float = Field(description="wall-clock seconds in the workers, summed over trainings")

    def __sub__(self, other: Spent) -> Spent:
        return Spent(
            evaluations=self.evaluations - other.evaluations,
            trainings=self.trainings - other.trainings,
            training_seconds=self.training_seconds - other.training_seconds,
        )


class Point(Record):
    """How a search stood after a wave."""

    spent: Spent
    best: float | None = Field(
        description="mean search score of the program that was ranked first, start losses aside; None: no score"
    )


class SearchOutcome(Record):
    """One search of an arm."""

    seed: int
    failed: bool = Field(False, description="whether there was a champion, and it diverged on a seed of the test")
    ended: str = Field(description="why it asked for no more")
    champion: str | None = Field(description="id of the program; None where the reference counts")
    source: str | None
    operations: int | None
    selection: float | None = Field(description="mean over the selection's seeds, on validation data")
    test: float | None = Field(description="mean over the verdict's seeds, on test data")
    spent: Spent
    initial: Spent = Field(description="what the first generation took of this")
    wall_seconds: float = Field(description="of the search, with all that is not training")
    outcomes: dict[str, int] = Field(description="candidates by what became of them")
    targets: tuple[float | None, ...]
    reached: tuple[Spent | None, ...] = Field(description="what each target took; None: not reached")
    curve: tuple[Point, ...]


class ReferenceOutcome(Record):
    """A reference on the seeds of one search seed."""

    seed: int
    loss: str
    search: float | None
    selection: float | None
    test: float | None


class Spread(Record):
    """Over search seeds."""

    median: float
    low: float = Field(description="the lowest")
    high: float = Field(description="the highest")
    missing: int = Field(0, description="searches without a score, which are left out")


class Gain(Record):
    """Mean paired difference in test score over search seeds, positive if better, with a t interval."""

    mean: float
    low: float
    high: float


class TimeToTarget(Record):
    """What it took to reach a target: medians over all searches, None unless more than half of them reached it."""

    target: str
    reached: int
    searches: int
    evaluations: float | None
    training_seconds: float | None
    evaluations_after_initial: float | None = Field(description="the first generation not counted")
    training_seconds_after_initial: float | None


class ReferenceLine(Record):
    """A reference in the table."""

    name: str
    selection: Spread | None
    test: Spread | None
    searches: tuple[ReferenceOutcome, ...]


class ArmLine(Record):
    """An arm in the table; counts and seconds are medians over its searches."""

    name: str
    algorithm: str
    proposer: str
    metric: str = Field(description="of its searches; the test's may be another")
    task: int = Field(description="place of its task among those of the comparison; only arms of one are compared")
    reference: str = Field(description="name of its reference in the table")
    random: str | None = Field(description="name of the random search with its proposer and task; None: there is none")
    selection: Spread | None
    test: Spread | None
    gain: Gain | None = Field(description="over its random search; None where there is none, and for a single seed")
    reference_gain: Gain | None = Field(description="over its reference; None for a single seed")
    fallbacks: int = Field(description="searches that found nothing and count as the reference")
    failures: int = Field(description="searches whose champion diverged in the test, which count as the reference too")
    early: dict[str, int] = Field(description="searches that ended before the budget was spent, by why")
    overshoot: float = Field(description="the most that one of its searches went beyond the budget, in its unit")
    evaluations: float
    trainings: float
    training_seconds: float
    wall_seconds: float
    evaluations_after_initial: float = Field(description="the first generation not counted; the next two alike")
    trainings_after_initial: float
    training_seconds_after_initial: float
    times: tuple[TimeToTarget, ...]
    searches: tuple[SearchOutcome, ...]


class BenchmarkResult(Record):
    """The table, the curves, and what they are made from."""

    task: str
    metric: str
    direction: str
    budget: BudgetSettings
    seeds: tuple[int, ...]
    confidence: float = Field(description="of the t intervals")
    targets: tuple[str, ...]
    references: tuple[ReferenceLine, ...]
    arms: tuple[ArmLine, ...]
    reference_cost: Spent = Field(description="outside the budget: of the references, in all phases and seeds")
    final_cost: Spent = Field(description="outside the budget: of all searches in selection and test")
    selection_seeds: int
    verdict_seeds: int
