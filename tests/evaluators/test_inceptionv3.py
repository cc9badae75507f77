"""InceptionV3: the published recipe's numbers, and that the network trains, at the smallest size, on a CPU."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from alphaloss.data import load_images, split
from alphaloss.errors import EvaluatorError
from alphaloss.training import ReduceOnPlateau, find_evaluator
from alphaloss.training.loading import load_task
from alphaloss.training.trainer import Trainer


def load(dataset, **options):
    return load_task(find_evaluator(f"inceptionv3-{dataset}"), options)


@pytest.mark.parametrize(
    # The steps are those that the logs of the published searches show.
    ("dataset", "images", "shape", "steps"),
    [("cifar100", 50_000, (32, 32, 3), 704), ("fashion-mnist", 60_000, (28, 28), 844)],
)
def test_the_published_split_has_the_published_steps(dataset, images, shape, steps, tmp_path):
    y = np.arange(images) % 10
    path = tmp_path / "blank.npz"
    x = np.zeros((images, *shape), np.uint8)
    np.savez(path, x_train=x, y_train=y, x_test=x[:10], y_test=y[:10])
    task = load(dataset, preset="thesis", data=str(path), epochs=6)
    data = task.data()
    assert ceil(len(data.y_train) / task.batch_size) == steps
    assert len(data.y_validation) == images // 10
    assert [(r.epochs, r.share, r.image_size) for r in task.rungs] == [(6, 1.0, None)]
    assert task.plateau == ReduceOnPlateau(factor=0.2, patience=5, least=1e-4)


def test_the_published_network_sees_images_eight_times_as_large():
    model = load("cifar10", preset="thesis").model()
    names = [type(layer).__name__ for layer in model.layers]
    head = ["Dense", "Dropout", "BatchNormalization"]
    assert names == [
        *("RandomFlip", "RandomTranslation", "RandomZoom", "Rescaling", *["UpSampling2D"] * 3, "Functional", "Flatten"),
        *("BatchNormalization", *head, *head, "Dense"),
    ]
    assert model.layers[7].input_shape == (None, 256, 256, 3)
    assert model.layers[-1].activation is keras.activations.linear
    # 21,802,784 of InceptionV3 without its top; the head has 4 * 2048, 2049 * 128, 4 * 128, 129 * 64, 4 * 64, 65 * 10.
    assert model.count_params() == 22_082_922


def test_it_learns_two_digits_at_the_smallest_size(tmp_path):
    x, y = load_digits(n_class=2, return_X_y=True)
    x = np.kron((x * 15).astype(np.uint8).reshape(-1, 8, 8), np.ones((1, 4, 4), np.uint8))
    x = np.repeat(x[..., None], 3, axis=-1)
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=x[:200], y_train=y[:200], x_test=x[200:240], y_test=y[200:240])
    task = load("cifar10", data=str(path), epochs=2)
    data, size = task.data(), task.rungs[-1].image_size
    assert size == 75
    keras.utils.set_random_seed(0)
    model = task.model(size)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(task.optimizer(), loss, jit_compile=False)
    losses = model.fit(data.x_train, data.y_train, batch_size=16, epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0] - 0.2


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_is_of_the_network_alone(precision, tmp_path):
    y = np.arange(40) % 10
    path = tmp_path / "blank.npz"
    np.savez(
        path, x_train=np.zeros((40, 28, 28), np.uint8), y_train=y, x_test=np.zeros((4, 28, 28), np.uint8), y_test=y[:4]
    )
    before = keras.config.dtype_policy()
    task = load("fashion-mnist", data=str(path), precision=precision)
    task = replace(task, data=lambda: split(load_images("fashion_mnist", str(path)), 10))  # every class in both parts
    compiled = Trainer(task).compiled[75]
    assert compiled.model.layers[5].layers[1].compute_dtype == precision.removeprefix("mixed_")
    assert compiled.model.layers[-1].compute_dtype == "float32"
    assert {w.dtype for w in compiled.model.trainable_variables} == {"float32"}
    assert keras.config.dtype_policy() == before
    assert isinstance(task.optimizer(), keras.optimizers.LossScaleOptimizer) == (precision == "mixed_float16")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"preset": "paper"}, "`preset` must be practical or thesis; received 'paper'"),
        ({"precision": "float16"}, "`precision` must be float32 or mixed_bfloat16 or mixed_float16"),
        ({"image_size": 74}, "`image_size` must be at least 75; received 74"),
        ({"image_sizes": 80}, "unknown option `image_sizes`. Did you mean `image_size`?"),
    ],
)
def test_an_option_out_of_its_range_is_refused_in_a_sentence(options, says):
    with pytest.raises(EvaluatorError) as refused:
        load("cifar100", **options)
    assert says in str(refused.value)
