"""What the zoo's trainings tell of a task: how good each loss is, and what there is to gain.

Everything is computed from validation scores, oriented so that larger is better, in arrays with one row a loss and one
column a seed; all losses see the same seeds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from alphaloss.records import Record
from alphaloss.screening import Look
from alphaloss.statistics import paired

FEWEST_SEEDS = 3
"""A seed is left out, and something is chosen by the mean of the others."""

CLEAR = 2.5
"""A gain is clear from this many standard deviations of a mean difference on: what a hand-made candidate should reach
before a search is paid for (the "headroom gate" of EvoRank, 2026)."""

_FEWEST_SAMPLES = 5  # by which losses must differ: with fewer, a sign test over samples fails at 5 % in the best case

Floats = NDArray[np.float64]


class Headroom(Record):
    """The best known loss against the reference. What is chosen for a seed is chosen by the mean over the others."""

    loss: str = Field(description="best of the zoo over all seeds")
    against: str = Field(description="best of the references over all seeds")
    difference: float = Field(description="mean over seeds, positive where the loss is better")
    low: float
    high: float
    clear: float = Field(description="difference of these two that a selection would tell from noise")


class LossScore(Record):
    """One line of the full rung."""

    loss: str
    learning_rate_scale: float
    status: str = Field(description="`ok`, or how its first failed training ended")
    mean: float | None = Field(description="validation metric after the last epoch; None if a training failed")
    deviation: float | None = Field(description="standard deviation of one training")
    message: str = ""


class Calibration(Record):
    """What is known of a task before a search: from validation data alone."""

    task: str
    metric: str
    validation_samples: int
    seeds: int
    confidence: float = Field(description="of all intervals")
    trainings: int
    seconds: float = Field(description="from start to end, workers' start included")
    looks: tuple[Look, ...] = Field(description="the cheaper rungs, then the full one by epoch; its last comes last")
    losses: tuple[LossScore, ...] = Field(description="best first")
    headroom: tuple[Headroom, Headroom] = Field(description="over the best learning rate, and the best epoch as well")
    worth_it: bool
    conclusion: str
    screening: str = Field(description="which rung to screen with, if any")


def chosen_by_others(scores: Floats) -> Floats:
    """For each seed the score of the candidate with the best mean over the other seeds: choosing is no gain.

    Args:
        scores: shape (candidates, seeds), at least two seeds; of equal means the first candidate is chosen.

    Returns:
        Shape (seeds,).
    """
    others = scores.sum(axis=1, keepdims=True) - scores
    chosen: Floats = np.take_along_axis(scores, np.argmax(others, axis=0)[None], axis=0)[0]
    return chosen


def headroom(
    losses: Mapping[str, Floats], references: Mapping[str, Floats], *, confidence: float, selection_seeds: int
) -> Headroom:
    """The best of some losses against the best of some references, each chosen for a seed by the other seeds.

    The interval is that of a paired t test over seeds; it holds for these validation samples.

    Args:
        losses: by name, shape (seeds,).
        references: by name, shape (seeds,).
        confidence: of the interval.
        selection_seeds: trainings for each loss of the selection that a search would have.
    """
    loss, against = (max(of, key=lambda name: float(of[name].mean())) for of in (losses, references))
    chosen, reference = (chosen_by_others(np.array(list(of.values()))) for of in (losses, references))
    difference = paired(chosen, reference, confidence)
    noise = np.hypot(losses[loss].std(ddof=1), references[against].std(ddof=1)) / np.sqrt(selection_seeds)
    return Headroom(
        loss=loss,
        against=against,
        difference=difference.mean,
        low=difference.low,
        high=difference.high,
        clear=CLEAR * float(noise),
    )


def conclude(tuned: Headroom, stopped: Headroom, *, selection_seeds: int, validation_samples: int) -> tuple[bool, str]:
    """Whether a search is worth its time, and the sentence that says why.

    Args:
        tuned: over the reference with its best learning rate.
        stopped: over the reference with its best learning rate and epoch.
        selection_seeds: trainings for each loss of the selection.
        validation_samples: that the metric is a mean over.
    """
    samples = tuned.difference * validation_samples
    found = f"over {tuned.against}, the best of the zoo ({tuned.loss}) gains {_difference(tuned)}"
    bar = f"{tuned.clear:.4f}, which {selection_seeds} seeds tell from noise"
    if tuned.difference <= tuned.clear < tuned.high and tuned.high * validation_samples >= _FEWEST_SAMPLES:
        return False, (
            f"Not clear on this evidence: {found}, and {bar}, would count. Raise --seeds; or search, for a search may "
            "find more than the zoo has."
        )
    if tuned.difference <= tuned.clear:
        return False, (
            f"Not worth it on this evidence: {found}, not more than {bar}. Losses gain most on wrong labels, long "
            "tails and few labels; elsewhere a better model gains more."
        )
    if samples < _FEWEST_SAMPLES:
        return False, (
            f"Not worth it on this evidence: {found}, which is {samples:.1f} of the {validation_samples} validation "
            "samples: with others it may be nothing. Collect more validation data."
        )
    if tuned.low <= 0:
        return False, (
            f"Not worth it on this evidence: {found}, more than {bar}, but the seeds disagree and it may be nothing. "
            "Raise --seeds."
        )
    sentence = f"A search is worth it: {found}, more than {bar}. Expected of a search: about as much, or more."
    if stopped.difference > stopped.clear and stopped.low > 0:
        return True, sentence
    return True, (
        f"{sentence} But over {stopped.against}, only {_difference(stopped)} remain: stopping early may be all that "
        "you need."
    )


def _difference(gain: Headroom) -> str:
    return f"{gain.difference:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
