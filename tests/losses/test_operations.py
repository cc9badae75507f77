"""Each row of the operation table against `keras.ops`: value and gradient."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.numeric import value_and_gradient
from alphaloss.losses.operations import ALIASES, OPERATIONS, Operation

LEAVES = {"constant", "class_count"}
POSITIVE_ONLY = {"log", "log1p", "sqrt", "power", "reciprocal", "divide"}


def _graph_of(operation: Operation) -> LossGraph:
    """A loss that uses one operation on the logits (made positive where it must be) and sums over the classes."""
    b = GraphBuilder()
    x = b.input("y_pred")
    if operation.name in POSITIVE_ONLY:
        x = b.add("add", b.add("square", x), b.constant(0.5))
    y = b.add("add", b.add("multiply", b.input("y_true"), b.constant(0.3)), b.constant(0.2))
    condition = b.add("less", b.input("y_pred"), b.constant(0.1))
    args = {
        "where": (condition, x, y),
        "clip": (x, b.constant(-0.4), b.constant(0.7)),
        "cast": (condition,),
        "squeeze": (b.add("sum", x, axis=-1, keepdims=True),),
    }.get(operation.name, (x, y)[: operation.arity])
    static = {"cast": {"dtype": "float"}}.get(operation.name, {"axis": -1} if operation.statics else {})
    value = b.add(operation.name, *args, **static)
    if b.types[value].dtype == "bool":
        value = b.add("cast", value, dtype="float")
    if b.types[value].dims == ("batch", "classes", 1):
        value = b.add("squeeze", value, axis=-1)
    if b.types[value].dims == ("batch", "classes"):
        value = b.add("sum", value, axis=-1)
    anchor = b.add("sum", b.input("y_pred"), axis=-1)  # so that every loss depends on the logits
    return b.graph(b.add("add", value, anchor))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("operation", [o for o in OPERATIONS.values() if o.name not in LEAVES], ids=lambda o: o.name)
def test_numpy_and_keras_agree_in_value_and_gradient(operation: Operation, classes: int, dtype: str):
    rng = np.random.default_rng(7)
    labels = np.eye(classes)[rng.integers(0, classes, 6)] * 0.9 + 0.1 / classes
    inputs = {"y_true": labels.astype(dtype), "y_pred": rng.normal(0, 2, (6, classes)).astype(dtype)}
    graph = _graph_of(operation)
    values, gradient = value_and_gradient(graph, inputs)
    logits = tf.constant(inputs["y_pred"])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        result = keras_function(graph)(tf.constant(inputs["y_true"]), logits)
    assert values.dtype == gradient.dtype == dtype
    tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(values, result, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(gradient, tape.gradient(result, logits), rtol=10 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("name", [*(set(OPERATIONS) - LEAVES), *ALIASES])
def test_every_name_is_one_of_keras(name: str):
    assert callable(vars(keras.ops)[name])


def test_softmax_and_its_logarithm_stay_finite_at_any_logit():
    b = GraphBuilder()
    x = b.input("y_pred")
    parts = [b.add(op, x) for op in ("softmax", "log_softmax", "sigmoid", "softplus")]
    total = parts[0]
    for part in parts[1:]:
        total = b.add("add", total, part)
    graph = b.graph(b.add("add", b.add("sum", total, axis=-1), b.add("logsumexp", x, axis=-1)))
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]], dtype="float32")
    values, gradient = value_and_gradient(graph, {"y_true": np.zeros_like(logits), "y_pred": logits})
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()
