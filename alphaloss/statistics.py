"""Intervals and tests for paired scores: how much better, and how sure.

All losses of a phase train on the same seeds, so differences are taken seed by seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

_RESAMPLES = 4_000
_BLOCK = 500


class Difference(NamedTuple):
    """A mean paired difference, positive if the first loss is better, with its interval."""

    mean: float
    low: float
    high: float
    p_value: float  # one-sided, of the hypothesis that the first is not better


def orient(scores: Sequence[float], maximize: bool) -> NDArray[np.float64]:
    """Scores so that larger is better."""
    return np.asarray(scores, dtype=np.float64) * (1.0 if maximize else -1.0)


def paired(first: NDArray[Any], second: NDArray[Any], confidence: float) -> Difference:
    """Paired t interval.

    Where all differences are equal there is nothing to estimate a spread from: the interval has no width, and the
    p-value is 1, because such a sample proves nothing.

    Args:
        first, second: shape (seeds,), oriented, at least 2 seeds.
        confidence: of the two-sided interval.
    """
    d = np.asarray(first - second, dtype=np.float64)
    error = float(d.std(ddof=1) / np.sqrt(len(d)))
    mean = float(d.mean())
    if error == 0.0:
        return Difference(mean, mean, mean, 1.0)
    width = float(stats.t.ppf(0.5 + confidence / 2, len(d) - 1)) * error
    return Difference(mean, mean - width, mean + width, float(stats.t.sf(mean / error, len(d) - 1)))


def lower_bound(first: NDArray[Any], second: NDArray[Any], confidence: float) -> float:
    """One-sided lower confidence bound of the mean paired difference."""
    return paired(first, second, 2 * confidence - 1).low


def bootstrap(first: NDArray[Any], second: NDArray[Any], confidence: float, seed: int = 0) -> tuple[float, float]:
    """Percentile interval of the mean difference, resampling seeds and test samples.

    Args:
        first, second: shape (seeds, samples), oriented contributions of each test sample to the metric.
        confidence: of the two-sided interval.
        seed: of the resampling.
    """
    d = np.asarray(first - second, dtype=np.float64)
    seeds, samples = d.shape
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(_RESAMPLES // _BLOCK):  # in blocks, for test sets of ten thousands
        # Counting how often each seed and sample is drawn turns the resampling into two small matrix products.
        by_seed = rng.multinomial(seeds, np.full(seeds, 1 / seeds), _BLOCK) / seeds
        by_sample = rng.multinomial(samples, np.full(samples, 1 / samples), _BLOCK) / samples
        means.append(np.einsum("rs,rs->r", by_seed, by_sample @ d.T))
    low, high = np.quantile(np.concatenate(means), [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)


def holm(p_values: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects at a family-wise level."""
    rejected = [False] * len(p_values)
    for rank, index in enumerate(np.argsort(p_values)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected[index] = True
    return rejected


def standard_error(scores: Sequence[float]) -> float | None:
    """Of the mean; None for fewer than two scores."""
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else None
