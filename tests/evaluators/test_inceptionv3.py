"""InceptionV3: the published recipe's numbers, and that the network trains, at the smallest size, on a CPU."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from alphaloss.data import Dataset, load_images, split
from alphaloss.errors import EvaluatorError
from alphaloss.evaluators import inceptionv3_cifar10
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
    y = np.arange(images) % (100 if dataset == "cifar100" else 10)
    path = tmp_path / "blank.npz"
    x = np.zeros((images, *shape), np.uint8)
    np.savez(path, x_train=x, y_train=y, x_test=x[:100], y_test=y[:100])
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


def test_it_learns_two_digits_at_the_smallest_size_and_another_loss_starts_from_the_same_weights():
    x, y = load_digits(n_class=2, return_X_y=True)
    x = np.kron((x * 15).astype(np.uint8).reshape(-1, 8, 8), np.ones((1, 4, 4), np.uint8))
    x = np.repeat(x[..., None], 3, axis=-1)
    dataset = Dataset(x_train=x[:200], y_train=y[:200], x_test=x[200:240], y_test=y[200:240])
    task = replace(
        load("cifar10", epochs=2),
        data=lambda: split(dataset, 20),
        model=lambda size: inceptionv3_cifar10.model((32, 32, 3), 2, size, "float32"),
        batch_size=20,
    )
    trainer = Trainer(task)
    compiled, labels = trainer.compiled[75], trainer.realise(0).labels
    epoch = compiled.epoch_function(keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none"))
    compiled.start(0, 1.0)
    values = []
    for first in range(0, 2 * 180, 20):  # two epochs, a step at a time
        steps, value = epoch(labels, np.arange(first, first + 20) % 180, 1.0)
        assert steps == 1
        values.append(value)
    assert np.mean(values[9:]) < 0.8 * np.mean(values[:9])
    focal = compiled.epoch_function(keras.losses.CategoricalFocalCrossentropy(from_logits=True, reduction="none"))
    compiled.start(0, 1.0)
    steps, value = focal(labels, np.arange(20), 1.0)
    assert steps == 1
    assert 0 < value < values[0]  # it starts from the same weights, and is smaller


def test_half_precision_is_of_the_network_alone(tmp_path):
    precision = "mixed_float16"
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
    assert isinstance(task.optimizer(), keras.optimizers.LossScaleOptimizer)


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
