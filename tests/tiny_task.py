"""An evaluator that trains in a fraction of a second: points around three centres, half of the labels wrong."""

import keras
import numpy as np

from alphaloss import Data, Rung, SymmetricNoise, Task


def data() -> Data:
    rng = np.random.default_rng(0)

    def points(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.arange(count) % 3
        centres = np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])
        return (centres[y] + rng.normal(size=(count, 2))).astype("float32"), y

    (x, y), (xv, yv), (xt, yt) = points(90), points(60), points(119)
    return Data(x_train=x, y_train=y, x_validation=xv, y_validation=yv, x_test=xt, y_test=yt)


def model() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])


def task(learning_rate: float = 0.05) -> Task:
    return Task(
        name="tiny",
        data=data,
        model=model,
        optimizer=lambda: keras.optimizers.Adam(learning_rate),
        batch_size=30,
        rungs=(Rung(name="full", epochs=8),),
        transforms=(SymmetricNoise(rate=0.5),),
    )
