"""The fixed inputs on which the gate looks at a loss, and what it is compared with there.

All are the same in every run and on every machine. A `Space` says for which kind of task they are, and how wide.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss.losses.types import Target

Array = NDArray[Any]
Inputs = dict[str, Array]

_SEED = 20_240_917  # any number; it must never change, because stored gradient fields depend on it
DISTANCES = (1e4, 1e5, 1e6)
"""How far the predictions of `journeys` are from where they start."""

_GAPS = (0.0, 20.0, 100.0, 1000.0)
_RARE = 1e-6


class Space(NamedTuple):
    """Where a loss lives: the kind of task and the last axis of its tensors.

    Args:
        target: what a model predicts.
        width: how many classes, or outputs.
        class_prior: the task's, shape (classes,); a long tail if it is empty. Losses of values have none.
    """

    target: Target
    width: int
    class_prior: tuple[float, ...] = ()

    @property
    def reference(self) -> str:
        """The loss that others are compared with."""
        return "cross-entropy" if self.target == "classes" else "squared error"

    def __str__(self) -> str:
        unit = "classes" if self.target == "classes" else "outputs" if self.width > 1 else "output"
        return f"{self.width} {unit}"


@lru_cache
def typical(space: Space, samples: int = 64) -> Inputs:
    """Where a training passes, float64.

    Classes: one-hot labels, and logits with a standard deviation of 0.5. Values: targets and predictions with one of 1.
    """
    rng = np.random.default_rng([_SEED, space.width])
    if space.target == "values":
        return _batch(space, rng.normal(size=(samples, space.width)), rng.normal(size=(samples, space.width)))
    labels = np.eye(space.width)[rng.integers(0, space.width, samples)]
    return _batch(space, labels, rng.normal(0.0, 0.5, (samples, space.width)))


@lru_cache
def start(space: Space) -> Inputs:
    """Before the first step: as `typical`, but the logits are nearly equal, as those of a new model.

    At two classes it matters: the Next Generation Loss is lowest at p_t = 0.57, and logits with a standard deviation of
    0.5 are often beyond, where it rightly pulls back.
    """
    inputs = typical(space)
    return inputs if space.target == "values" else {**inputs, "y_pred": 0.2 * inputs["y_pred"]}


@lru_cache
def extremes(space: Space) -> Inputs:
    """Where a loss may not be finite, float32. Without a prior, the rarest class has a share of about a millionth.

    Classes: logits that are equal, and confident ones up to a gap of 1000, right and wrong; one-hot and soft labels.
    Values: residuals up to 1000, of both signs, also at targets of that size. Last, both as they typically are.
    """
    if space.target == "values":
        residuals = np.array([sign * gap * row for gap in _GAPS for sign in (1, -1) for row in _patterns(space)])
        targets = [level * np.ones(space.width) for level in (0.0, 1.0, -1.0, 1000.0, -1000.0)]
        labels = np.repeat(targets, len(residuals), axis=0)
        predictions = labels + np.tile(residuals, (len(targets), 1))
        return _batch(space, *_with_typical(space, labels, predictions), "float32")
    rng = np.random.default_rng([_SEED, space.width, 1])
    rows = [level * np.ones(space.width) for level in (0.0, 1000.0, -1000.0)]
    for gap in _GAPS:
        for favourite in (0, space.width - 1):
            for sign in (1.0, -1.0):
                logits = rng.normal(0.0, 0.1, space.width)
                logits[favourite] += sign * gap
                rows.append(logits)
    one_hot = np.eye(space.width)[0]
    labels = np.array([one_hot, 0.9 * one_hot + 0.1 / space.width, np.full(space.width, 1.0 / space.width)])
    one_by_one = np.repeat(labels, len(rows), axis=0), np.tile(rows, (len(labels), 1))
    return _batch(space, *_with_typical(space, *one_by_one), "float32", rarest=_RARE)


@lru_cache
def second_look(space: Space) -> Inputs:
    """Confirms that two losses with one gradient field are the same; float64.

    Classes: logits with a standard deviation of 2; half of the samples have soft labels, the others a true class
    anywhere between unlikely and rather sure, at any class count. The logits are as far apart as they can be while a
    guard such as log(p + 1e-7) still counts as the log. Values: targets and predictions far apart.
    """
    rng = np.random.default_rng([_SEED, space.width, 2])
    predictions = rng.normal(0.0, 2.0, (48, space.width))
    if space.target == "values":
        return _batch(space, rng.normal(0.0, 5.0, (48, space.width)), predictions)
    labels = np.eye(space.width)[rng.integers(0, space.width, 48)]
    labels[::2] = 0.8 * labels[::2] + 0.2 * rng.dirichlet(np.ones(space.width), 24)
    sure = np.linspace(0.0, 2.5 + np.log(space.width), 24)  # the others sum up to about width * exp(2)
    predictions[1::2] += sure[:, None] * labels[1::2]
    return _batch(space, labels, predictions)


@lru_cache
def journeys(space: Space) -> tuple[Inputs, Inputs, Inputs]:
    """Predictions that move away in every kind of direction, 10,000, 100,000 and a million; float64.

    So far that also a loss whose terms compete with the class count, as in normalised cross-entropy, has levelled off.
    """
    rows = np.array([sign * row for sign in (1.0, -1.0) for row in _patterns(space)])
    labels = np.zeros_like(rows)
    if space.target == "classes":
        labels[:, 0] = 1.0
    near, far, farther = (_batch(space, labels, distance * rows) for distance in DISTANCES)
    return near, far, farther


def reference_gradient(space: Space, inputs: Inputs) -> Array:
    """The gradient of cross-entropy, p - y, or of the squared error, 2 (y_pred - y_true) / outputs; shaped as both."""
    if space.target == "values":
        return np.asarray(2.0 * (inputs["y_pred"] - inputs["y_true"]) / space.width)
    z = inputs["y_pred"] - inputs["y_pred"].max(axis=-1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    return np.asarray(p - inputs["y_true"])


def quality(space: Space, inputs: Inputs) -> float:
    """How right the predictions are, at most 1: the accuracy, or R squared."""
    y_true, y_pred = inputs["y_true"], inputs["y_pred"]
    if space.target == "classes":
        return float((y_pred.argmax(axis=-1) == y_true.argmax(axis=-1)).mean())
    return float(1.0 - np.square(y_pred - y_true).sum() / np.square(y_true - y_true.mean(axis=0)).sum())


def _patterns(space: Space) -> list[Array]:
    """Directions: the first alone (of classes: the true one), the last alone, all together, every other one."""
    width = space.width
    return [np.eye(width)[0], np.eye(width)[-1], np.ones(width), np.arange(width) % 2.0]


def _with_typical(space: Space, labels: Array, predictions: Array) -> tuple[Array, Array]:
    usual = typical(space)
    return np.concatenate([labels, usual["y_true"]]), np.concatenate([predictions, usual["y_pred"]])


def _batch(space: Space, labels: Array, predictions: Array, dtype: str = "float64", rarest: float = 0.1) -> Inputs:
    inputs = {"y_true": np.asarray(labels, dtype), "y_pred": np.asarray(predictions, dtype)}
    if space.target == "classes":
        tail = np.geomspace(1.0, rarest, space.width)
        inputs["class_prior"] = np.asarray(space.class_prior or tail / tail.sum(), dtype)
    return inputs
