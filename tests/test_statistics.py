from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alphaloss.statistics import bootstrap, holm, lower_bound, orient, paired, standard_error

FIRST = np.array([0.91, 0.94, 0.88, 0.95, 0.90])
SECOND = np.array([0.72, 0.95, 0.70, 0.81, 0.88])


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_paired_interval_and_p_value_are_those_of_scipy(confidence: float):
    found = paired(FIRST, SECOND, confidence)
    two_sided = stats.ttest_rel(FIRST, SECOND).confidence_interval(confidence)
    assert found.mean == pytest.approx(np.mean(FIRST - SECOND))
    assert (found.low, found.high) == pytest.approx((two_sided.low, two_sided.high))
    assert found.p_value == pytest.approx(stats.ttest_rel(FIRST, SECOND, alternative="greater").pvalue)


def test_the_p_value_is_one_sided():
    assert paired(SECOND, FIRST, 0.95).p_value == pytest.approx(1.0 - paired(FIRST, SECOND, 0.95).p_value)


@pytest.mark.parametrize("confidence", [0.75, 0.9, 0.99])
def test_the_lower_bound_is_one_sided(confidence: float):
    scipy = stats.ttest_rel(FIRST, SECOND, alternative="greater").confidence_interval(confidence)
    assert lower_bound(FIRST, SECOND, confidence) == pytest.approx(scipy.low)


def test_equal_scores_are_no_difference_and_no_evidence():
    assert paired(FIRST, FIRST, 0.95) == (0.0, 0.0, 0.0, 1.0)
    assert lower_bound(FIRST, FIRST, 0.9) == 0.0


def test_the_same_gain_on_every_seed_has_no_width():
    ones, twos = np.ones(4), np.full(4, 2.0)
    assert paired(twos, ones, 0.95) == (1.0, 1.0, 1.0, 1.0)  # and proves nothing: there is no spread to judge it by
    assert paired(ones, twos, 0.95) == (-1.0, -1.0, -1.0, 1.0)


scores = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12).map(np.array)


@settings(deadline=None)
@given(scores, st.floats(0.51, 0.99))
def test_the_interval_holds_the_mean_and_swapping_the_losses_mirrors_it(pairs, confidence: float):
    ours, theirs = pairs.T
    forth, back = paired(ours, theirs, confidence), paired(theirs, ours, confidence)
    assert forth.low <= forth.mean <= forth.high
    assert (forth.mean, forth.low, forth.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert 0.0 <= forth.p_value <= 1.0


def simulated(rng: np.random.Generator, gain: float, seeds: int = 10, samples: int = 20):
    """Two losses with seed effects, sample effects and noise; the first is better by `gain`."""
    noise = rng.normal(0.0, 0.3, (2, seeds, samples))
    by_seed = rng.normal(0.0, 0.05, (2, seeds, 1))
    by_sample = rng.normal(0.0, 0.3, (2, 1, samples))
    first, second = noise + by_seed + by_sample
    return first + gain, second


def coverage(confidence: float) -> float:
    """Share of 200 simulated data sets whose interval holds the true difference."""
    rng = np.random.default_rng(0)
    intervals = [bootstrap(*simulated(rng, gain=0.1), confidence) for _ in range(200)]
    return float(np.mean([low <= 0.1 <= high for low, high in intervals]))


def test_the_bootstrap_interval_holds_the_true_difference_as_often_as_it_says():
    # Percentile intervals of ten seeds are a little too narrow; those over seeds and samples a little too wide.
    assert 0.85 <= coverage(0.9) <= 0.98
    assert 0.40 <= coverage(0.5) <= 0.65


def test_the_bootstrap_agrees_with_a_loop_that_draws_seeds_and_samples():
    first, second = simulated(np.random.default_rng(1), gain=0.1, seeds=4, samples=6)
    d, rng = first - second, np.random.default_rng(2)
    means = [d[rng.integers(0, 4, 4)][:, rng.integers(0, 6, 6)].mean() for _ in range(20_000)]
    low, high = np.quantile(means, [0.05, 0.95])
    # The quantiles of 4,000 resamples have a standard error of about 2 % of the interval's width.
    assert bootstrap(first, second, 0.9) == pytest.approx((low, high), abs=0.08 * (high - low))


def test_the_bootstrap_is_the_same_for_the_same_seed():
    first, second = simulated(np.random.default_rng(3), gain=0.1)
    assert bootstrap(first, second, 0.95, seed=4) == bootstrap(first, second, 0.95, seed=4)
    assert bootstrap(first, second, 0.95, seed=4) != bootstrap(first, second, 0.95, seed=5)


def test_the_bootstrap_of_equal_predictions_is_a_point():
    first, _ = simulated(np.random.default_rng(5), gain=0.0)
    assert bootstrap(first, first, 0.95) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("p_values", "rejected"),
    [
        # At 5 %: .005 <= .05/4, .01 <= .05/3, .03 > .05/2, and .04 stays although .04 <= .05/1.
        ([0.01, 0.04, 0.03, 0.005], [True, False, False, True]),
        ([0.001, 0.01, 0.04], [True, True, True]),
        ([0.02, 0.02, 0.02], [False, False, False]),
        ([0.05], [True]),
        ([], []),
    ],
)
def test_holm_steps_down(p_values: list[float], rejected: list[bool]):
    assert holm(p_values, level=0.05) == rejected


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=8), st.randoms(use_true_random=False))
def test_holm_lies_between_bonferroni_and_no_correction_and_sees_no_order(p_values: list[float], random):
    rejected = holm(p_values)
    for p, held in zip(p_values, rejected, strict=True):
        assert held >= (p <= 0.05 / len(p_values))
        assert held <= (p <= 0.05)
    order = random.sample(range(len(p_values)), len(p_values))
    shuffled = holm([p_values[i] for i in order])
    assert sorted(zip([p_values[i] for i in order], shuffled, strict=True)) == sorted(
        zip(p_values, rejected, strict=True)
    )


def test_oriented_scores_grow_with_quality():
    np.testing.assert_array_equal(orient([0.5, 0.7], maximize=True), [0.5, 0.7])
    np.testing.assert_array_equal(orient([0.5, 0.7], maximize=False), [-0.5, -0.7])


def test_the_standard_error_is_that_of_the_mean():
    assert standard_error([1.0, 2.0, 3.0, 4.0]) == pytest.approx(stats.sem([1.0, 2.0, 3.0, 4.0]))
    assert standard_error([1.0]) is None
    assert standard_error([]) is None
