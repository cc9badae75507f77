"""Each row of the operation table against `keras.ops`: value and gradient, and where they are finite."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from losses.operation_cases import BOUNDED, LEAVES, computing, difference, extreme, loss_of, ordinary

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.numeric import evaluate, value_and_gradient
from alphaloss.losses.operations import ALIASES, OPERATIONS, Operation
from alphaloss.losses.symbolic import latex

# Twice the largest error that was seen on any row (`python benchmarks/operations.py`).
TOLERANCE = {"float32": 2e-5, "float64": 2e-13}
OURS = {*LEAVES, "index", "slice", "top_k_indices"}
NO_TABLE = {"squeeze", "expand_dims", "one_hot"}  # they have a third class axis, or leave none


@pytest.mark.parametrize("operation", computing(), ids=lambda o: o.name)
def test_numpy_and_keras_agree_in_value_and_gradient(operation: Operation):
    graph = loss_of(operation)
    for dtype, tolerance in TOLERANCE.items():
        for classes in (2, 10, 100, *([] if operation.name == "swapaxes" else [1000])):
            for inputs in (ordinary(classes, dtype), extreme(classes, dtype)):
                found = difference(graph, inputs)
                assert max(found.value, found.gradient) < tolerance, (dtype, classes)
                assert found.same_value, (dtype, classes)
                assert found.same_gradient, (dtype, classes)


def test_they_agree_along_both_class_axes():
    for operation in computing():
        if operation.name in NO_TABLE:
            continue
        any_axis = operation.name != "take_along_axis" and any(p.name == "axis" for p in operation.params)
        for axis in (-1, -2) if any_axis else (-1,):
            found = difference(loss_of(operation, pairs=True, axis=axis), ordinary(5, "float64"))
            assert max(found.value, found.gradient) < TOLERANCE["float64"], (operation.name, axis)
            assert found.same_value, (operation.name, axis)
            assert found.same_gradient, (operation.name, axis)


def test_outside_its_domain_an_operation_is_not_finite_where_keras_is_not():
    for operation in computing():
        if operation.name in BOUNDED:
            for inputs in (ordinary(10, "float32"), extreme(10, "float32")):
                found = difference(loss_of(operation, raw=True), inputs)
                assert max(found.value, found.gradient) < TOLERANCE["float32"], operation.name
                assert found.same_value, operation.name
                assert found.same_gradient, operation.name


def test_no_operation_hides_a_nan_that_keras_shows():
    inputs = ordinary(5, "float32")
    inputs["y_pred"][[0, 1, 2], [0, 2, 4]] = np.nan
    for operation in computing():
        graph = loss_of(operation, anchor=False)
        with np.errstate(all="ignore"):
            ours = evaluate(graph, inputs)
        theirs = np.asarray(keras_function(graph)(inputs["y_true"], keras.ops.array(inputs["y_pred"])))
        assert not (np.isfinite(ours) & ~np.isfinite(theirs)).any(), operation.name


@pytest.mark.parametrize("name", sorted({*OPERATIONS, *ALIASES} - OURS))
def test_every_name_is_one_of_keras(name: str):
    assert callable(vars(keras.ops)[name])


def test_softmax_and_its_logarithm_stay_finite_at_any_logit():
    b = GraphBuilder()
    x = b.input("y_pred")
    parts = [b.add(op, x) for op in ("softmax", "log_softmax", "sigmoid", "log_sigmoid", "softplus")]
    total = parts[0]
    for part in parts[1:]:
        total = b.add("add", total, part)
    graph = b.graph(b.add("add", b.add("sum", total, axis=-1), b.add("logsumexp", x, axis=-1)))
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]], dtype="float32")
    values, gradient = value_and_gradient(graph, {"y_true": np.zeros_like(logits), "y_pred": logits})
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_made_of_numbers_conditions_and_indices_has_the_precision_of_the_predictions(dtype: str):
    b = GraphBuilder()
    x = b.input("y_pred")
    chosen = b.add("where", b.add("less", x, b.constant(0.0)), b.constant(0.5), b.constant(0.25))
    index = b.add("argmax", x, axis=-1)
    for value in (chosen, b.add("one_hot", index), b.add("expand_dims", b.add("cast", index, dtype="float"), axis=-1)):
        graph = b.graph(b.add("sum", value, axis=-1))
        assert evaluate(graph, ordinary(4, dtype)).dtype == dtype
        expected = keras_function(graph)(*(keras.ops.array(v, dtype=dtype) for v in ordinary(4, dtype).values()))
        np.testing.assert_array_equal(evaluate(graph, ordinary(4, dtype)), expected)


def test_an_index_that_comes_twice_has_twice_the_gradient_and_one_out_of_range_gives_nan():
    b = GraphBuilder()
    y, x = b.input("y_true"), b.input("y_pred")
    graph = b.graph(b.add("sum", b.add("take_along_axis", x, b.add("cast", y, dtype="int"), axis=-1), axis=-1))
    indices = np.array([[1.0, 1.0, 0.0], [-1.0, 2.9, 2.0], [0.0, 3.0, 0.0]])  # counted from the end; cut to whole ones
    logits = np.arange(9.0).reshape(3, 3)
    values, gradient = value_and_gradient(graph, {"y_true": indices, "y_pred": logits})
    np.testing.assert_array_equal(values, [1 + 1 + 0, 5 + 5 + 5, np.nan])
    np.testing.assert_array_equal(gradient[:2], [[1, 2, 0], [0, 0, 3]])


def test_the_product_of_zeros_has_the_gradient_of_the_other_factors():
    b = GraphBuilder()
    graph = b.graph(b.add("prod", b.input("y_pred"), axis=-1))
    logits = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 3.0]])
    _, gradient = value_and_gradient(graph, {"y_true": logits, "y_pred": logits})
    np.testing.assert_array_equal(gradient, [[0, 6, 0], [0, 0, 0]])


def test_every_row_has_a_formula():
    for operation in computing():
        text = latex(loss_of(operation))
        assert text.count("{") == text.count("}"), operation.name
        assert "z_{" in text or "t_{" in text, operation.name


def test_a_formula_of_pairs_has_two_letters():
    # sum_j sum_k y_j softplus(z_k - z_j), and the largest difference to the label of each class
    b = GraphBuilder()
    y, z = b.input("y_true"), b.input("y_pred")
    gap = b.add("subtract", b.add("expand_dims", z, axis=-2), b.add("expand_dims", z, axis=-1))
    cost = b.add("multiply", b.add("expand_dims", y, axis=-1), b.add("exp", gap))
    assert latex(b.graph(b.add("sum", b.add("sum", cost, axis=-1), axis=-1))) == (
        r"\sum_{\substack{1 \leq j \leq K\\1 \leq k \leq K}} e^{z_{j} - z_{k}} y_{k}"
    )
    assert latex(b.graph(b.add("sum", b.add("max", gap, axis=-1), axis=-1))) == (
        r"\sum_{k=1}^{K} \operatorname{max}_{j}{\left(z_{j} - z_{k} \right)}"
    )
