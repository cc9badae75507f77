"""An evaluator for tests: three Gaussian blobs, and a model with dropout, batch normalisation and a regulariser."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from alphaloss.training import Data, Rung, SymmetricNoise, Task

SMALL = Path(__file__)


def data() -> Data:
    rng = np.random.default_rng(0)
    y = np.arange(160) % 3  # 100 to train: no multiple of the batch size, so the last batch of an epoch is smaller
    x = (rng.normal(size=(160, 5)) + 2 * np.eye(3, 5)[y]).astype("float32")
    return Data(x_train=x[:100], y_train=y[:100], x_validation=x[100:130], y_validation=y[100:130],
                x_test=x[130:], y_test=y[130:])  # fmt: skip


def model() -> keras.Model:
    layers = keras.layers
    return keras.Sequential([
        keras.Input((5,)),
        layers.Dense(16, use_bias=False, kernel_regularizer=keras.regularizers.L2(0.01)),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dropout(0.3),
        layers.Dense(3),
    ])  # fmt: skip


def optimizer() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(0.01)


def task(noise: float = 0.0, validation_noise: bool = False) -> Task:
    return Task(
        name="small",
        data=data,
        model=model,
        optimizer=optimizer,
        batch_size=16,
        rungs=(Rung(name="short", epochs=2), Rung(name="full", epochs=6)),
        transforms=(SymmetricNoise(rate=noise),) if noise else (),
        validation_noise=validation_noise,
    )
