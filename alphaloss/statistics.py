"""Intervals and tests for paired scores: how much better, and how sure.

All losses of a phase train on the same seeds and are measured on the same samples, so differences are taken seed by
seed and sample by sample. The difference d of two losses has seeds crossed with samples, both of them drawn at random:

    d[seed, sample] = mean + effect of the seed + effect of the sample + rest

What is claimed of a task is about the mean over *all* seeds and samples, of which a phase sees a few. Measured coverage
of every interval: `docs/design/verdict.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

_RESAMPLES = 4_000
_BLOCK = 500
_ROUNDING = 1e-12  # relative; smaller differences of scores are those of floating point

Values = NDArray[np.float64]


class Difference(NamedTuple):
    """A mean paired difference, positive if the first loss is better, with its interval."""

    mean: float
    error: float  # standard error of the mean
    low: float
    high: float
    p_value: float  # one-sided, of the hypothesis that the first is not better


def orient(scores: Sequence[float], maximize: bool) -> Values:
    """Scores so that larger is better."""
    return np.asarray(scores, dtype=np.float64) * (1.0 if maximize else -1.0)


def paired(first: NDArray[Any], second: NDArray[Any], confidence: float) -> Difference:
    """Paired t interval, for new seeds and the same samples.

    Where all differences are equal there is nothing to estimate a spread from: the interval has no width, and the
    p-value is 1, because such a sample proves nothing.

    Args:
        first, second: shape (seeds,), oriented, at least 2 seeds.
        confidence: of the two-sided interval.
    """
    d = np.asarray(first - second, dtype=np.float64)
    if _tied(d, first, second):
        return Difference(float(d.mean()), 0.0, float(d.mean()), float(d.mean()), 1.0)
    return _t_interval(float(d.mean()), float(d.std(ddof=1) / np.sqrt(len(d))), len(d), confidence)


def lower_bound(first: NDArray[Any], second: NDArray[Any], confidence: float) -> float:
    """One-sided lower confidence bound of the mean paired difference."""
    return paired(first, second, 2 * confidence - 1).low


def crossed(first: NDArray[Any], second: NDArray[Any], confidence: float) -> Difference:
    """t interval of the mean difference, for new seeds and new samples.

    The variance of the mean is that of the seeds' means plus what the choice of the samples adds to it, as for readers
    and cases in diagnostic studies (Hillis, "A comparison of denominator degrees of freedom methods for multiple
    observer ROC analysis", 2007). The degrees of freedom are those of the seeds, which is cautious.

    Equal differences on all seeds have a p-value of 1: accuracies move in steps, and a spread of zero by chance must
    not look like certainty.

    Args:
        first, second: shape (seeds, samples), oriented contributions of each sample to the metric, at least 2 seeds.
        confidence: of the two-sided interval.
    """
    effects = _Effects.of(first, second)
    found = _t_interval(effects.mean, effects.error, len(effects.seeds), confidence)
    tied = _tied(effects.seeds, first, second)
    return found._replace(p_value=1.0) if tied else found


def bootstrap(first: NDArray[Any], second: NDArray[Any], confidence: float, seed: int = 0) -> tuple[float, float]:
    """Bootstrap interval of the mean difference over seeds and samples.

    Effects of seeds and of samples are drawn with replacement. Before, they are scaled to their estimated variance
    (Carpenter, Goldstein and Rasbash, "A novel bootstrap procedure for assessing the relationship between class size
    and achievement", 2003): as observed, those of few seeds are too small, and those of the samples hold the rest,
    which would be counted twice. The quantiles' distances from the mean are widened as t quantiles are to normal ones.

    Args:
        first, second: shape (seeds, samples), oriented contributions of each sample to the metric, at least 2 seeds.
        confidence: of the two-sided interval.
        seed: of the resampling.
    """
    effects = _Effects.of(first, second)
    rng = np.random.default_rng(seed)
    moves = _resample(effects.seeds, effects.seed_variance, rng)
    moves += _resample(effects.samples, effects.sample_variance, rng)
    upper = 0.5 + confidence / 2
    widening = float(stats.t.ppf(upper, len(effects.seeds) - 1) / stats.norm.ppf(upper))
    low, high = effects.mean + widening * np.quantile(moves, [1 - upper, upper])
    return float(low), float(high)


def holm(p_values: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects at a family-wise level."""
    rejected = [False] * len(p_values)
    for rank, index in enumerate(np.argsort(p_values)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected[index] = True
    return rejected


def detectable(error: float, seeds: int, *, level: float, power: float) -> float:
    """The smallest true difference that a one-sided t test over seeds finds with this probability.

    Args:
        error: standard error of the mean difference.
        seeds: at least 2.
        level: of the test.
        power: the probability.
    """
    return error * _detectable_shift(seeds, level, power)


def standard_error(scores: Sequence[float]) -> float | None:
    """Of the mean; None for fewer than two scores."""
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else None


class _Effects(NamedTuple):
    """A difference of two losses, taken apart: deviations from its mean, and what they add to the mean's variance."""

    mean: float
    seeds: Values  # (seeds,)
    samples: Values  # (samples,)
    seed_variance: float
    sample_variance: float

    @classmethod
    def of(cls, first: NDArray[Any], second: NDArray[Any]) -> _Effects:
        """From shape (seeds, samples)."""
        d = np.asarray(first - second, dtype=np.float64)
        mean = d.mean()
        seeds, samples = d.mean(axis=1) - mean, d.mean(axis=0) - mean
        rest = d - mean - seeds[:, None] - samples
        of_seeds, of_samples = _variance_of_mean(seeds), _variance_of_mean(samples)
        # Both hold that of the rest, which is counted once.
        of_rest = float(np.sum(rest**2)) / (d.size * (len(seeds) - 1) * max(len(samples) - 1, 1))
        return cls(float(mean), seeds, samples, of_seeds, max(of_samples - of_rest, 0.0))

    @property
    def error(self) -> float:
        return float(np.sqrt(self.seed_variance + self.sample_variance))


@cache
def _detectable_shift(seeds: int, level: float, power: float) -> float:
    """The true difference in standard errors, so that the noncentral t statistic is large enough with this power."""
    critical = stats.t.ppf(1 - level, seeds - 1)
    return float(optimize.brentq(lambda x: stats.nct.sf(critical, seeds - 1, x) - power, 0.0, 10 * critical))


def _variance_of_mean(effects: Values) -> float:
    return float(np.sum(effects**2)) / (len(effects) * max(len(effects) - 1, 1))  # one sample has no spread


def _t_interval(mean: float, error: float, seeds: int, confidence: float) -> Difference:
    if error == 0.0:
        return Difference(mean, 0.0, mean, mean, 1.0)
    width = float(stats.t.ppf(0.5 + confidence / 2, seeds - 1)) * error
    return Difference(mean, error, mean - width, mean + width, float(stats.t.sf(mean / error, seeds - 1)))


def _tied(values: Values, first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Whether values made of these scores are equal up to rounding."""
    return bool(np.ptp(values) <= _ROUNDING * max(np.abs(first).max(), np.abs(second).max()))


def _resample(effects: Values, variance: float, rng: np.random.Generator) -> Values:
    """Means of effects drawn with replacement, shape (resamples,), with this variance on average."""
    spread, count = effects.std(), len(effects)
    if spread == 0.0:
        return np.zeros(_RESAMPLES)
    # Effects on accuracies take few values: drawing how often each one comes is the same, and many times faster.
    values, counts = np.unique(effects, return_counts=True)
    blocks = range(_RESAMPLES // _BLOCK)  # for test sets of ten thousands
    drawn = np.concatenate([rng.multinomial(count, counts / count, _BLOCK) @ values for _ in blocks]) / count
    scaled: Values = drawn * (np.sqrt(count * variance) / spread)
    return scaled
