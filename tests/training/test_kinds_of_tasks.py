"""Regressions, image sizes, mixed precision, augmentation and XLA: each trains as it should."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import small_task as small

from alphaloss.records import Status
from alphaloss.training import Data, LongTail, Rung, Task
from alphaloss.training.metrics import measure_all
from alphaloss.training.seeds import order_rng, weights_seed
from alphaloss.training.trainer import Trainer

layers = keras.layers


def mean_squared_error(y_true, y_pred):
    return keras.losses.mean_squared_error(y_true, y_pred)


def keras_cross_entropy(y_true, y_pred):
    return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)


def assert_equals_fit(trainer, task, loss, rtol):
    """The weights after a training with seed 7 at the rung `full` are those of `compile` and `fit`."""
    data, order = task.data(), order_rng(7)
    keras.utils.set_random_seed(weights_seed(7))
    model = task.model()
    model.compile(task.optimizer(), loss, jit_compile=task.xla)  # XLA draws other random numbers
    for _ in range(task.rungs[-1].epochs):
        shuffled = order.permutation(len(data.y_train))
        model.fit(data.x_train[shuffled], data.y_train[shuffled], task.batch_size, shuffle=False, verbose=0)
    for ours, theirs in zip(trainer.compiled[None].model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * 0.01)
    return model


def sums() -> Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 5)).astype("float32")
    y = np.stack([x.sum(-1), x[:, 0] - x[:, 1]], axis=-1).astype("float64")
    return Data(x_train=x[:100], y_train=y[:100], x_validation=x[100:130], y_validation=y[100:130],
                x_test=x[130:], y_test=y[130:])  # fmt: skip


def test_a_regression_trains_like_keras_and_reports_all_metrics(job):
    task = replace(
        small.task(),
        data=sums,
        model=lambda: keras.Sequential([keras.Input((5,)), layers.Dense(16, activation="relu"), layers.Dense(2)]),
        target="values",
        metric="mse",
    )
    trainer = Trainer(task)
    training = trainer.train_function(mean_squared_error, job.model_copy(update={"measure": "test"}))[0]

    assert (trainer.info.target, trainer.info.classes, trainer.info.class_prior) == ("values", 2, ())
    assert trainer.info.direction == "min"
    model = assert_equals_fit(trainer, task, "mean_squared_error", rtol=1e-3)
    data = task.data()
    error = np.mean((model.predict(data.x_validation, verbose=0) - data.y_validation) ** 2)
    assert training.score == pytest.approx(error, rel=1e-3)
    assert training.loss == pytest.approx(error, rel=1e-3)
    assert training.metrics["mse"] == training.score
    assert training.test.metrics["mse"] == training.test.score
    assert training.curve[-1] < training.curve[0]


def test_metrics_and_the_loss_are_of_the_last_epoch_on_validation_data(job):
    trainer = Trainer(small.task(noise=0.3, validation_noise=True))
    training = trainer.train(job.model_copy(update={"measure": "test", "gradient_scale": 3.0}))[0]
    data, labels = small.data(), trainer.realise(7).validation
    predictions = trainer.compiled[None].predict(data.x_validation)
    assert training.metrics == measure_all(predictions, labels, "classes")
    assert training.metrics["accuracy"] == training.score
    assert training.loss == pytest.approx(training.metrics["nll"], rel=1e-5)  # of cross-entropy itself, not scaled
    expected = measure_all(trainer.compiled[None].predict(data.x_test), data.y_test, "classes")
    assert training.test.metrics == expected

    failed = trainer.train_function(lambda y_true, y_pred: y_pred[:, 0] * np.nan, job)[0]
    assert (failed.metrics, failed.loss) == ({}, None)


def images() -> Data:
    rng = np.random.default_rng(0)
    y = np.arange(140) % 2
    x = (rng.integers(0, 100, (140, 8, 8, 3)) + 80 * y[:, None, None, None]).astype("uint8")
    return Data(x_train=x[:80], y_train=y[:80], x_validation=x[80:110], y_validation=y[80:110],
                x_test=x[110:], y_test=y[110:])  # fmt: skip


def at_size(image_size: int) -> keras.Model:
    return keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Rescaling(1 / 255),
        layers.Resizing(image_size, image_size),
        layers.Flatten(),
        layers.Dense(2),
    ])  # fmt: skip


def image_task(model, *rungs: Rung) -> Task:
    return Task(
        name="images",
        data=images,
        model=model,
        optimizer=lambda: keras.optimizers.SGD(0.05),
        batch_size=16,
        rungs=rungs or (Rung(name="full", epochs=3),),
    )


def test_a_rung_has_its_own_size_share_and_epochs(job):
    rungs = (Rung(name="cheap", epochs=2, share=0.5, image_size=4), Rung(name="full", epochs=4, image_size=8))
    trainer = Trainer(image_task(at_size, *rungs))
    cheap = trainer.train(job.model_copy(update={"rung": "cheap"}))[0]
    full = trainer.train(job)[0]
    assert (cheap.rung, cheap.steps, len(cheap.curve)) == ("cheap", 2 * 3, 2)  # ceil(40 / 16) steps an epoch
    assert (full.rung, full.steps, len(full.curve)) == ("full", 4 * 5, 4)
    assert trainer.info.parameters == 8 * 8 * 3 * 2 + 2
    assert trainer.info.steps_per_epoch == 5
    assert full.metrics["nll"] < 0.6  # chance is log 2

    # Neither depends on what the other rung trained before.
    assert trainer.train(job.model_copy(update={"rung": "cheap"}))[0].metrics == cheap.metrics
    alone = Trainer(image_task(at_size, rungs[1])).train(job)[0]
    assert alone.metrics == full.metrics


def test_a_long_tail_shortens_the_epoch_and_shows_in_the_prior(job):
    trainer = Trainer(replace(image_task(lambda: at_size(8)), transforms=(LongTail(imbalance=4),)))
    assert trainer.info.class_prior == (0.8, 0.2)  # 40 and 10
    assert trainer.info.steps_per_epoch == 4
    assert trainer.train(job)[0].steps == 3 * 4


def test_augmentation_is_drawn_by_the_seed_and_off_in_prediction(job):
    def augmented():
        return keras.Sequential([
            keras.Input((8, 8, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomTranslation(0.2, 0.2),
            layers.RandomZoom(0.2),
            layers.RandomRotation(0.1),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(2, kernel_initializer="ones"),
        ])  # fmt: skip

    trainer = Trainer(image_task(augmented))
    first = trainer.train(job)[0]
    other = trainer.train(job.model_copy(update={"seeds": (8,)}))[0]
    again = trainer.train(job)[0]
    assert again.metrics == first.metrics
    x = images().x_validation
    compiled = trainer.compiled[None]
    assert np.array_equal(compiled.predict(x), compiled.predict(x))
    assert other.metrics != first.metrics

    # With equal batches, too, the seed makes a difference: it is the augmentation that differs.
    order = np.arange(80)
    epoch = compiled.epoch_function(keras_cross_entropy)
    values = []
    for seed in (7, 8, 7):
        compiled.start(seed, 1.0)
        values.append(epoch(images().y_train, order, 1.0)[1])
    assert values[0] == values[2] != values[1]


def mixed(policy):
    return keras.Sequential([
        keras.Input((5,)),
        layers.Dense(16, use_bias=False, kernel_regularizer=keras.regularizers.L2(0.01), dtype=policy),
        layers.BatchNormalization(dtype=policy),
        layers.ReLU(dtype=policy),
        layers.Dropout(0.3, dtype=policy),
        layers.Dense(3, dtype=policy),
    ])  # fmt: skip


def scaled_sgd():
    # Few growth steps, so that the scale doubles several times during the test.
    return keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.05), initial_scale=2.0**10, dynamic_growth_steps=4
    )


@pytest.mark.parametrize(
    ("policy", "optimizer"),
    [
        pytest.param("mixed_bfloat16", lambda: keras.optimizers.SGD(0.05), id="bfloat16"),
        pytest.param("mixed_float16", scaled_sgd, id="float16"),
    ],
)
def test_mixed_precision_equals_keras(job, policy, optimizer):
    task = replace(small.task(), model=lambda: mixed(policy), optimizer=optimizer)
    trainer = Trainer(task)
    first = trainer.train(job)[0]
    assert first.status is Status.OK
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert_equals_fit(trainer, task, expected, rtol=1e-2)
    assert trainer.train(job)[0].metrics == first.metrics  # the loss scale begins anew


def test_float16_gets_the_loss_scale_that_keras_gives_it():
    task = replace(small.task(), model=lambda: mixed("mixed_float16"))
    assert isinstance(Trainer(task).compiled[None].optimizer.keras, keras.optimizers.LossScaleOptimizer)


def test_with_xla_training_equals_keras(job):
    task = replace(small.task(), xla=True, rungs=(Rung(name="full", epochs=2),))
    trainer = Trainer(task)
    assert trainer.train(job)[0].status is Status.OK
    assert_equals_fit(trainer, task, keras.losses.SparseCategoricalCrossentropy(from_logits=True), rtol=1e-3)
