"""A loss for each row of the operation table, inputs for it, and its distance to `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.numeric import value_and_gradient
from alphaloss.losses.operations import OPERATIONS, Operation
from alphaloss.losses.shapes import Static

LEAVES = {"constant", "class_count", "class_index"}
PAIRS = {"swapaxes"}
POSITIVE = {"log", "log1p", "sqrt", "rsqrt", "power", "reciprocal", "divide"}
IN_UNIT_INTERVAL = {"arcsin", "arccos", "arctanh", "prod", "cumprod"}
BOUNDED = POSITIVE | IN_UNIT_INTERVAL | {"arccosh"}
"""Looked at inside their domain first."""
STATICS: dict[str, dict[str, Static]] = {
    "top_k": {"k": 2},
    "top_k_indices": {"k": 2},
    "index": {"at": -2},
    "slice": {"start": 1, "stop": 2},
    "squeeze": {"axis": -2},
}
"""For 2 classes and more."""


def computing() -> list[Operation]:
    """Every row but the leaves, which the others use."""
    return [o for o in OPERATIONS.values() if o.name not in LEAVES]


def loss_of(
    operation: Operation, *, axis: int = -1, pairs: bool = False, raw: bool = False, anchor: bool = True
) -> LossGraph:
    """A loss that uses one operation and weighs each class of the result differently.

    Args:
        operation: the row.
        axis: for an operation along an axis.
        pairs: apply it to a table (batch, classes, classes).
        raw: apply it to the logits, even where they are outside its domain.
        anchor: add the mean logit, so that every loss has a gradient.
    """
    b = GraphBuilder()
    x = b.input("y_pred")
    # Another value for each class, that depends on the logit of another class.
    waves = b.add("add", b.add("sin", b.add("flip", x, axis=-1)), b.constant(1.3))
    other = b.add("add", waves, b.add("multiply", b.input("y_true"), b.constant(0.3)))
    if pairs or operation.name in PAIRS:
        x = b.add("subtract", b.add("expand_dims", x, axis=-1), b.add("expand_dims", other, axis=-2))
        other = b.add("expand_dims", other, axis=-1)
        if operation.name == "take_along_axis":
            other = b.add("multiply", x, other)
    x = x if raw else _inside(b, operation, x)
    result = _apply(b, operation, x, other, axis)
    total = _total(b, result)
    if operation.arity == 2 and operation.params[1].name == "x2":
        total = b.add("add", total, _total(b, _apply(b, operation, other, x, axis)))
    return b.graph(b.add("add", total, _total(b, b.input("y_pred"))) if anchor else total)


def _inside(b: GraphBuilder, operation: Operation, x: int) -> int:
    """A value in the domain of the operation."""
    if operation.name in POSITIVE:
        return b.add("add", b.add("abs", x), b.constant(0.5))
    if operation.name in IN_UNIT_INTERVAL:
        return b.add("multiply", b.add("tanh", x), b.constant(0.9))
    if operation.name == "arccosh":
        return b.add("add", b.add("square", x), b.constant(1.5))
    return x


def _apply(b: GraphBuilder, operation: Operation, x: int, other: int, axis: int) -> int:
    name = operation.name
    static = dict(STATICS.get(name, {}))
    if any(p.name == "axis" for p in operation.params):
        static.setdefault("axis", axis)
    special: dict[str, Callable[[], int]] = {
        "clip": lambda: b.add(name, x, b.constant(-0.4), other),
        "where": lambda: b.add(name, b.add("less", x, b.constant(0.1)), x, other),
        "squeeze": lambda: b.add(name, b.add("expand_dims", x, axis=-2), axis=-2),
        "one_hot": lambda: b.add(name, b.add("argmax", x, axis=-1)),
        "take_along_axis": lambda: b.add(name, x, b.add("argsort", other), axis=-1),
        "cast": lambda: b.add("add", *(_cast_and_back(b, x, dtype) for dtype in ("bool", "int"))),
    }
    if name in special:
        return special[name]()
    if name in ("logical_and", "logical_or", "logical_not", "any", "all"):
        conditions = [b.add("less", x, b.constant(0.1)), b.add("greater", other, b.constant(1.2))]
        return b.add(name, *conditions[: operation.arity], **static)
    return b.add(name, *(x, other)[: operation.arity], **static)


def _cast_and_back(b: GraphBuilder, x: int, dtype: str) -> int:
    return b.add("cast", b.add("cast", x, dtype=dtype), dtype="float")


def _total(b: GraphBuilder, x: int) -> int:
    """The mean over all axes but the batch, each place with its own weight."""
    if b.types[x].dtype != "float":
        x = b.add("cast", x, dtype="float")
    while b.types[x].dims != ("batch",):
        weights = b.add("sqrt", b.add("add", b.add("cast", b.add("class_index"), dtype="float"), b.constant(0.7)))
        length = b.types[x].dims[-1]
        if isinstance(length, int):
            weights = b.add("slice", weights, start=0, stop=length)
        x = b.add("mean", b.add("multiply", x, weights), axis=-1)
    return x


def ordinary(classes: int, dtype: str) -> dict[str, NDArray]:
    """Six samples with logits of a spread of 2, half of the labels soft."""
    rng = np.random.default_rng([7, classes])
    return {"y_true": _labels(rng, 6, classes).astype(dtype), "y_pred": rng.normal(0, 2, (6, classes)).astype(dtype)}


def extreme(classes: int, dtype: str) -> dict[str, NDArray]:
    """Six samples, each with one logit 20, 100 or 1000 above or below the others."""
    rng = np.random.default_rng([8, classes])
    logits = rng.normal(0, 0.1, (6, classes))
    logits[np.arange(6), rng.integers(0, classes, 6)] += [20, -20, 100, -100, 1000, -1000]
    return {"y_true": _labels(rng, 6, classes).astype(dtype), "y_pred": logits.astype(dtype)}


def _labels(rng: np.random.Generator, samples: int, classes: int) -> NDArray:
    labels = np.eye(classes)[rng.integers(0, classes, samples)]
    labels[::2] = 0.9 * labels[::2] + 0.1 / classes
    return labels


class Difference(NamedTuple):
    """Largest error where both are finite, relative to Keras' number, or to 1 if that is smaller."""

    value: float
    gradient: float
    same_value: bool  # finite in the same places
    same_gradient: bool


def difference(graph: LossGraph, inputs: dict[str, NDArray]) -> Difference:
    """Between numpy and Keras."""
    values, gradient = value_and_gradient(graph, inputs)
    logits = tf.constant(inputs["y_pred"])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        result = keras_function(graph)(tf.constant(inputs["y_true"]), logits)
    expected, slope = result.numpy(), tape.gradient(result, logits).numpy()
    assert values.dtype == gradient.dtype == expected.dtype == inputs["y_pred"].dtype
    return Difference(
        _error(values, expected),
        _error(gradient, slope),
        bool((np.isfinite(values) == np.isfinite(expected)).all()),
        bool((np.isfinite(gradient) == np.isfinite(slope)).all()),
    )


def _error(ours: NDArray, keras: NDArray) -> float:
    both = np.isfinite(ours) & np.isfinite(keras)
    if not both.any():
        return 0.0
    return float(np.max(np.abs(ours[both] - keras[both]) / np.maximum(np.abs(keras[both]), 1.0)))
