from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from losses.graphs import ALL, gce, label_smoothing
from losses.random_graphs import random_graphs

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.source import print_function, print_source
from alphaloss.losses.types import Target
from alphaloss.records import Candidate
from alphaloss.sandbox import Sandbox


def _trace(source: str, sandbox: Sandbox, target: Target = "classes") -> LossGraph:
    graph = Gate(sandbox, GateSettings(), target=target).trace(Candidate(source=source, operator="test"))
    assert isinstance(graph, LossGraph), f"{graph}\n{source}"
    return graph


@pytest.mark.parametrize("graph", ALL.values(), ids=ALL)
def test_tracing_the_print_gives_the_graph(graph: LossGraph, sandbox: Sandbox):
    assert _trace(print_source(graph), sandbox) == graph


@given(random_graphs(targets=("classes", "values")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tracing_the_print_of_any_graph_gives_the_graph(sandbox: Sandbox, graph: LossGraph):
    assert _trace(print_source(graph), sandbox, graph.target) == graph


def test_the_print_is_what_a_person_would_write():
    assert print_source(gce()) == (
        "from keras import ops\n\n\n"
        "def loss(y_true, y_pred, *, q=0.7):\n"
        "    p = ops.softmax(y_pred, axis=-1)\n"
        "    p_true = ops.sum(y_true * p, axis=-1)\n"
        "    return (1.0 - p_true**q) / q\n"
    )
    assert print_function(label_smoothing(), scale=0.5) == (
        "def loss(y_true, y_pred):\n"
        "    classes = y_pred.shape[-1]\n"
        "    log_p = ops.log_softmax(y_pred, axis=-1)\n"
        "    value = -ops.sum((0.9 * y_true + 0.1 / classes) * log_p, axis=-1)\n"
        "    return 0.5 * value\n"
    )


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda b, x, y: b.add("subtract", x, b.add("subtract", y, x)), "x - (y - x)"),
        (lambda b, x, y: b.add("subtract", b.add("subtract", x, y), x), "x - y - x"),
        (lambda b, x, y: b.add("divide", x, b.add("divide", y, x)), "x / (y / x)"),
        (lambda b, x, y: b.add("power", b.add("power", x, y), y), "(x**y)**y"),
        (lambda b, x, y: b.add("power", x, b.add("power", y, y)), "x**(y**y)"),
        (lambda b, x, y: b.add("negative", b.add("power", x, y)), "-(x**y)"),
        (lambda b, x, y: b.add("power", b.add("negative", x), y), "(-x)**y"),
        (lambda b, x, y: b.add("power", x, b.constant(-2)), "x**-2.0"),
        (lambda b, x, y: b.add("negative", b.add("subtract", x, y)), "-(x - y)"),
        (lambda b, x, y: b.add("multiply", x, b.constant(2)), "2.0 * x"),
        (lambda b, x, y: b.add("add", b.constant(2), x), "x + 2.0"),
        (lambda b, x, y: b.add("multiply", x, b.add("negative", y)), "-y * x"),
        (lambda b, x, y: b.add("subtract", x, b.add("negative", y)), "x - -y"),
    ],
)
def test_brackets_stand_where_python_needs_them(build, expected: str):
    b = GraphBuilder()
    x = b.add("sum", b.input("y_true"), axis=-1)
    y = b.add("sum", b.input("y_pred"), axis=-1)
    printed = print_source(b.graph(build(b, x, y)))
    result = printed.rpartition("return ")[2].strip()
    names = dict(line.strip().split(" = ") for line in printed.splitlines() if " = " in line)
    for name, code in names.items():
        result = result.replace(name, code)
    for code, letter in (("ops.sum(y_true, axis=-1)", "x"), ("ops.sum(y_pred, axis=-1)", "y")):
        result = result.replace(code, letter)
    assert result.replace(" ** ", "**") == expected


def _body(b: GraphBuilder, output: int) -> list[str]:
    return [line.strip() for line in print_function(b.graph(output)).splitlines()[1:]]


def test_picking_is_printed_as_indexing():
    b = GraphBuilder()
    y, x = b.input("y_true"), b.input("y_pred")
    best = b.add("top_k", x, k=2)
    gap = b.add("subtract", b.add("index", best, at=0), b.add("index", best, at=-1))
    few = b.add("sum", b.add("slice", b.add("add", x, y), start=-3), axis=-1)
    first = b.add("sum", b.add("slice", x, start=0, stop=2), axis=-1)
    assert _body(b, b.add("subtract", first, b.add("divide", gap, few))) == [
        "t1 = ops.top_k(y_pred, 2)[0]",
        "t2 = (t1[..., 0] - t1[..., 1]) / ops.sum((y_true + y_pred)[..., -3:], axis=-1)",
        "return ops.sum(y_pred[..., :2], axis=-1) - t2",
    ]


def test_indices_are_printed_with_the_class_count():
    b = GraphBuilder()
    y, x = b.input("y_true"), b.input("y_pred")
    chosen = b.add("one_hot", b.add("index", b.add("top_k_indices", x, k=2), at=1))
    place = b.add("multiply", b.add("cast", b.add("class_index"), dtype="float"), y)
    assert _body(b, b.add("sum", b.add("subtract", chosen, place), axis=-1)) == [
        "t1 = ops.one_hot(ops.top_k(y_pred, 2)[1][..., 1], y_pred.shape[-1], dtype=y_pred.dtype)",
        "return ops.sum(t1 - y_true * ops.cast(ops.arange(y_pred.shape[-1]), y_pred.dtype), axis=-1)",
    ]


def test_conditions_are_joined_with_the_brackets_that_python_needs():
    b = GraphBuilder()
    y, x = b.input("y_true"), b.input("y_pred")
    low, other = b.add("less", x, b.constant(0.5)), b.add("not_equal", y, b.constant(1.0))
    same = b.add("equal", b.add("argmax", x, axis=-1, keepdims=True), b.add("argmax", y, axis=-1, keepdims=True))
    neither = b.add("logical_not", b.add("logical_or", low, b.add("logical_and", other, same)))
    assert _body(b, b.add("sum", b.add("where", neither, x, b.constant(0.0)), axis=-1)) == [
        "t1 = ops.argmax(y_pred, axis=-1, keepdims=True) == ops.argmax(y_true, axis=-1, keepdims=True)",
        "return ops.sum(ops.where(~((y_pred < 0.5) | t1 & (y_true != 1.0)), y_pred, 0.0), axis=-1)",
    ]


@pytest.mark.parametrize("graph", ALL.values(), ids=ALL)
def test_the_print_computes_what_the_graph_computes(graph: LossGraph):
    rng = np.random.default_rng(0)
    labels = np.eye(10, dtype="float32")[rng.integers(0, 10, 32)]
    logits = rng.normal(0, 3, (32, 10)).astype("float32")
    module: dict[str, object] = {}
    exec(print_source(graph), module)  # noqa: S102  # printed from a graph of our own
    np.testing.assert_array_equal(module["loss"](labels, logits), keras_function(graph)(labels, logits))
