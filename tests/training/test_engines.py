"""The loop and the steps train alike, from inputs that are held and from inputs that are streamed."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import small_task as small

from alphaloss.training.batches import Inputs, Labels
from alphaloss.training.compiled import CompiledModel
from alphaloss.training.engines import loop_epoch, step_epoch
from alphaloss.training.seeds import order_rng, weights_seed
from alphaloss.training.trainer import Trainer

EPOCHS = 3


def keras_cross_entropy(y_true, y_pred):
    return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)


def trained(task, engine, held_bytes=2**30):
    """The steps, losses and variables of a model after some epochs with one of the engines."""
    compiled = Trainer(task).compiled[None]
    data = task.data()
    inputs = Inputs(data.x_train, held_bytes)
    epoch = engine(compiled.passes, inputs, Labels("classes", 3), keras_cross_entropy, task.batch_size)
    compiled.start(7, 1.0)
    order = order_rng(7)
    ends = [epoch(data.y_train, order.permutation(100)[:90], 1.5) for _ in range(EPOCHS)]
    return ends, compiled.state()


def assert_alike(ours, theirs, rtol=1e-4):
    for (steps, value), (expected_steps, expected) in zip(ours[0], theirs[0], strict=True):
        assert steps == expected_steps
        np.testing.assert_allclose(value, expected, rtol=rtol)
    for a, b in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param(lambda: keras.optimizers.SGD(0.05, momentum=0.9), id="sgd"),
        pytest.param(lambda: keras.optimizers.Adam(0.02, gradient_accumulation_steps=2), id="accumulation"),
        pytest.param(lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05)), id="loss-scale"),
    ],
)
def test_the_loop_and_the_steps_train_alike(optimizer):
    # Dropout, batch normalisation, L2 and a last batch that is smaller: see small_task.
    task = replace(small.task(), optimizer=optimizer)
    in_a_loop = trained(task, loop_epoch)
    assert_alike(trained(task, step_epoch), in_a_loop)
    assert [steps for steps, _ in in_a_loop[0]] == [6] * EPOCHS  # ceil(90 / 16)


def test_streamed_inputs_train_exactly_as_held_ones(tmp_path):
    held = trained(small.task(), step_epoch)
    streamed = trained(small.task(), step_epoch, held_bytes=0)
    assert streamed[0] == held[0]
    assert all(np.array_equal(a, b) for a, b in zip(streamed[1], held[1], strict=True))

    def mapped():
        data = small.data()
        np.save(tmp_path / "x.npy", data.x_train)
        return replace(data, x_train=np.load(tmp_path / "x.npy", mmap_mode="r"))

    from_file = trained(replace(small.task(), data=mapped), step_epoch, held_bytes=0)
    assert from_file[0] == held[0]


@pytest.mark.parametrize("engine", [loop_epoch, step_epoch])
def test_an_epoch_ends_soon_after_a_loss_that_is_not_finite(engine):
    def infinite_with_two_of_class_0(y_true, y_pred):
        return keras_cross_entropy(y_true, y_pred) / keras.ops.cast(keras.ops.sum(y_true[:, 0]) < 2, "float32")

    compiled = Trainer(small.task()).compiled[None]
    data = small.data()
    epoch = engine(compiled.passes, Inputs(data.x_train), Labels("classes", 3), infinite_with_two_of_class_0, 4)
    compiled.start(7, 1.0)
    order = np.argsort(-data.y_train, kind="stable")  # 66 samples of the classes 2 and 1, then 34 of class 0
    steps, value = epoch(data.y_train, order, 1.0)
    assert steps in (17, 18)  # 64 samples in 16 steps; the next batch has two of class 0
    assert not np.isfinite(value)
    compiled.start(7, 1.0)
    assert epoch(data.y_train, order[:64], 1.0)[0] == 16


def residual_network():
    layers = keras.layers
    x = inputs = keras.Input((5,))
    for _ in range(6):
        x = layers.Add()([x, layers.ReLU()(layers.BatchNormalization()(layers.Dense(5, use_bias=False)(x)))])
    return keras.Model(inputs, layers.Dense(3)(x))


def test_a_residual_network_in_steps_equals_keras():
    # Three steps only: rounding alone lets longer trainings of such a network part (docs/design/training.md).
    task = replace(small.task(), model=residual_network)
    data = task.data()
    compiled = CompiledModel(task, None, Inputs(data.x_train, held_bytes=0), Labels("classes", 3))
    epoch = compiled.epoch_function(keras_cross_entropy)
    compiled.start(7, 1.0)
    order = order_rng(7).permutation(100)[:48]
    assert epoch(data.y_train, order, 1.0)[0] == 3

    keras.utils.set_random_seed(weights_seed(7))
    model = task.model()
    model.compile(task.optimizer(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for batch in np.split(order, 3):
        model.train_on_batch(data.x_train[batch], data.y_train[batch])
    for ours, theirs in zip(compiled.state(), model.variables[: len(compiled.state())], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
