"""A training that learns nothing ends early, where it may; one that learns slowly goes on."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import small_task as small
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from alphaloss.records import Status
from alphaloss.training.metrics import METRICS, Metric
from alphaloss.training.stopping import hopeless
from alphaloss.training.trainer import Trainer

ACCURACY = METRICS["accuracy"]
ERROR = Metric("error", "classes", "min", lambda z, y: 1 - ACCURACY.samples(z, y), lambda y: 1 - ACCURACY.chance(y))


def test_chance_is_the_share_of_the_most_frequent_class():
    assert ACCURACY.chance(np.array([2, 0, 2, 1])) == 0.5
    logits = np.tile([0.0, 0.0, 1.0], (4, 1))  # the best constant prediction
    assert ACCURACY.samples(logits, np.array([2, 0, 2, 1])).mean() == 0.5


@pytest.mark.parametrize(
    ("curve", "epochs", "is_hopeless"),
    [
        pytest.param([0.1] * 9, 25, True, id="one-class"),
        pytest.param([0.1, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 25, True, id="unlearns"),
        pytest.param([0.1] * 3, 6, True, id="three-epochs-at-least"),
        pytest.param([0.1] * 2, 6, False, id="too-early"),
        pytest.param([0.1] * 10, 25, False, id="looked-already"),
        pytest.param([0.1] * 3, 3, False, id="at-the-end"),
        pytest.param([0.165] + [0.1] * 8, 25, False, id="was-better-once"),
        # MAE on a hundred classes begins like this: below chance, and creeping up.
        pytest.param([0.02, 0.02, 0.03, 0.04, 0.04, 0.06, 0.05, 0.08, 0.09], 25, False, id="rises"),
        # Categorical hinge under asymmetric noise, which ends at .520.
        pytest.param([0.1, 0.1, 0.105, 0.1, 0.095, 0.1, 0.11, 0.1, 0.1], 25, False, id="hardly-better"),
    ],
)
def test_hopeless_is_never_better_than_guessing_and_not_rising(curve, epochs, is_hopeless):
    assert bool(hopeless(curve, epochs, ACCURACY, 0.1)) is is_hopeless
    assert bool(hopeless([1 - score for score in curve], epochs, ERROR, 0.9)) is is_hopeless


@given(
    curve=st.lists(st.floats(0, 1), min_size=1, max_size=40),
    epochs=st.integers(1, 40),
    chance=st.floats(0.001, 0.999),
)
def test_whoever_was_once_better_than_guessing_goes_on(curve, epochs, chance):
    if max(curve) > chance:
        assert not hopeless(curve, epochs, ACCURACY, chance)


def one_class(y_true, y_pred):
    return -y_pred[:, 0]


def anti_cross_entropy(y_true, y_pred):
    return ops.sum(y_true * ops.softmax(y_pred), axis=-1)


@pytest.fixture(scope="module")
def trainer():
    # Ten validation samples of each of three classes. The rate is large enough for hopeless ends within an epoch.
    rungs = (small.Rung(name="full", epochs=9),)
    return Trainer(replace(small.task(), optimizer=lambda: keras.optimizers.Adam(0.1), rungs=rungs))


@pytest.mark.parametrize("loss", [one_class, anti_cross_entropy])
def test_a_hopeless_training_ends_after_a_third_of_its_epochs_where_it_may(trainer, job, loss):
    whole = trainer.train_function(loss, job)[0]
    assert (whole.status, whole.steps, len(whole.curve)) == (Status.OK, 9 * 7, 9)
    stopped = trainer.train_function(loss, job.model_copy(update={"stop_hopeless": True}))[0]
    assert (stopped.status, stopped.score, stopped.test, stopped.steps) == (Status.STOPPED, None, None, 3 * 7)
    assert stopped.curve == (*whole.curve[:3], *[None] * 6)
    assert stopped.message.startswith("No better than guessing after 3 of 9 epochs: accuracy ")
    assert stopped.message.endswith("guessing 0.333.")


def test_a_training_that_learns_is_the_same_whether_it_may_be_stopped_or_not(trainer, job):
    free = trainer.train(job)[0]
    watched = trainer.train(job.model_copy(update={"stop_hopeless": True}))[0]
    assert watched.model_dump(exclude={"seconds"}) == free.model_dump(exclude={"seconds"})
    assert free.status is Status.OK
