"""The class count is printed as the plain number where Keras computes the same with it, and as a tensor elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.numeric import evaluate
from alphaloss.losses.source import print_source

Build = Callable[[GraphBuilder, int, int], int]
"""From the builder, a value (batch,) and the class count."""

PLAIN: list[Build] = [
    lambda b, x, k: b.add("add", x, b.add("divide", b.constant(0.1), k)),
    lambda b, x, k: b.add("multiply", x, k),
    lambda b, x, k: b.add("divide", x, k),
    lambda b, x, k: b.add("divide", k, x),
    lambda b, x, k: b.add("subtract", k, x),
    lambda b, x, k: b.add("power", x, k),
    lambda b, x, k: b.add("power", k, b.add("negative", x)),
    lambda b, x, k: b.add("subtract", x, b.add("negative", k)),
    lambda b, x, k: b.add("where", b.add("less", x, k), x, b.constant(0.5)),
    lambda b, x, k: b.add("cast", b.add("equal", x, k), dtype="float"),
    lambda b, x, k: b.add("multiply", x, b.add("divide", k, b.add("subtract", k, b.constant(1.0)))),
    lambda b, x, k: b.add("multiply", x, b.add("divide", b.add("multiply", k, b.constant(0.3)), b.constant(7.0))),
]
AS_TENSOR: list[Build] = [
    lambda b, x, k: b.add("divide", x, b.add("log", k)),
    lambda b, x, k: b.add("multiply", x, b.add("multiply", k, k)),
    lambda b, x, k: b.add("multiply", x, b.add("divide", b.constant(1.0), b.add("subtract", k, b.constant(3.0)))),
    lambda b, x, k: b.add("multiply", x, b.add("power", k, b.constant(0.5))),
    lambda b, x, k: b.add("multiply", x, b.add("divide", k, b.constant(-2.0))),
    lambda b, x, k: b.add("minimum", x, k),
    lambda b, x, k: b.add("where", b.add("less", x, b.constant(0.0)), x, k),
]


@pytest.mark.parametrize(
    ("builds", "printed"),
    [(PLAIN, "classes = y_pred.shape[-1]"), (AS_TENSOR, "classes = ops.cast(y_pred.shape[-1], y_pred.dtype)")],
    ids=["plain", "tensor"],
)
def test_the_class_count_is_the_same_in_numpy_keras_and_print(builds: list[Build], printed: str):
    for build in builds:
        b = GraphBuilder()
        x = b.add("sum", b.add("square", b.input("y_pred")), axis=-1)
        graph = b.graph(build(b, x, b.class_count()))
        source = print_source(graph)
        assert printed in source
        module: dict[str, object] = {}
        exec(source, module)  # noqa: S102  # printed from a graph of our own
        for classes in (2, 3, 10):
            logits = np.random.default_rng(1).normal(0.0, 1.0, (4, classes)).astype("float32")
            with np.errstate(divide="ignore"):
                expected = evaluate(graph, {"y_true": logits, "y_pred": logits})
            tensor = keras.ops.array(logits)
            by_keras = keras_function(graph)(tensor, tensor)
            np.testing.assert_allclose(by_keras, expected, rtol=1e-5, err_msg=source)
            np.testing.assert_array_equal(by_keras, module["loss"](tensor, tensor), err_msg=source)  # type: ignore[operator]
