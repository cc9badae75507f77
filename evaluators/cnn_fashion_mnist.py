"""Fashion-MNIST with wrong labels and a small convolutional network: 28x28 grey images of clothes in 10 classes."""

from __future__ import annotations

import keras

from alphaloss import Rung, Task
from alphaloss.data import label_transforms, load_images, split


def task(
    data: str = "",
    noise: float = 0.4,
    kind: str = "symmetric",
    imbalance: float = 1.0,
    train: int = 9_000,
    validation: int = 1_000,
    metric: str = "accuracy",
    cascade: bool = False,
) -> Task:
    """Fashion-MNIST as it is, or with label noise or a long tail.

    Args:
        data: an .npz with such images (x_train, y_train, x_test, y_test); empty for the one that Keras downloads.
        noise: share of the training labels that are wrong.
        kind: `symmetric`, where a wrong label is any other class, or `asymmetric`, where it is the next one.
        imbalance: training images of the first class for each of the last; 1 for as many.
        train: training images; 0 for all.
        validation: images that choose among losses; their labels are right.
        metric: what the score is.
        cascade: train with a quarter of the images first, which takes a third of the time and ranks losses much alike.
    """
    full = Rung(name="full", epochs=15)
    quarter = Rung(name="quarter", epochs=15, share=0.25)  # not fewer epochs: labels must have time to be memorised
    return Task(
        name="cnn-fashion-mnist",
        data=lambda: split(load_images("fashion_mnist", data), validation, train=train or None),
        model=model,
        optimizer=lambda: keras.optimizers.Adam(3e-3),
        metric=metric,
        batch_size=64,
        rungs=(quarter, full) if cascade else (full,),
        transforms=label_transforms(noise, kind, imbalance),
    )


def model() -> keras.Model:
    """Two convolutions that halve the image and a wide layer: fast, yet large enough to memorise wrong labels."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
            keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10),  # logits: no softmax
        ]
    )
