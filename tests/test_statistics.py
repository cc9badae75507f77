from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alphaloss.statistics import (
    bootstrap,
    crossed,
    detectable,
    holm,
    lower_bound,
    orient,
    paired,
    standard_error,
)

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
    assert paired(FIRST, FIRST, 0.95) == (0.0, 0.0, 0.0, 0.0, 1.0)
    assert lower_bound(FIRST, FIRST, 0.9) == 0.0


def test_the_same_gain_on_every_seed_has_no_width():
    ones, twos = np.ones(4), np.full(4, 2.0)
    # And proves nothing: there is no spread to judge it by.
    assert paired(twos, ones, 0.95) == (1.0, 0.0, 1.0, 1.0, 1.0)
    assert paired(ones, twos, 0.95) == (-1.0, 0.0, -1.0, -1.0, 1.0)


def test_gains_that_differ_by_rounding_only_are_equal():
    gains = np.array([0.94, 0.92, 0.90]) - np.array([0.93, 0.91, 0.89])
    assert gains.std() > 0  # of a few 1e-18
    assert paired(np.array([0.94, 0.92, 0.90]), np.array([0.93, 0.91, 0.89]), 0.95).p_value == 1.0


scores = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12).map(np.array)


@settings(deadline=None)
@given(scores, st.floats(0.51, 0.99))
def test_the_interval_holds_the_mean_and_swapping_the_losses_mirrors_it(pairs, confidence: float):
    ours, theirs = pairs.T
    forth, back = paired(ours, theirs, confidence), paired(theirs, ours, confidence)
    assert forth.low <= forth.mean <= forth.high
    assert (forth.mean, forth.low, forth.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert 0.0 <= forth.p_value <= 1.0


def simulated(rng: np.random.Generator, gain: float, seeds: int = 10, samples: int = 20, rest: float = 0.3):
    """Two losses with seed effects, sample effects and a rest; the first is better by `gain`."""
    by_seed = rng.normal(0.0, 0.05, (2, seeds, 1))
    by_sample = rng.normal(0.0, 0.3, (2, 1, samples))
    first, second = rng.normal(0.0, rest, (2, seeds, samples)) + by_seed + by_sample
    return first + gain, second


BOTH = pytest.mark.parametrize(
    "interval", [bootstrap, lambda *losses: crossed(*losses)[2:4]], ids=["bootstrap", "crossed"]
)


@BOTH
def test_intervals_over_seeds_and_samples_hold_the_true_difference_at_least_as_often_as_they_say(interval):
    rng = np.random.default_rng(0)
    intervals = [interval(*simulated(rng, gain=0.1), 0.9) for _ in range(200)]
    # The degrees of freedom are those of the seeds, which is cautious: nominal 90 %, standard error 2 %.
    assert 0.88 <= np.mean([low <= 0.1 <= high for low, high in intervals]) <= 0.98


@BOTH
def test_without_effects_of_samples_intervals_are_those_of_a_t_test_over_seeds(interval):
    rng = np.random.default_rng(1)
    first, second = np.repeat(rng.normal(0.0, 1.0, (2, 10, 1)), 30, axis=2)
    t = paired(first[:, 0], second[:, 0], 0.95)
    # Bootstrapped means of ten values are not quite normal.
    assert interval(first, second, 0.95) == pytest.approx((t.low, t.high), abs=0.08 * (t.high - t.low))


@BOTH
def test_with_effects_of_samples_alone_intervals_are_as_wide_as_the_samples_make_them(interval):
    rng = np.random.default_rng(2)
    by_sample = rng.normal(0.0, 1.0, (1, 400))
    first = np.repeat(by_sample, 10, axis=0) + rng.normal(0.0, 1e-3, (10, 1))
    low, high = interval(first, np.zeros_like(first), 0.95)
    # t of 9 degrees of freedom, because seeds could have mattered: 2.262 standard errors of the samples' mean.
    assert high - low == pytest.approx(2 * 2.262 * stats.sem(by_sample[0]), rel=0.05)


def test_the_variance_of_a_crossed_difference_is_that_of_the_analysis_of_variance():
    # d = [[1, 2, 0], [3, 5, 7]]: mean squares of seeds 24, of samples 1.5, of the rest 3.5; the samples add nothing.
    d = np.array([[1.0, 2.0, 0.0], [3.0, 5.0, 7.0]])
    assert crossed(d, np.zeros_like(d), 0.95).error == pytest.approx(np.sqrt(24 / 6))
    # d = [[0, 1], [2, 7]]: 16, 9 and 4; (16 + 9 - 4) / 4.
    d = np.array([[0.0, 1.0], [2.0, 7.0]])
    assert crossed(d, np.zeros_like(d), 0.95).error == pytest.approx(np.sqrt(21 / 4))
    assert crossed(d, np.zeros_like(d), 0.95).p_value == pytest.approx(stats.t.sf(2.5 / np.sqrt(21 / 4), 1))


def test_equal_differences_on_all_seeds_prove_nothing_however_the_samples_differ():
    first = np.tile([1.0, 1.0, 1.0, 0.0], (5, 1))
    assert crossed(first, np.zeros_like(first), 0.95).p_value == 1.0
    rolled = np.array([np.roll(row, i) for i, row in enumerate(first)])
    assert crossed(rolled, np.zeros_like(first), 0.95).p_value == 1.0


@BOTH
def test_swapping_the_losses_mirrors_the_interval(interval):
    first, second = simulated(np.random.default_rng(3), gain=0.1)
    (low, high), (back_low, back_high) = interval(first, second, 0.9), interval(second, first, 0.9)
    assert (low, high) == pytest.approx((-back_high, -back_low), abs=0.03 * (high - low))


def test_the_bootstrap_is_the_same_for_the_same_seed():
    first, second = simulated(np.random.default_rng(3), gain=0.1)
    assert bootstrap(first, second, 0.95, seed=4) == bootstrap(first, second, 0.95, seed=4)
    assert bootstrap(first, second, 0.95, seed=4) != bootstrap(first, second, 0.95, seed=5)


@BOTH
def test_equal_predictions_are_a_point(interval):
    first, _ = simulated(np.random.default_rng(5), gain=0.0)
    assert interval(first, first, 0.95) == (0.0, 0.0)
    assert crossed(first, first, 0.95).p_value == 1.0


@BOTH
def test_one_sample_is_enough_for_an_interval(interval):
    low, high = interval(np.array([[1.0], [0.0], [1.0]]), np.zeros((3, 1)), 0.95)
    assert low < 2 / 3 < high


@pytest.mark.parametrize("seeds", [4, 10, 30])
def test_a_detectable_difference_is_found_as_often_as_it_says(seeds: int):
    rng, level = np.random.default_rng(6), 0.05 / 3
    gain = detectable(1.0 / np.sqrt(seeds), seeds, level=level, power=0.8)
    d = rng.normal(gain, 1.0, (4_000, seeds))
    p_values = stats.ttest_1samp(d, 0.0, axis=1, alternative="greater").pvalue
    assert np.mean(p_values <= level) == pytest.approx(0.8, abs=0.02)  # three standard errors


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
