"""The fixed inputs on which the gate looks at a loss. All are the same in every run and on every machine."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = dict[str, NDArray[Any]]

_SEED = 20_240_917  # any number; it must never change, because stored gradient fields depend on it
_LOGIT_GAPS = (0.0, 20.0, 100.0, 1000.0)


def _long_tail(classes: int) -> NDArray[Any]:
    """A class prior for losses that ask for one."""
    weights = np.geomspace(1.0, 0.1, classes)
    return np.asarray(weights / weights.sum())


def _batch(labels: NDArray[Any], logits: NDArray[Any], dtype: str, prior: tuple[float, ...] = ()) -> Inputs:
    classes = labels.shape[-1]
    return {
        "y_true": np.asarray(labels, dtype=dtype),
        "y_pred": np.asarray(logits, dtype=dtype),
        "class_prior": np.asarray(prior or _long_tail(classes), dtype=dtype),
    }


@lru_cache
def random_logits(classes: int, samples: int = 64, spread: float = 0.5, prior: tuple[float, ...] = ()) -> Inputs:
    """One-hot labels and normally distributed logits with standard deviation `spread`; a long tail if no prior."""
    rng = np.random.default_rng([_SEED, classes])
    labels = np.eye(classes)[rng.integers(0, classes, samples)]
    return _batch(labels, rng.normal(0.0, spread, (samples, classes)), "float64", prior)


@lru_cache
def extremes(classes: int) -> Inputs:
    """float32, confident logits up to a gap of 1000, right and wrong, with one-hot and with soft labels."""
    rng = np.random.default_rng([_SEED, classes, 1])
    rows = []
    for gap in _LOGIT_GAPS:
        for favourite in (0, classes - 1):
            for sign in (1.0, -1.0):
                logits = rng.normal(0.0, 0.1, classes)
                logits[favourite] += sign * gap
                rows.append(logits)
    one_hot = np.eye(classes)[0]
    labels = [one_hot, 0.9 * one_hot + 0.1 / classes, np.full(classes, 1.0 / classes)]
    return _batch(np.repeat(labels, len(rows), axis=0), np.tile(rows, (len(labels), 1)), "float32")


@lru_cache
def second_look(classes: int) -> Inputs:
    """Soft and one-hot labels at confident logits: confirms that two losses with one gradient field are the same.

    The spread is as large as it can be while a guard such as log(p + 1e-7) still counts as the log.
    """
    rng = np.random.default_rng([_SEED, classes, 2])
    logits = rng.normal(0.0, 2.0, (48, classes))
    labels = np.eye(classes)[rng.integers(0, classes, 48)]
    labels[::2] = 0.8 * labels[::2] + 0.2 * rng.dirichlet(np.ones(classes), 24)
    return _batch(labels, logits, "float64")
