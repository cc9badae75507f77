"""The experiment of `thesis` on a CPU: three sets of images made of scikit-learn's digits, and a small network.

| task | images | classes | stands for |
|---|---|---|---|
| `digits` | the digits as they are, 8x8 | 10 | Fashion-MNIST: easy |
| `clutter` | a digit under a fainter one, 8x8; the label is that of the stronger | 10 | CIFAR-10: harder |
| `pairs` | two digits side by side, 8x16; the label is the number that they write | 100 | CIFAR-100: many classes |

The digits are divided into training, validation and test images before anything is made of them, so that no part of a
test image is in a training image. As in the thesis a tenth of what is not test data validates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from alphaloss import Data, Rung, Suite, Task

Images = tuple[np.ndarray, np.ndarray]
"""Shape (samples, height, width, 1), from 0 to 1, and labels (samples,)."""

FAINT = 0.7  # brightness of the digit that lies over another
DRAWN = {"train": 1_800, "validation": 200, "test": 1_000}  # images that are made of two digits


def task(aggregate: str = "average-improvement-loss", epochs: int = 6) -> Suite:
    """The three tasks as one.

    Args:
        aggregate: how the three results become a score; the default is what the thesis writes.
        epochs: of each training.
    """
    return Suite(
        name="thesis-cpu",
        tasks=(
            _task("digits", digits, (8, 8, 1), 10, epochs),
            _task("clutter", partial(drawn, clutter), (8, 8, 1), 10, epochs),
            _task("pairs", partial(drawn, pairs), (8, 16, 1), 100, epochs),
        ),
        aggregate=aggregate,
    )


def parts() -> dict[str, Images]:
    """The digits: 1,080 to train with, 120 to validate, 597 to test; the split is fixed and stratified."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32").reshape(-1, 8, 8, 1)
    x, x_test, y, y_test = train_test_split(x, y, train_size=1_200, stratify=y, random_state=0)
    x, x_validation, y, y_validation = train_test_split(x, y, test_size=0.1, stratify=y, random_state=0)
    return {"train": (x, y), "validation": (x_validation, y_validation), "test": (x_test, y_test)}


def digits() -> Data:
    """The digits as they are."""
    return _data(parts())


def drawn(make: Callable[[Images, Images], Images]) -> Data:
    """Images of two digits that are drawn from the same part.

    Args:
        make: from as many first and second digits to images and labels.
    """
    made = {}
    for seed, (part, (x, y)) in enumerate(parts().items()):
        first, second = np.random.default_rng(seed).integers(len(y), size=(2, DRAWN[part]))
        made[part] = make((x[first], y[first]), (x[second], y[second]))
    return _data(made)


def clutter(first: Images, second: Images) -> Images:
    """The first digit, with the second over it."""
    return np.minimum(first[0] + FAINT * second[0], 1.0), first[1]


def pairs(first: Images, second: Images) -> Images:
    """The number from 0 to 99 that the two digits write."""
    return np.concatenate([first[0], second[0]], axis=2), 10 * first[1] + second[1]


def model(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """A convolution and a wide layer.

    Args:
        shape: of an image: height, width, channels.
        classes: outputs.
    """
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(classes),  # logits: no softmax
        ]
    )


def _task(name: str, data: Callable[[], Data], shape: tuple[int, int, int], classes: int, epochs: int) -> Task:
    return Task(
        name=name,
        data=data,
        model=partial(model, shape, classes),
        optimizer=lambda: keras.optimizers.Adam(3e-3),
        metric="accuracy",
        batch_size=64,  # the thesis's: 704 steps an epoch of 45,000 images
        rungs=(Rung(name="full", epochs=epochs),),
    )


def _data(made: dict[str, Images]) -> Data:
    (x, y), (x_validation, y_validation), (x_test, y_test) = (made[part] for part in ("train", "validation", "test"))
    return Data(
        x_train=x, y_train=y, x_validation=x_validation, y_validation=y_validation, x_test=x_test, y_test=y_test
    )
