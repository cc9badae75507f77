from __future__ import annotations

import math

import numpy as np
import pytest
from algorithms.programs import make_evaluation
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.scores import Score, Scores

numbers = st.floats(-1e3, 1e3)
MEDIAN = 0.6744897501960817  # of |x|, x standard normal


def make_scores(**trainings: list[float]) -> Scores:
    """Of programs that were planned to be trained on these seeds: references, if these are several."""
    scores = Scores(maximize=True)
    for key, values in trainings.items():
        scores.add(make_evaluation(key, *values), reference=len(values) > 1)
    return scores


def test_evaluations_of_one_program_merge():
    scores = make_scores(a=[0.5, 0.7], b=[0.1])
    scores.add(make_evaluation("a", 0.9, first=2))
    found = scores.get("a")
    assert found is not None
    assert (found.mean, found.seeds) == (pytest.approx(0.7), 3)
    assert scores.get("c") is None


def test_a_seed_counts_once():
    scores = make_scores(a=[0.5, 0.7])
    scores.add(make_evaluation("a", 0.5, 0.7))
    assert scores.get("a").seeds == 2


def test_a_program_that_failed_once_has_no_score():
    scores = make_scores(a=[0.5, 0.7], b=[0.1, 0.3])
    scores.add(make_evaluation("a", None, first=2))
    assert scores.get("a") is None
    scores.add(make_evaluation("a", 0.5, first=3))
    assert scores.get("a") is None
    assert scores.noise == pytest.approx(0.2 / MEDIAN / math.sqrt(2))  # only b is left to tell it


def test_a_small_metric_is_turned_round():
    scores = Scores(maximize=False)
    scores.add(make_evaluation("a", 0.2, 0.4))
    assert scores.get("a").mean == pytest.approx(-0.3)


def test_the_error_shrinks_with_the_seeds():
    scores = make_scores(a=[0.5, 0.5 + 0.1 * math.sqrt(2) * MEDIAN], b=[0.4])
    assert scores.noise == pytest.approx(0.1)
    assert [scores.get(key).error for key in "ab"] == pytest.approx([0.1 / math.sqrt(2), 0.1])
    assert scores.get("b").cautious == pytest.approx(0.3)
    assert scores.get("b").hopeful == pytest.approx(0.5)


def test_without_a_program_on_several_seeds_the_noise_is_unknown_and_taken_for_none():
    scores = make_scores(a=[0.5], b=[0.9])
    assert (scores.noise, scores.get("a").error) == (0.0, 0.0)


@given(st.lists(numbers, min_size=2, max_size=6), st.permutations(range(6)))
def test_the_order_in_which_trainings_come_does_not_matter(values: list[float], order: list[int]):
    at_once, one_by_one = make_scores(a=values, b=values), make_scores(b=values)
    for seed in (seed for seed in order if seed < len(values)):
        one_by_one.add(make_evaluation("a", values[seed], first=seed))
    assert one_by_one.get("a").mean == at_once.get("a").mean


@given(numbers, numbers, st.floats(0, 100), st.integers(1, 8), st.integers(1, 8))
def test_who_is_clearly_above_is_above_cautiously_too(a: float, b: float, noise: float, seeds: int, more: int):
    one, other = Score(a, seeds, noise / math.sqrt(seeds)), Score(b, more, noise / math.sqrt(more))
    assert not (one.clearly_above(other) and other.clearly_above(one))
    if one.clearly_above(other):
        assert one.cautious > other.cautious or one.cautious == pytest.approx(other.cautious)


def test_erratic_losses_do_not_count_as_noise():
    rng = np.random.default_rng(0)
    good = {f"good {i}": rng.normal(0.9, 0.02, 3).tolist() for i in range(8)}
    bimodal = {f"bimodal {i}": [0.95, 0.95, 0.75] for i in range(3)}  # as good on average as some of the good ones
    bad = {f"bad {i}": rng.normal(0.4, 0.3, 3).tolist() for i in range(9)}
    assert make_scores(**good, **bimodal, **bad).noise == pytest.approx(0.02, rel=0.5)


@pytest.mark.parametrize("references", [20, 60])
def test_the_noise_is_estimated_from_references_almost_without_bias(references: int):
    rng = np.random.default_rng(1)
    found = []
    for _ in range(200):
        truths = rng.uniform(0.6, 0.9, references)
        seeds = rng.normal(0.0, 0.05, 3)  # that all have in common, and that are no noise
        found.append(make_scores(**{str(i): (rng.normal(t, 0.03, 3) + seeds).tolist() for i, t in enumerate(truths)}))
    assert np.mean([scores.noise for scores in found]) == pytest.approx(0.03, rel=0.12)


def test_what_all_lose_on_a_seed_is_taken_off():
    hard = [0.0, -0.06, 0.0]
    references = {f"reference {i}": np.add(0.8 + 0.01 * i, hard).tolist() for i in range(12)}
    scores = make_scores(**references)
    scores.add(make_evaluation("once", 0.9, first=0))
    scores.add(make_evaluation("twice", 0.9, first=0))
    scores.add(make_evaluation("twice", 0.84, first=1))
    assert scores.get("twice").mean == pytest.approx(scores.get("once").mean)
    assert scores.noise == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("begun", [1, 2])
def test_repeating_what_was_lucky_does_not_make_the_noise_look_larger(begun: int):
    """Programs that begin with two seeds are no references, either."""
    rng = np.random.default_rng(2)
    scores, naive = Scores(maximize=True), []
    for number in range(2_000):
        truth = rng.normal(0.8, 0.02)
        values = rng.normal(truth, 0.03, begun + 3).tolist()
        scores.add(make_evaluation(str(number), *values[:begun]))
        if np.mean(values[:begun]) > 0.85:  # about every twelfth, or twentieth
            scores.add(make_evaluation(str(number), *values[begun:], first=begun))
            naive.append(np.var(values, ddof=1))
    assert math.sqrt(np.mean(naive)) > 1.04 * 0.03
    # Half of some 100 to 160 programs with 2 degrees of freedom each: a relative error of .056 to .07.
    assert scores.noise == pytest.approx(0.03, rel=0.14)


def test_programs_that_begin_with_several_seeds_do_not_tell_how_hard_a_seed_is():
    scores = Scores(maximize=True)
    for number in range(12):
        scores.add(make_evaluation(str(number), 0.9, 0.8))
    assert scores.get("0").mean == pytest.approx(0.85)
    scores.add(make_evaluation("other", 0.8, first=1))
    assert scores.get("other").mean == pytest.approx(0.8)
