"""The trainer equals Keras, scores what it says, and depends on nothing but the job."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import small_task as small
import tensorflow as tf
from keras import ops

from alphaloss.losses.graph import LossGraph, Node
from alphaloss.records import Status
from alphaloss.training.seeds import order_rng, weights_seed
from alphaloss.training.trainer import Trainer

SEED, EPOCHS = 7, 6


def keras_cross_entropy(y_true, y_pred):
    return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)


def fitted_by_keras(task, *, learning_rate_scale=1.0):
    """The same training by `compile` and `fit`: same initial weights, dropout and batch order."""
    data = task.data()
    keras.utils.set_random_seed(weights_seed(SEED))
    model = task.model()
    optimizer = task.optimizer()
    if learning_rate_scale != 1:
        optimizer.learning_rate = float(optimizer.learning_rate) * learning_rate_scale
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    order = order_rng(SEED)
    for _ in range(EPOCHS):
        shuffled = order.permutation(len(data.y_train))
        x, y = data.x_train[shuffled], data.y_train[shuffled]
        model.fit(x, y, batch_size=task.batch_size, shuffle=False, verbose=0)
    return model


def decayed():
    return keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=10, decay_rate=0.8)


@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param(lambda: keras.optimizers.Adam(0.01, clipnorm=0.5), id="clipnorm"),
        pytest.param(lambda: keras.optimizers.AdamW(decayed(), weight_decay=0.1), id="schedule-and-weight-decay"),
        pytest.param(lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), id="nesterov"),
        pytest.param(lambda: keras.optimizers.Adam(0.02, gradient_accumulation_steps=2), id="accumulation"),
    ],
)
def test_equals_compile_and_fit(optimizer, job):
    task = replace(small.task(), optimizer=optimizer)
    trainer = Trainer(task)
    trainer.epoch_seconds(keras_cross_entropy)  # leaves weights, optimizer and dropout in another state

    training = trainer.train(job)[0]

    expected = fitted_by_keras(task)
    for ours, theirs in zip(trainer.compiled[None].model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)
    data = task.data()
    accuracy = np.mean(expected.predict(data.x_validation, verbose=0).argmax(-1) == data.y_validation)
    assert training.score == accuracy
    assert training.steps == EPOCHS * 7  # ceil(100 / 16)


@pytest.fixture(scope="module")
def trainer():
    return Trainer(small.task())


def test_a_graph_and_the_keras_loss_of_the_same_meaning_train_alike(trainer, job):
    trainer.train(job)
    by_graph = trainer.compiled[None].state()
    trainer.train_function(keras_cross_entropy, job)
    for ours, theirs in zip(by_graph, trainer.compiled[None].state(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_learning_rate_scale_is_a_factor_on_the_learning_rate(trainer, job):
    trainer.train(job.model_copy(update={"learning_rate_scale": 0.5}))
    expected = fitted_by_keras(small.task(), learning_rate_scale=0.5)
    for ours, theirs in zip(trainer.compiled[None].model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_learning_rate_scale_is_a_factor_on_a_schedule(job):
    def scaled(factor):
        schedule = keras.optimizers.schedules.ExponentialDecay(0.01 * factor, decay_steps=10, decay_rate=0.8)
        return replace(small.task(), optimizer=lambda: keras.optimizers.SGD(schedule))

    halved, half = Trainer(scaled(1)), Trainer(scaled(0.5))
    halved.train(job.model_copy(update={"learning_rate_scale": 0.5}))
    half.train(job)
    for a, b in zip(halved.compiled[None].state(), half.compiled[None].state(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_gradient_scale_multiplies_the_loss_but_not_the_regulariser(trainer, job):
    trainer.train(job.model_copy(update={"gradient_scale": 3.0}))
    scaled = trainer.compiled[None].state()
    trainer.train_function(lambda y_true, y_pred: 3 * keras_cross_entropy(y_true, y_pred), job)
    for ours, theirs in zip(scaled, trainer.compiled[None].state(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def refused(y_true, y_pred):
    raise TypeError("no such thing\nmore about it")


def fails_when_it_runs(y_true, y_pred):
    return ops.sum(tf.debugging.check_numerics(y_pred / 0.0, "bad logits"), -1)


def test_a_training_depends_on_its_job_alone(trainer, job):
    def without_time(trainings):
        return [t.model_dump(exclude={"seconds"}) for t in trainings]

    first = without_time(trainer.train(job))
    weights = trainer.compiled[None].state()
    trainer.train_function(lambda y_true, y_pred: ops.sum(y_pred, -1) * np.nan, job)
    trainer.train_function(refused, job)
    trainer.train_function(fails_when_it_runs, job)
    trainer.train(job.model_copy(update={"seeds": (1, 2), "learning_rate_scale": 2.0}))
    assert without_time(trainer.train(job)) == first
    assert all(np.array_equal(a, b) for a, b in zip(trainer.compiled[None].state(), weights, strict=True))
    both = trainer.train(job.model_copy(update={"seeds": (3, 7)}))
    assert without_time(both[1:]) == first


def test_the_last_epoch_counts_and_the_first_best_one_is_the_early_one(job):
    # A learning rate that is far too large makes the validation score wander.
    trainer = Trainer(replace(small.task(), optimizer=lambda: keras.optimizers.SGD(2.0)))
    training = trainer.train(job.model_copy(update={"measure": "test"}))[0]
    assert len(training.curve) == EPOCHS
    assert training.score == training.curve[-1]
    test = training.test
    assert test.early_epoch == 1 + training.curve.index(max(training.curve)) < EPOCHS
    data = small.data()
    logits = trainer.compiled[None].predict(data.x_test)
    assert test.samples == tuple((logits.argmax(-1) == data.y_test).astype(float))
    assert test.score == np.mean(test.samples)
    assert test.early_score == np.mean(test.early_samples)

    # The early weights are those of a training that ends there.
    rungs = (small.Rung(name="full", epochs=test.early_epoch),)
    shorter = Trainer(replace(trainer._task, rungs=rungs)).train(job.model_copy(update={"measure": "test"}))[0]
    assert shorter.test.samples == test.early_samples


def test_the_test_data_stays_closed_unless_it_is_asked_for(trainer, job):
    assert trainer.train(job)[0].test is None


@pytest.mark.parametrize(
    ("loss", "message", "steps"),
    [
        pytest.param(lambda y, p: ops.sum(p, -1) * np.nan, "loss was not finite in epoch 1", 1, id="loss"),
        # sqrt(0) is 0 with an infinite slope: the loss stays finite while the weights do not
        pytest.param(lambda y, p: ops.sqrt(ops.sum(0 * p, -1)), "not finite", 7, id="weights"),
        pytest.param(lambda y, p: -ops.exp(ops.sum(p * y, -1) ** 2), "not finite", None, id="unbounded"),
    ],
)
def test_divergence_is_a_result_without_a_score(trainer, job, loss, message, steps):
    training = trainer.train_function(loss, job.model_copy(update={"measure": "test"}))[0]
    assert training.status is Status.DIVERGED
    assert training.score is None
    assert training.test is None
    assert message in training.message
    assert len(training.curve) == EPOCHS
    assert training.curve[-1] is None
    if steps:
        assert training.steps <= steps


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        pytest.param(refused, "TypeError: no such thing", id="raises"),
        # An exception that AutoGraph cannot rebuild, which it replaces by its own.
        pytest.param(lambda y, p: ops.sum(p, -1) * (1 / 0), "ZeroDivisionError: division by zero", id="arithmetic"),
        pytest.param(lambda y, p: ops.no_such_operation(p), "no attribute 'no_such_operation'", id="no-operation"),
        pytest.param(fails_when_it_runs, "InvalidArgumentError: bad logits : Tensor had", id="when-it-runs"),
    ],
)
def test_a_loss_that_keras_cannot_compute_has_failed_for_every_seed(trainer, job, loss, reason):
    job = job.model_copy(update={"seeds": (3, 4), "learning_rate_scale": 0.5})
    trainings = trainer.train_function(loss, job)
    assert [t.seed for t in trainings] == [3, 4]
    for training in trainings:
        assert training.status is Status.FAILED
        assert training.score is None
        assert training.learning_rate_scale == 0.5
        assert training.message.startswith("Keras cannot compute this loss: ")
        assert reason in training.message
        assert "\n" not in training.message
        assert "__inference" not in training.message  # a name that differs from process to process


def test_noise_is_drawn_by_the_seed_and_validation_stays_trusted():
    trainer = Trainer(small.task(noise=0.4))
    data = small.data()
    first, again, other = (trainer.realise(seed) for seed in (1, 1, 2))
    assert (first.labels == again.labels).all()
    assert (first.labels != other.labels).any()
    assert 0.2 < np.mean(first.labels != data.y_train) < 0.6  # 40 of 100, binomial
    assert (first.validation == data.y_validation).all()
    assert "40%" in trainer.info.transforms


def test_validation_noise_is_an_option():
    trainer = Trainer(small.task(noise=0.4, validation_noise=True))
    assert (trainer.realise(1).validation != small.data().y_validation).any()
    assert "validation labels" in trainer.info.transforms


def test_the_info_tells_about_the_task(trainer):
    info = trainer.info
    assert (info.name, info.metric, info.direction, info.classes) == ("small", "accuracy", "max", 3)
    assert info.class_prior == (0.34, 0.33, 0.33)
    assert (info.samples.train, info.samples.validation, info.samples.test) == (100, 30, 30)
    assert info.steps_per_epoch == 7
    assert info.parameters == 5 * 16 + 2 * 16 + 16 * 3 + 3
    assert type(info).model_validate_json(info.model_dump_json()) == info
    assert Trainer(small.task()).info == info


def test_the_class_prior_is_that_of_noisy_labels():
    rare = np.repeat([0, 1, 2], [80, 16, 4])
    task = replace(small.task(noise=0.6), data=lambda: replace(small.data(), y_train=rare))
    prior = Trainer(task).info.class_prior
    # A share of 0.04 becomes 0.04 * 0.4 + 0.96 * 0.3 = 0.30; the standard deviation is below 0.05.
    np.testing.assert_allclose(prior, [0.38, 0.32, 0.30], atol=0.15)
    assert sum(prior) == pytest.approx(1)
    assert Trainer(task).info.class_prior == prior


def test_a_class_that_the_noise_removed_keeps_a_positive_prior():
    one = np.repeat([0, 1, 2], [1, 1, 98])
    task = replace(small.task(), data=lambda: replace(small.data(), y_train=one), transforms=(_Lost(rate=0.0),))
    assert Trainer(task).info.class_prior == (1 / 101, 1 / 101, 99 / 101)


class _Lost(small.SymmetricNoise):
    def apply(self, labels, classes, rng):
        return np.where(labels == 0, 2, labels)


def test_losses_are_given_the_class_prior_of_the_info(job):
    trainer = Trainer(small.task(noise=0.4))
    prior = np.float32(trainer.info.class_prior)
    nodes = (Node(op="multiply", args=(1, 2)), Node(op="sum", args=(3,), kwargs={"axis": -1}))
    graph = LossGraph(inputs=("y_true", "y_pred", "class_prior"), nodes=nodes, output=4)
    by_graph = trainer.train(job.model_copy(update={"graph": graph}))[0].curve
    weights = trainer.compiled[None].state()
    assert trainer.train_function(lambda y, p: ops.sum(p * prior, -1), job)[0].curve == by_graph
    for ours, theirs in zip(trainer.compiled[None].state(), weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
