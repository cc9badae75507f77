"""The third phase: the champion against its references on fresh seeds, on test data that nothing has seen before.

Three claims are tested: better than cross-entropy, better than cross-entropy stopped early on validation data, better
than the best of the zoo. Everything else in the table is descriptive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import stats

from alphaloss.bench import Bench, Pending
from alphaloss.config import VerdictSettings
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Program, Record, Training
from alphaloss.statistics import bootstrap, holm, orient, paired, standard_error

CROSS_ENTROPY = "cross-entropy"
EARLY_STOPPED = "cross-entropy, stopped early"
HALF_RATE = "cross-entropy, learning rate / 2"
DOUBLE_RATE = "cross-entropy, learning rate x 2"
CHAMPION = "champion"
_CLAIMS, _LEVEL = 3, 0.05
_FEWEST_SEEDS = 4  # with fewer, a metric that moves in steps makes the t test too sure
BEST_OF_ZOO = "best of the zoo"


class TestScore(Record):
    """One line of the verdict: the test metric over the verdict's seeds."""

    label: str
    mean: float | None = Field(description="None if a training failed")
    standard_error: float | None
    failed: int = Field(description="trainings that have no score")


class Claim(Record):
    """The champion against one reference. Differences are positive where the champion is better."""

    against: str
    difference: float
    low: float = Field(description="of the bootstrap interval over seeds and test samples")
    high: float
    t_low: float = Field(description="of the paired t interval over seeds")
    t_high: float
    p_value: float = Field(description="one-sided, paired t")
    holds: bool = Field(
        description="by the t test after Holm's correction for three claims at 5 %, and by the bootstrap interval"
    )
    detectable: float = Field(description="smallest difference that these seeds would show with 80 % power")


class Verdict(Record):
    """What the test data said."""

    confidence: float
    seeds: int
    scores: tuple[TestScore, ...]
    claims: tuple[Claim, ...]

    @property
    def better(self) -> bool:
        """Whether the champion is shown to be better than cross-entropy."""
        return any(claim.holds for claim in self.claims if claim.against == CROSS_ENTROPY)

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
    progress: Progress,
) -> Verdict:
    """Trains on the phase's seeds and opens the test data.

    Args:
        settings: the confidence of the intervals.
        bench: with the seeds of the verdict phase, measuring on test data.
        champion: of the selection.
        best_of_zoo: of the selection.
        reference: cross-entropy.
        progress: is told what happens.
    """
    pending = {
        CHAMPION: bench.submit(champion),
        CROSS_ENTROPY: bench.submit(reference),
        BEST_OF_ZOO: bench.submit(best_of_zoo),
        HALF_RATE: bench.submit(reference, learning_rate_scale=0.5),
        DOUBLE_RATE: bench.submit(reference, learning_rate_scale=2.0),
    }
    evaluations = {label: _collect(bench, fit, progress) for label, fit in pending.items()}
    maximize = bench.workers.info.direction == "max"
    lines = {label: _Line.of(e.trainings, early=False) for label, e in evaluations.items()}
    lines[EARLY_STOPPED] = _Line.of(evaluations[CROSS_ENTROPY].trainings, early=True)
    order = (CHAMPION, CROSS_ENTROPY, EARLY_STOPPED, HALF_RATE, DOUBLE_RATE, BEST_OF_ZOO)
    return Verdict(
        confidence=settings.confidence,
        seeds=len(bench.seeds),
        scores=tuple(lines[label].summary(label) for label in order),
        claims=_claims(lines, maximize, settings.confidence),
    )


class _Line:
    """Test scores (seeds,) and contributions (seeds, samples) of one line of the table."""

    def __init__(self, scores: Sequence[float], samples: NDArray[np.float64], failed: int) -> None:
        self.scores = scores
        self.samples = samples
        self.failed = failed

    @classmethod
    def of(cls, trainings: Sequence[Training], *, early: bool) -> _Line:
        tests = [t.test for t in trainings if t.test is not None and t.score is not None]
        scores = [t.early_score if early else t.score for t in tests]
        samples = np.array([t.early_samples if early else t.samples for t in tests])
        return cls(scores, samples, len(trainings) - len(tests))

    def summary(self, label: str) -> TestScore:
        complete = self.failed == 0
        return TestScore(
            label=label,
            mean=float(np.mean(self.scores)) if complete else None,
            standard_error=standard_error(self.scores) if complete else None,
            failed=self.failed,
        )


def _collect(bench: Bench, pending: Pending, progress: Progress) -> Evaluation:
    evaluation = bench.collect(pending)
    progress.trained(evaluation)
    return evaluation


def _claims(lines: Mapping[str, _Line], maximize: bool, confidence: float) -> tuple[Claim, ...]:
    """The claims against references that could be trained; none if the champion could not."""
    champion = lines[CHAMPION]
    against = [label for label in (CROSS_ENTROPY, EARLY_STOPPED, BEST_OF_ZOO) if lines[label].failed == 0]
    if champion.failed or not against:
        return ()
    sign = 1.0 if maximize else -1.0
    differences = [
        paired(orient(champion.scores, maximize), orient(lines[label].scores, maximize), confidence)
        for label in against
    ]
    # Three claims were planned; one that cannot be tested counts as one that fails.
    p_values = [d.p_value for d in differences] + [1.0] * (_CLAIMS - len(differences))
    enough = len(champion.scores) >= _FEWEST_SEEDS
    holds = [enough and held for held in holm(p_values, _LEVEL)[: len(differences)]]
    claims = []
    for label, difference, held in zip(against, differences, holds, strict=True):
        low, high = bootstrap(sign * champion.samples, sign * lines[label].samples, confidence)
        claims.append(
            Claim(
                against=label,
                difference=difference.mean,
                low=low,
                high=high,
                t_low=difference.low,
                t_high=difference.high,
                p_value=difference.p_value,
                holds=held and low > 0,
                detectable=_detectable(np.subtract(champion.scores, lines[label].scores)),
            )
        )
    return tuple(claims)


def _detectable(differences: NDArray[np.float64]) -> float:
    """Difference that the strictest step of Holm's procedure finds with 80 % power (normal approximation of it)."""
    n = len(differences)
    quantiles = stats.t.ppf(1 - _LEVEL / _CLAIMS, n - 1) + stats.norm.ppf(0.8)
    return float(quantiles * differences.std(ddof=1) / np.sqrt(n))
