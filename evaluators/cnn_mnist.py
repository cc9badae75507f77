"""MNIST with wrong labels and the small network of `cnn_fashion_mnist`: 28x28 handwritten digits in 10 classes."""

from __future__ import annotations

from dataclasses import replace

from alphaloss import Task
from alphaloss.data import load_images, split
from alphaloss.evaluators import cnn_fashion_mnist


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
    """MNIST as it is, or with label noise or a long tail; the options are those of `cnn_fashion_mnist`."""
    return replace(
        cnn_fashion_mnist.task(noise=noise, kind=kind, imbalance=imbalance, metric=metric, cascade=cascade),
        name="cnn-mnist",
        data=lambda: split(load_images("mnist", data), validation, train=train or None),
    )
