"""The third phase: the champion against its references on fresh seeds, on test data that nothing has seen before.

Three claims are tested: better than the reference (cross-entropy, or the squared error), better than the reference
stopped early on validation data, better than the best of the zoo. Everything else in the table is descriptive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from pydantic import Field

from alphaloss.bench import Bench, Pending
from alphaloss.config import VerdictSettings
from alphaloss.losses.zoo import REFERENCE, REFERENCES
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Program, Record, Training
from alphaloss.statistics import Difference, Values, bootstrap, crossed, detectable, holm, orient, standard_error

CHAMPION = "champion"
BEST_OF_ZOO = "best of the zoo"
_CLAIMS = 3
_LEVEL, _POWER = 0.05, 0.8
_FEWEST_SEEDS = 4  # with fewer, a metric that moves in steps makes the t test too sure


def early_stopped(reference: str) -> str:
    """The line of the reference stopped early."""
    return f"{reference}, stopped early"


def tuned_label(reference: str, learning_rate_scale: float) -> str:
    """The line of the reference at the best factor on its learning rate."""
    return f"{reference}, tuned learning rate (x {learning_rate_scale:g})"


class TestScore(Record):
    """One line of the verdict: the test metric over the verdict's seeds."""

    label: str
    mean: float | None = Field(description="None if a training failed")
    standard_error: float | None
    failed: int = Field(description="trainings that have no score")


class Comparison(Record):
    """The champion against one reference. Differences are positive where the champion is better."""

    against: str
    difference: float
    low: float = Field(description="of the bootstrap interval over seeds and test samples")
    high: float
    t_low: float = Field(description="of the t interval over seeds and test samples")
    t_high: float


class Claim(Comparison):
    """A comparison that was planned, and is tested."""

    p_value: float = Field(description="one-sided, of the t test over seeds and test samples")
    holds: bool = Field(
        description="by the t test after Holm's correction for three claims at 5 %, and by the bootstrap interval"
    )
    detectable: float | None = Field(
        description="smallest difference that these seeds would show with 80 % power; None with fewer than four seeds, "
        "which show nothing"
    )


class Verdict(Record):
    """What the test data said."""

    confidence: float
    seeds: int
    reference: str = Field(REFERENCE, description="name of the loss that all are compared with")
    scores: tuple[TestScore, ...]
    claims: tuple[Claim, ...]
    learning_rate_scale: float = Field(description="factor on the reference's learning rate that validation data chose")
    tuned: Comparison | None = Field(
        description="with the reference at that rate: descriptive, in no correction; None if a training failed"
    )

    @property
    def better(self) -> bool:
        """Whether the champion is shown to be better than the reference."""
        return any(claim.holds for claim in self.claims if claim.against == self.reference)

    def score(self, label: str) -> float | None:
        """The mean test score of a line."""
        return next(s.mean for s in self.scores if s.label == label)


def judge(
    settings: VerdictSettings,
    bench: Bench,
    *,
    champion: Program,
    best_of_zoo: Program,
    reference: Program,
    learning_rate_scale: float,
    progress: Progress,
) -> Verdict:
    """Trains on the phase's seeds and opens the test data.

    Args:
        settings: the confidence of the intervals.
        bench: with the seeds of the verdict phase, measuring on test data.
        champion: of the selection.
        best_of_zoo: of the selection.
        reference: of the kind of task.
        learning_rate_scale: its best factor in the selection.
        progress: is told what happens.
    """
    name = REFERENCES[bench.workers.info.target]
    tuned, early = tuned_label(name, learning_rate_scale), early_stopped(name)
    pending = {
        CHAMPION: bench.submit(champion),
        name: bench.submit(reference),
        BEST_OF_ZOO: bench.submit(best_of_zoo),
        tuned: bench.submit(reference, learning_rate_scale=learning_rate_scale),
    }
    evaluations = {label: _collect(bench, fit, progress) for label, fit in pending.items()}
    maximize = bench.workers.info.direction == "max"
    lines = {label: _Line.of(e.trainings, maximize, early=False) for label, e in evaluations.items()}
    lines[early] = _Line.of(evaluations[name].trainings, maximize, early=True)
    differences = _differences(lines, settings.confidence)
    claimed = [label for label in (name, early, BEST_OF_ZOO) if label in differences]
    return Verdict(
        confidence=settings.confidence,
        seeds=len(bench.seeds),
        reference=name,
        scores=tuple(lines[label].summary(label) for label in (CHAMPION, name, early, tuned, BEST_OF_ZOO)),
        claims=_claims({label: differences[label] for label in claimed}, len(bench.seeds)),
        learning_rate_scale=learning_rate_scale,
        tuned=differences[tuned].comparison if tuned in differences else None,
    )


class _Line(NamedTuple):
    """Test scores (seeds,) and oriented contributions (seeds, samples) of one line of the table."""

    scores: Sequence[float]
    samples: Values
    failed: int

    @classmethod
    def of(cls, trainings: Sequence[Training], maximize: bool, *, early: bool) -> _Line:
        tests = [t.test for t in trainings if t.test is not None and t.score is not None]
        scores = [t.early_score if early else t.score for t in tests]
        samples = [orient(t.early_samples if early else t.samples, maximize) for t in tests]
        return cls(scores, np.array(samples), len(trainings) - len(tests))

    def summary(self, label: str) -> TestScore:
        complete = self.failed == 0
        return TestScore(
            label=label,
            mean=float(np.mean(self.scores)) if complete else None,
            standard_error=standard_error(self.scores) if complete else None,
            failed=self.failed,
        )


class _Compared(NamedTuple):
    comparison: Comparison
    difference: Difference


def _collect(bench: Bench, pending: Pending, progress: Progress) -> Evaluation:
    evaluation = bench.collect(pending)
    progress.trained(evaluation)
    return evaluation


def _differences(lines: Mapping[str, _Line], confidence: float) -> dict[str, _Compared]:
    """The champion against every other line, by label; without lines in which a training failed."""
    champion = lines[CHAMPION]
    found = {}
    for label, line in lines.items():
        if label == CHAMPION or champion.failed or line.failed:
            continue
        difference = crossed(champion.samples, line.samples, confidence)
        low, high = bootstrap(champion.samples, line.samples, confidence)
        comparison = Comparison(
            against=label,
            difference=difference.mean,
            low=low,
            high=high,
            t_low=difference.low,
            t_high=difference.high,
        )
        found[label] = _Compared(comparison, difference)
    return found


def _claims(compared: Mapping[str, _Compared], seeds: int) -> tuple[Claim, ...]:
    # All claims were planned; one that cannot be tested counts as one that fails.
    untested = _CLAIMS - len(compared)
    rejected = holm([c.difference.p_value for c in compared.values()] + [1.0] * untested, _LEVEL)
    enough = seeds >= _FEWEST_SEEDS
    claims = []
    for (comparison, difference), held in zip(compared.values(), rejected, strict=False):
        power = detectable(difference.error, seeds, level=_LEVEL / _CLAIMS, power=_POWER) if enough else None
        claims.append(
            Claim(
                **dict(comparison),
                p_value=difference.p_value,
                holds=enough and held and comparison.low > 0,
                detectable=power,
            )
        )
    return tuple(claims)
