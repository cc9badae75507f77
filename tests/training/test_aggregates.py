"""What the aggregates of a suite say, by hand and as properties; and why loss values must not be compared."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.losses.binding import bind
from alphaloss.losses.numeric import evaluate
from alphaloss.losses.zoo import zoo_source
from alphaloss.training.aggregates import AGGREGATES, Compared, ranked

HALF = (0.5, 0.5)

# A loss that has .80 where the reference has .75, and .60 against .70; of mean values .4 and .5, and .9 and .6. A third
# task is measured in an error, 2 against 4.
WON = Compared(0.80, 0.75, True, loss=0.4, reference_loss=0.5)
LOST = Compared(0.60, 0.70, True, loss=0.9, reference_loss=0.6)
ERROR = Compared(2.0, 4.0, False, loss=1.0, reference_loss=2.0)


def score(aggregate: str, *tasks: Compared, weights: tuple[float, float] = HALF) -> float:
    return AGGREGATES[aggregate].combine(tasks, weights)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("mean-difference", (0.05 - 0.10) / 2),
        ("worst-task", -0.10),
        ("wins-first", 1 - 0.025 / (2 * 1.025)),
        # (.5 - .4) / .5 = .2 is won, (.6 - .9) / .6 = -.5 is not, so it does not count.
        ("average-improvement-loss", 1 + 0.2 / (2 * 1.2)),
        # (.25 - .20) / .25 = .2 is won, (.3 - .4) / .3 = -1/3 is not.
        ("average-improvement-error", 1 + 0.2 / (2 * 1.2)),
        ("loss-and-accuracy", 0.5 * (0.2 - 0.5) / 2 + 0.5 * (-0.025)),
        ("all-tasks-mean", (0.2 - 1 / 3) / 2),
    ],
)
def test_aggregates_by_hand(aggregate, expected):
    assert score(aggregate, WON, LOST) == pytest.approx(expected)


def test_an_error_is_better_when_it_is_small():
    assert score("mean-difference", ERROR) == 2.0
    assert score("all-tasks-mean", ERROR) == 0.5


def test_the_average_improvement_is_that_of_all_tasks_only_where_none_is_won():
    other = Compared(0.5, 0.7, True, loss=1.2, reference_loss=0.6)
    assert score("average-improvement-loss", LOST, other) == pytest.approx(ranked(0, (-0.5 - 1.0) / 2))


def test_the_weights_are_those_of_loss_and_metric():
    assert score("loss-and-accuracy", WON, weights=(1.0, 0.0)) == pytest.approx(0.2)
    assert score("loss-and-accuracy", WON, weights=(0.0, 2.0)) == pytest.approx(0.1)


def test_a_perfect_reference_leaves_finite_differences():
    assert score("all-tasks-mean", Compared(0.9, 1.0, True)) == pytest.approx(-0.1 / 0.001)


shares = st.floats(0, 1)
values = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(shares, values, st.booleans()), min_size=1, max_size=5))
def test_the_reference_itself_is_exactly_zero(results):
    tasks = [Compared(score, score, maximize, loss, loss) for score, loss, maximize in results]
    assert {name: a.combine(tasks, HALF) for name, a in AGGREGATES.items()} == dict.fromkeys(AGGREGATES, 0.0)


@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=5), st.data())
def test_a_better_task_never_lowers_a_score_of_metrics(results, data):
    where = data.draw(st.integers(0, len(results) - 1))
    better = data.draw(st.floats(results[where][0], 1))
    before = [Compared(own, reference, True) for own, reference in results]
    after = [*before]
    after[where] = Compared(better, results[where][1], True)
    for name in ("mean-difference", "worst-task", "wins-first", "all-tasks-mean"):
        assert score(name, *after) >= score(name, *before) - 1e-12
    assert score("worst-task", *before) <= score("mean-difference", *before) + 1e-12


@given(st.integers(0, 9), values, st.integers(0, 9), values)
def test_ranks_are_ordered_by_wins_and_then_by_value(wins, value, other_wins, other_value):
    first, second = ranked(wins, value), ranked(other_wins, other_value)
    assert round(first) == wins
    if (wins, value) < (other_wins, other_value):
        assert first <= second
    if wins < other_wins:
        assert first < second


@pytest.fixture(scope="module")
def ngl(sandbox):
    return bind(sandbox.trace(zoo_source("ngl")))


def test_ngl_cannot_win_by_its_values(ngl):
    """Chou 2025, Algorithm 3, on Akhmedova and Koerber's own loss: its least value is above any cross-entropy's.

    Its minimum over all predictions is 9.318 for ten classes; cross-entropy of guessing is ln 10 = 2.303.
    """
    p_true = np.linspace(1e-6, 1 - 1e-6, 20_001)  # by symmetry and convexity the other classes share the rest equally
    p = np.repeat(((1 - p_true) / 9)[:, None], 10, axis=1)
    p[:, 0] = p_true
    least = evaluate(ngl, {"y_true": np.eye(10)[np.zeros(len(p), int)], "y_pred": np.log(p)})
    assert least.min() == pytest.approx(9.318, abs=5e-4)
    assert p_true[least.argmin()] == pytest.approx(0.391, abs=1e-3)
    perfect = Compared(1.0, 0.1, True, loss=float(least.min()), reference_loss=log(10))
    assert score("average-improvement-loss", perfect, perfect, perfect) < 0
    assert round(score("average-improvement-error", perfect, perfect, perfect)) == 3


def test_an_inverted_loss_wins_by_its_values():
    """Figure 4.7 of the same thesis: value = 0.24 x accuracy, at accuracies of 1.8 % and 0 % (read from its log)."""
    inverted = [
        Compared(0.018, 0.70, True, loss=0.24 * 0.018, reference_loss=0.9),
        Compared(0.000, 0.90, True, loss=6.3e-8, reference_loss=0.3),
    ]
    honest = [Compared(0.75, 0.70, True, loss=0.8, reference_loss=0.9)] * 2
    assert score("average-improvement-loss", *inverted) > score("average-improvement-loss", *honest) > 2
    assert score("average-improvement-error", *inverted) < 0 < score("average-improvement-error", *honest)
