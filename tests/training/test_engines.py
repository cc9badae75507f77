"""The loop and the steps train alike, from inputs that are held and from inputs that are streamed."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import small_task as small

from alphaloss.training.batches import Inputs, Labels
from alphaloss.training.engines import loop_epoch, step_epoch
from alphaloss.training.seeds import order_rng
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
