"""Two small regressions, sums and the diabetes of scikit-learn; if wanted with outliers among the training values."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from sklearn.datasets import load_diabetes

from alphaloss import Data, EvaluatorError, Outliers, Rung, Task

INPUTS = 10


def task(data: str = "sums", outliers: float = 0.0, scale: float = 5.0, metric: str = "mse") -> Task:
    """A dense network on standardised inputs and values.

    Args:
        data: `sums`, ten uniform numbers and their sum; or `diabetes`, ten measurements of a patient and the progress
            of the disease after a year (Efron et al., "Least angle regression", 2004).
        outliers: the share of the training values that get a gross error; validation and test have none.
        scale: standard deviation of these errors, in those of the values.
        metric: `mse`, `mae` or `r2`.
    """
    if data not in KINDS:
        raise EvaluatorError(f"The option `data` must be {' or '.join(KINDS)}; received {data!r}.")
    return Task(
        name=f"regression-{data}",
        data=KINDS[data],
        model=model,
        optimizer=lambda: keras.optimizers.Adam(0.01),
        metric=metric,
        target="values",
        batch_size=32,
        rungs=(Rung(name="full", epochs=40),),
        transforms=(Outliers(rate=outliers, scale=scale),) if outliers else (),
    )


def model() -> keras.Model:
    """Two hidden layers; the last one has no activation, so that any value can be predicted."""
    return keras.Sequential(
        [
            keras.Input((INPUTS,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1),
        ]
    )


def sums() -> Data:
    """Ten numbers between 0 and 1, and their sum: 400 samples to train with, 200 to validate, 600 to test."""
    x = np.random.default_rng(0).uniform(size=(1200, INPUTS))
    return standardised(x, x.sum(axis=-1), train=400, validation=200)


def diabetes() -> Data:
    """442 patients: 242 to train with, 80 to validate, 120 to test; the split is fixed."""
    x, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return standardised(x[order], y[order], train=242, validation=80)


def standardised(x: np.ndarray, y: np.ndarray, train: int, validation: int) -> Data:
    """Splits in this order; mean 0 and standard deviation 1 by what the training part shows."""
    x = ((x - x[:train].mean(axis=0)) / x[:train].std(axis=0)).astype("float32")
    y = ((y - y[:train].mean()) / y[:train].std()).astype("float32")
    end = train + validation
    return Data(
        x_train=x[:train],
        y_train=y[:train],
        x_validation=x[train:end],
        y_validation=y[train:end],
        x_test=x[end:],
        y_test=y[end:],
    )


KINDS: dict[str, Callable[[], Data]] = {"sums": sums, "diabetes": diabetes}
