from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest
from hypothesis import given
from losses.random_graphs import random_graphs

from alphaloss.gate.probes import Space, second_look
from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.numeric import evaluate
from alphaloss.losses.source import print_source


@pytest.fixture(autouse=True, scope="module")
def _double_precision() -> Iterator[None]:
    """In float64, so that two ways of rounding do not grow into a difference."""
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


@given(random_graphs(targets=("classes", "values")))
def test_keras_numpy_and_the_printed_file_compute_the_same(graph: LossGraph):
    inputs = second_look(Space(graph.target, 10))
    labels, logits = keras.ops.array(inputs["y_true"]), keras.ops.array(inputs["y_pred"])
    with np.errstate(all="ignore"):
        expected = evaluate(graph, inputs)
    by_keras = np.asarray(keras_function(graph)(labels, logits))
    module: dict[str, object] = {}
    exec(print_source(graph), module)  # noqa: S102  # printed from a graph of our own
    np.testing.assert_array_equal(by_keras, module["loss"](labels, logits))
    finite = np.isfinite(expected) & np.isfinite(by_keras)
    np.testing.assert_allclose(by_keras[finite], expected[finite], rtol=1e-6, atol=1e-6)
    assert not (np.isfinite(expected) & ~np.isfinite(by_keras)).any()


@pytest.mark.parametrize("bounds", [(-0.5, 0.5), (0.5, -0.5)])
def test_reversed_bounds_of_clip_mean_what_they_mean_in_keras(bounds: tuple[float, float]):
    b = GraphBuilder()
    clipped = b.add("clip", b.input("y_pred"), *(b.constant(v) for v in bounds))
    graph = b.graph(b.add("sum", clipped, axis=-1))
    inputs = second_look(Space("classes", 4))
    expected = keras_function(graph)(inputs["y_true"], keras.ops.array(inputs["y_pred"]))
    np.testing.assert_allclose(evaluate(graph, inputs), expected, rtol=1e-12)
