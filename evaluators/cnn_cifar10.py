"""CIFAR-10 with wrong labels and a small convolutional network: 32x32 colour photos in 10 classes."""

from __future__ import annotations

import keras

from alphaloss import Rung, Task
from alphaloss.data import label_transforms, load_images, split


def task(
    data: str = "",
    noise: float = 0.4,
    kind: str = "symmetric",
    imbalance: float = 1.0,
    train: int = 0,
    validation: int = 1_000,
    metric: str = "accuracy",
) -> Task:
    """CIFAR-10 as it is, or with label noise or a long tail.

    Args:
        data: an .npz with such images (x_train, y_train, x_test, y_test); empty for the one that Keras downloads.
        noise: share of the training labels that are wrong.
        kind: `symmetric`, where a wrong label is any other class, or `asymmetric`, where it is the next one.
        imbalance: training images of the first class for each of the last; 1 for as many.
        train: training images; 0 for all.
        validation: images that choose among losses; their labels are right.
        metric: what the score is.
    """
    return Task(
        name="cnn-cifar10",
        data=lambda: split(load_images("cifar10", data), validation, train=train or None),
        model=model,
        optimizer=lambda: keras.optimizers.Adam(1e-3),
        metric=metric,
        batch_size=128,
        rungs=(Rung(name="full", epochs=20),),
        transforms=label_transforms(noise, kind, imbalance),
    )


def model() -> keras.Model:
    """Three pairs of convolutions with batch normalisation, each followed by pooling, and a wide layer."""
    layers: list[keras.layers.Layer] = [keras.layers.Rescaling(1 / 255)]
    for filters in (32, 64, 128):
        for _ in range(2):
            layers.append(keras.layers.Conv2D(filters, 3, padding="same", use_bias=False))
            layers.append(keras.layers.BatchNormalization())
            layers.append(keras.layers.ReLU())
        layers.append(keras.layers.MaxPooling2D())
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            *layers,
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10),  # logits: no softmax
        ]
    )
