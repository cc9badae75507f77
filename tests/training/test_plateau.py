"""The learning rate falls when `keras.callbacks.ReduceLROnPlateau` would lower it."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import small_task as small
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.training.plateau import PlateauWatch, ReduceOnPlateau
from alphaloss.training.seeds import order_rng, weights_seed
from alphaloss.training.trainer import Trainer

# Keras reads the learning rate in a way that numpy will drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def optimizer():
    return keras.optimizers.SGD()


@given(
    scores=st.lists(st.sampled_from([0.1, 0.10005, 0.1002, 0.3, 0.5]), min_size=1, max_size=20),
    mode=st.sampled_from(["max", "min"]),
    patience=st.integers(1, 4),
    factor=st.sampled_from([0.1, 0.5]),
    least=st.sampled_from([0.0, 0.02, 0.3]),
)
def test_the_rates_are_those_of_the_keras_callback(optimizer, scores, mode, patience, factor, least):
    model = keras.Sequential()
    model.optimizer = optimizer
    optimizer.learning_rate = 0.1
    callback = keras.callbacks.ReduceLROnPlateau("score", factor, patience, mode=mode, min_lr=least)
    callback.set_model(model)
    callback.on_train_begin()
    watch = PlateauWatch(ReduceOnPlateau(factor=factor, patience=patience, least=least), mode)
    rate = 0.1
    for epoch, score in enumerate(scores):
        callback.on_epoch_end(epoch, {"score": score})
        rate = watch.rate(score, rate)
        assert rate == pytest.approx(float(optimizer.learning_rate), rel=1e-6)  # Keras keeps float32


def test_training_equals_fit_with_the_callback(job):
    # Accuracy of 30 samples at a small learning rate stands still for epochs.
    plateau = ReduceOnPlateau(factor=0.2, patience=1, least=0.002)
    task = replace(small.task(), optimizer=lambda: keras.optimizers.SGD(0.05), plateau=plateau)
    trainer = Trainer(task)
    training = trainer.train(job)[0]

    data, order = task.data(), order_rng(7)
    keras.utils.set_random_seed(weights_seed(7))
    model = task.model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(task.optimizer(), loss, metrics=["accuracy"])
    callback = keras.callbacks.ReduceLROnPlateau("val_accuracy", 0.2, patience=1, min_lr=0.002)
    callback.set_model(model)
    callback.on_train_begin()
    scores = []
    for epoch in range(6):  # one epoch a call, since `fit` has no order of samples to be given
        shuffled = order.permutation(100)
        x, y = data.x_train[shuffled], data.y_train[shuffled]
        validation = (data.x_validation, data.y_validation)
        logs = model.fit(x, y, 16, shuffle=False, verbose=0, validation_data=validation).history
        scores.append(logs["val_accuracy"][-1])
        callback.on_epoch_end(epoch, {"val_accuracy": scores[-1]})

    assert float(model.optimizer.learning_rate) < 0.05
    assert trainer.compiled[None].optimizer.learning_rate == pytest.approx(float(model.optimizer.learning_rate))
    np.testing.assert_allclose(training.curve, scores, rtol=1e-6)
    for ours, theirs in zip(trainer.compiled[None].model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_every_training_begins_at_the_full_rate(job):
    task = replace(small.task(), plateau=ReduceOnPlateau(patience=1), optimizer=lambda: keras.optimizers.SGD(0.05))
    trainer = Trainer(task)
    first = trainer.train(job)[0]
    assert trainer.compiled[None].optimizer.learning_rate < 0.05
    assert trainer.train(job)[0].curve == first.curve
