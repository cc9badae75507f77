"""An evaluator of two tasks: `tiny_task`, and points around four centres in five dimensions, none of them wrong."""

import keras
import numpy as np
import tiny_task

from alphaloss import Data, Rung, Suite, Task


def data() -> Data:
    rng = np.random.default_rng(1)
    y = np.arange(140) % 4
    x = (1.5 * np.eye(4, 5)[y] + 0.7 * rng.normal(size=(140, 5))).astype("float32")
    return Data(x_train=x[:64], y_train=y[:64], x_validation=x[64:104], y_validation=y[64:104],
                x_test=x[104:], y_test=y[104:])  # fmt: skip


def model() -> keras.Model:
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(4)])


def task(aggregate: str = "mean-difference", metric: str = "accuracy", epochs: int = 8) -> Suite:
    wide = Task(
        name="wide",
        data=data,
        model=model,
        optimizer=lambda: keras.optimizers.Adam(0.05),
        metric=metric,
        batch_size=16,
        rungs=(Rung(name="short", epochs=1), Rung(name="full", epochs=epochs)),
    )
    return Suite(name="two", tasks=(tiny_task.task(), wide), aggregate=aggregate)
