"""Every lowering against `keras.ops` itself: value and gradient, in float64."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from losses.calls import BATCH, PRIOR, K, Y, Z, call, computed, recorded

from alphaloss.losses.binding import bind
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.lowering import LOWERINGS
from alphaloss.losses.lowering.refused import REFUSED

_RANDOM = np.random.default_rng(0)
Z_VALUES = _RANDOM.normal(0.0, 2.0, (6, 4))
Y_VALUES = _RANDOM.dirichlet(np.ones(4), 6)
PRIOR_VALUES = np.array([0.4, 0.3, 0.2, 0.1])
P = call("softmax", Z)
M = call("greater", Z, 0.3)  # a mask
PAIRS = call("subtract", call("expand_dims", Z, -1), call("expand_dims", Y, -2))
LABEL = call("argmax", Y, axis=-1)

CASES: dict[str, list[Any]] = {
    "activations": [
        *(
            call(name, Z)
            for name in (
                "silu",
                "swish",
                "gelu",
                "elu",
                "selu",
                "celu",
                "leaky_relu",
                "relu6",
                "hard_sigmoid",
                "hard_silu",
                "hard_swish",
                "hard_tanh",
                "softsign",
                "tanh_shrink",
                "soft_shrink",
                "hard_shrink",
                "squareplus",
                "sparse_plus",
                "sparse_sigmoid",
            )
        ),
        call("gelu", Z, approximate=False),
        call("elu", Z, alpha=0.5),
        call("celu", Z, 2.0),
        call("leaky_relu", Z, negative_slope=0.1),
        call("soft_shrink", Z, 0.7),
        call("hard_shrink", Z, threshold=0.7),
        call("threshold", Z, 0.2, -1.0),
        call("squareplus", Z, b=2),
    ],
    "functions": [
        *(call(name, Z) for name in ("exp2", "cbrt", "deg2rad", "rad2deg", "sinc", "conj", "real")),
        call("log2", P),
        call("log10", P),
        call("hypot", Z, Y),
        call("heaviside", Z, 0.5),
        call("logaddexp2", Z, Y),
        call("divide_no_nan", Z, call("relu", Z)),
        call("floor_divide", Z, 0.7),
        call("mod", Z, 0.7),
        call("mod", Z, call("negative", P)),
        call("fmod", Z, 0.7),
        call("where", call("isclose", Z, Y, rtol=1.0, atol=0.5), Z, 0.0),
        call("where", call("logical_xor", M, call("greater", Y, 0.3)), Z, Y),
        call("select", [M, call("less", Z, -1.0)], [Z, call("square", Z)], 0.5),
        call("fabs", Z),
        call("true_divide", Z, 3),
    ],
    "reductions": [
        call("norm", Z, axis=-1),
        *(call("norm", Z, ord=order, axis=-1) for order in (0, 1, 2, 3, 1.5, float("inf"), float("-inf"))),
        call("norm", Z, 1, 1, True),
        call("normalize", Z),
        call("normalize", Z, axis=1, order=1),
        call("normalize", Z, order=3, epsilon=0.01),
        call("average", Z, axis=-1),
        call("average", Z, axis=-1, weights=P),
        call("average", Z, axis=-1, weights=PRIOR),
        call("multiply", call("cast", call("count_nonzero", M, axis=-1), "float64"), call("sum", Z, axis=-1)),
        call("ptp", Z, axis=-1),
        call("getitem", call("moments", Z, axes=[-1]), 0),
        call("getitem", call("moments", Z, [1], keepdims=True), 1),
        call("layer_normalization", Z),
        call("layer_normalization", Z, PRIOR, PRIOR, epsilon=0.1),
        call("rms_normalization", Z),
        call("rms_normalization", Z, PRIOR, epsilon=0.1),
        call("getitem", call("top_k", Z, 2), 0),
        call("getitem", call("top_k", Z, k=3, sorted=True), 0),
        *(call(name, PAIRS, axis=(1, 2)) for name in ("sum", "mean", "max", "min", "prod", "logsumexp")),
        *(call(name, PAIRS, axis=1) for name in ("sum", "amax", "amin")),
        call("sum", PAIRS, axis=(-1, -2), keepdims=True),
        call("multiply", call("sum", M, axis=-1, keepdims=True), Z),
        call("multiply", call("mean", M, axis=-1, keepdims=True), Z),
        call("where", call("any", M, axis=-1, keepdims=True), Z, Y),
        call("where", call("all", M, axis=(-1,), keepdims=True), Z, Y),
    ],
    "crossentropy": [
        call("categorical_crossentropy", Y, Z, from_logits=True),
        call("categorical_crossentropy", Y, P),
        call("categorical_crossentropy", Y, call("convert_to_tensor", P)),
        call("categorical_crossentropy", Y, call("sigmoid", Z)),
        call("categorical_crossentropy", Y, call("multiply", P, 2.0), axis=1),
        call("sparse_categorical_crossentropy", LABEL, Z, from_logits=True),
        call("sparse_categorical_crossentropy", LABEL, P),
        call("sparse_categorical_crossentropy", LABEL, call("sigmoid", Z)),
        call("binary_crossentropy", Y, Z, from_logits=True),
        call("binary_crossentropy", Y, call("sigmoid", Z)),
        call("binary_crossentropy", Y, P),
    ],
    "products": [
        call("einsum", "ij,ij->i", Y, Z),
        call("einsum", "bi, bj -> bij", Y, Z),
        call("einsum", "ij->i", Z),
        call("einsum", "bij,bj->bi", PAIRS, Z),
        call("einsum", "bij->bji", PAIRS),
        call("einsum", "bc,c->b", Z, PRIOR),
        call("einsum", "...c,...c->...", Y, Z),
        call("einsum", "bi,bj,bij->b", Y, Z, PAIRS),
        call("matmul", Z, call("cast", call("eye", K), "float64")),
        call("matmul", call("expand_dims", Y, 1), call("expand_dims", Z, -1)),
        call("matmul", PAIRS, call("expand_dims", Z, -1)),
        call("matmul", call("expand_dims", Z, 1), PAIRS),
        call("dot", Z, PRIOR),
        call("inner", Z, PRIOR),
        call("multiply", call("outer", PRIOR, PRIOR), PAIRS),
        call("multiply", call("vdot", PRIOR, PRIOR), Z),
    ],
    "forms": [
        call("reshape", call("sum", Z, axis=-1), (-1, 1)),
        call("reshape", call("sum", Z, axis=-1, keepdims=True), (-1,)),
        call("reshape", call("sum", Z, axis=-1, keepdims=True), (BATCH,)),
        call("reshape", Z, (BATCH, K)),
        call("reshape", Z, (-1, K)),
        call("reshape", Z, (BATCH, -1)),
        call("reshape", Z, (BATCH, 1, K)),
        call("reshape", Z, [-1, K, 1]),
        call("expand_dims", Z, 1),
        call("expand_dims", call("sum", Z, axis=-1), (1, 2)),
        call("squeeze", call("expand_dims", call("sum", Z, axis=-1), (-1, -2))),
        call("squeeze", call("expand_dims", Z, 1), axis=1),
        call("transpose", PAIRS, (0, 2, 1)),
        call("swapaxes", PAIRS, 1, -1),
        call("moveaxis", PAIRS, -1, 1),
        call("fliplr", Z),
        call("flip", Z, axis=-1),
        call("subtract", Z, call("expand_dims", call("log", PRIOR), 0)),
        call("ravel", call("sum", Z, axis=-1, keepdims=True)),
        call("multiply", call("zeros_like", Z), Z),
        call("add", call("ones_like", Z), Z),
        call("where", call("cast", call("ones_like", Z, dtype="bool"), "bool"), Z, 0.0),
        call("multiply", call("cast", call("cast", M, "int32"), "float64"), Z),
        call("stop_gradient", Z),
        call("copy", Z),
        call("array", Z),
    ],
    "creation": [
        call("add", Z, call("cast", call("zeros", (BATCH, K)), "float64")),
        call("add", Z, call("cast", call("ones", (BATCH, 1)), "float64")),
        call("multiply", Z, call("cast", call("ones", (K,)), "float64")),
        call("multiply", call("sum", Z, axis=-1), call("cast", call("full", (BATCH,), 3.0), "float64")),
        call("multiply", Z, call("full_like", Z, 2)),
        call("multiply", Z, call("cast", call("arange", K), "float64")),
        call("multiply", Z, call("arange", K)),
        call("multiply", Z, call("arange", 1, call("add", K, 1))),
        call("multiply", Z, call("arange", 0, K, dtype="float64")),
        call("multiply", Z, call("linspace", 0.5, 2.0, K)),
        call("multiply", Z, call("linspace", 0.5, 2.0, num=K, endpoint=False)),
        call("multiply", PAIRS, call("cast", call("eye", K), "float64")),
        call("multiply", PAIRS, call("cast", call("eye", K, k=1), "float64")),
        call("multiply", PAIRS, call("subtract", 1.0, call("identity", K))),
        call("multiply", Z, call("one_hot", LABEL, K)),
        call("multiply", Z, call("one_hot", LABEL, num_classes=K, dtype="float64")),
        call("multiply", Z, call("one_hot", call("argmax", Z, -1), call("cast", K, "int32"))),
        call("tril", PAIRS),
        call("triu", PAIRS, k=1),
        call("multiply", Z, call("tile", call("sum", Z, axis=-1, keepdims=True), (1, K))),
        call("multiply", Z, call("repeat", call("sum", Z, axis=-1, keepdims=True), K, axis=-1)),
        call("multiply", Z, call("broadcast_to", call("sum", Z, axis=-1, keepdims=True), (BATCH, K))),
        call("broadcast_to", call("expand_dims", Z, 1), (BATCH, K, K)),
    ],
    "indexing": [
        call("getitem", Z, (slice(None), 0)),
        call("getitem", Z, (..., -1)),
        call("getitem", Z, (slice(None), slice(None, 2))),
        call("getitem", Z, (slice(None), slice(1, 3))),
        call("getitem", Z, (slice(None), slice(-2, None))),
        call("getitem", Z, (slice(None), slice(-3, -1))),
        call("getitem", Z, (slice(None), slice(None, None, -1))),
        call("getitem", Z, (slice(None), None, slice(None))),
        call("getitem", Z, (..., None)),
        call("getitem", Z, (slice(None), slice(None, K), None)),
        call("getitem", Z, slice(None)),
        call("getitem", PAIRS, (slice(None), 0)),
        call("getitem", PAIRS, (slice(None), slice(None, 2), 1)),
        call("getitem", PAIRS, (slice(None), slice(-2, None))),
        call("subtract", Z, call("getitem", PRIOR, (None, slice(None)))),
        call("getitem", call("getitem", call("sort", Z, axis=-1), (..., slice(-2, None))), (..., slice(1, None))),
        call("multiply", call("getitem", PRIOR, 0), Z),
        call("take", Z, 1, axis=-1),
        call("multiply", call("expand_dims", call("take", PRIOR, LABEL, axis=0), -1), Z),
        call("take_along_axis", Z, call("expand_dims", LABEL, -1), axis=-1),
        call("take_along_axis", Z, call("expand_dims", LABEL, 1), axis=1),
        call("take_along_axis", Z, call("argsort", Y), axis=-1),
        call("slice", Z, (0, 1), (BATCH, 2)),
    ],
    "promotion": [
        call("multiply", call("equal", LABEL, call("argmax", Z, axis=-1)), call("sum", Z, axis=-1)),
        call("multiply", call("cast", call("equal", LABEL, 1), "float64"), call("sum", Z, axis=-1)),
        call("multiply", call("add", LABEL, 1), call("sum", Z, axis=-1)),
        call("multiply", call("divide", LABEL, 2), call("sum", Z, axis=-1)),
        call("multiply", call("less", call("arange", K), call("expand_dims", LABEL, -1)), Z),
        call("where", call("where", M, True, False), Z, Y),
        call("where", call("logical_and", Y, M), Z, 1),
        call("multiply", Z, call("divide", 1, K)),
        call("multiply", Z, call("log", call("cast", K, "float64"))),
        call("multiply", Z, call("one_hot", call("mod", call("add", LABEL, 1), K), K)),
        call("power", 2, Z),
    ],
}


def _values_and_gradients(function: Any) -> list[np.ndarray]:
    y, z = tf.constant(Y_VALUES), tf.constant(Z_VALUES)
    with tf.GradientTape() as tape:
        tape.watch([y, z])
        result = tf.cast(function(y, z), "float64")
        result = tf.reduce_sum(tf.reshape(result, [6, -1]), axis=-1)
    gradients = tape.gradient(result, [y, z], unconnected_gradients="zero")
    return [tensor.numpy() for tensor in (result, *gradients)]


@pytest.mark.parametrize("group", CASES)
def test_the_graph_of_a_call_computes_what_keras_computes(group: str):
    inputs = ("y_true", "y_pred", "class_prior")
    prior = tf.constant(PRIOR_VALUES)
    different = {}
    for case in CASES[group]:

        def in_keras(y: Any, z: Any, case: Any = case) -> Any:
            return computed(case, {"y_true": y, "y_pred": z, "class_prior": prior})

        result = in_keras(tf.constant(Y_VALUES), tf.constant(Z_VALUES))
        summed = case
        for _ in result.shape[1:]:
            summed = call("sum", summed, axis=-1)
        graph = bind(recorded(summed, inputs))
        wanted = _values_and_gradients(in_keras)
        received = _values_and_gradients(keras_function(graph, class_prior=prior))
        scale = max(1.0, *(np.abs(w).max() for w in wanted))
        worst = max(np.abs(w - r).max() / scale for w, r in zip(wanted, received, strict=True))
        if not worst < 1e-6:
            different[str(case)] = worst
    assert different == {}


def test_no_name_of_keras_ops_is_forgotten():
    rooms = (keras.ops, keras.ops.nn, keras.ops.numpy, keras.ops.linalg, keras.ops.image)
    names = {name for room in rooms for name in dir(room) if not name.startswith("_")}
    assert names - LOWERINGS.keys() - REFUSED.keys() == set()
    assert LOWERINGS.keys() & REFUSED.keys() == set()


def test_parameters_stand_where_keras_has_them_with_the_same_defaults():
    ours_alone = {"dtype"}  # `ops.sum(x, dtype=...)`, as in numpy
    different = {}
    for name in LOWERINGS.keys() & set(dir(keras.ops)):
        theirs = [
            p for p in inspect.signature(getattr(keras.ops, name)).parameters.values() if p.kind < p.VAR_POSITIONAL
        ]
        wanted = [(p.name, None if p.default is p.empty else p.default) for p in theirs]
        received = [(p.name, p.default) for p in LOWERINGS[name].parameters]
        known = {p.name for p in theirs} | ours_alone
        moved = any(r != w and r[0] not in ours_alone for r, w in zip(received, wanted, strict=False))
        if moved or {n for n, _ in received} - known:
            different[name] = (wanted, received)
    assert different == {}
