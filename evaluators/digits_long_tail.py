"""The digits with a long tail: of the zeros there are fifty times as many to train with as of the nines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from alphaloss import Data, EvaluatorError, Task
from alphaloss.evaluators import digits

CLASSES = 10
MOST = 100  # images of the most frequent class


def task(imbalance: float = 50.0) -> Task:
    """The digits task with an exponentially imbalanced training part, as in Cui et al. (CVPR 2019).

    Args:
        imbalance: how many times as many training images the most frequent class has as the rarest, 1 to 50.
    """
    if not 1 <= imbalance <= MOST / 2:
        raise EvaluatorError(
            f"The option `imbalance` must lie between 1 and {MOST // 2}, so that the rarest digit keeps 2 images; "
            f"received {imbalance}."
        )
    return replace(digits.task, name="digits-long-tail", data=lambda: data(imbalance))


def data(imbalance: float) -> Data:
    """Digit c has 100 * imbalance^(-c/9) images to train with: 280 in all at 50. 200 to validate and 587 to test.

    The split is fixed. Validation and test are stratified, hence balanced: accuracy is the mean over the digits.
    """
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32").reshape(-1, 8, 8, 1)
    x, x_test, y, y_test = train_test_split(x, y, train_size=1210, stratify=y, random_state=0)
    x, x_validation, y, y_validation = train_test_split(x, y, train_size=1010, stratify=y, random_state=0)
    counts = np.round(MOST * imbalance ** (-np.arange(CLASSES) / (CLASSES - 1))).astype(int)
    kept = np.concatenate([np.flatnonzero(y == digit)[:count] for digit, count in enumerate(counts)])
    return Data(
        x_train=x[kept],
        y_train=y[kept],
        x_validation=x_validation,
        y_validation=y_validation,
        x_test=x_test,
        y_test=y_test,
    )
