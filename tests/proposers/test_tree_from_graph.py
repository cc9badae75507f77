"""Loss graphs read as trees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from losses.graphs import cross_entropy, label_smoothing

from alphaloss.config import GateSettings, TreeSettings
from alphaloss.gate import Gate, probes
from alphaloss.gate.duplicates import field_distance, gradient_field
from alphaloss.gate.gate import USUAL
from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import zoo_source
from alphaloss.proposers.trees.operators import TreeOperators, seeded
from alphaloss.proposers.trees.to_graph import to_graph
from alphaloss.records import Candidate
from alphaloss.sandbox import Sandbox

OPERATORS = {
    (primitives, target): TreeOperators(TreeSettings(primitives=primitives), target)
    for primitives in ("thesis", "sketch", "extended")
    for target in ("classes", "values")
}


def distance(one: LossGraph, other: LossGraph) -> float:
    typical = probes.typical(USUAL[one.target])
    return field_distance(gradient_field(one, typical), gradient_field(other, typical))


# The formulas are in the docstrings of the losses; each tree was compared with them by hand.
@pytest.mark.parametrize(
    ("name", "primitives", "target", "text"),
    [
        ("cross-entropy", "thesis", "classes", "negative(multiply(y_true, log(p)))"),
        ("brier", "thesis", "classes", "multiply(subtract(p, y_true), subtract(p, y_true))"),
        (
            "ngl",
            "thesis",
            "classes",
            "subtract(exp(subtract(subtract(2.4092, p), multiply(y_true, p))), cos(cos(sin(p))))",
        ),
        ("brier", "sketch", "classes", "square(subtract(p, y_true))"),
        ("mae", "sketch", "classes", "abs(subtract(y_true, p))"),
        (
            "focal",
            "extended",
            "classes",
            "multiply(log_p_true, negative(square(subtract(1.0, exp(log_p_true)))))",
        ),
        ("poly1", "extended", "classes", "subtract(multiply(subtract(1.0, p_true), 2.0), log_p_true)"),
        ("squared", "thesis", "values", "multiply(subtract(y_pred, y_true), subtract(y_pred, y_true))"),
        ("absolute", "extended", "values", "abs(subtract(y_pred, y_true))"),
    ],
)
def test_a_hand_designed_loss_is_read_and_written_back(
    sandbox: Sandbox, name: str, primitives: str, target: Target, text: str
):
    graph = Gate(sandbox, GateSettings(), target=target).trace(Candidate(source=zoo_source(name), operator="start"))
    assert isinstance(graph, LossGraph)
    trees = OPERATORS[primitives, target]
    tree = trees.read(graph)
    assert str(tree) == text
    assert distance(graph, to_graph(tree, trees.primitives, target, "mean")) < 1e-12


@pytest.mark.parametrize(
    ("graph", "primitives"),
    [(label_smoothing(), "extended"), (cross_entropy(), "sketch")],
    ids=["the class count is no leaf", "no logarithm"],
)
def test_a_loss_that_is_no_tree_of_the_set(graph: LossGraph, primitives: str):
    assert OPERATORS[primitives, "classes"].read(graph) is None


def test_a_graph_whose_tree_would_be_too_large():
    b = GraphBuilder()
    value = b.add("multiply", b.input("y_true"), b.add("softmax", b.input("y_pred"), axis=-1))
    for _ in range(100):  # 100 operations, 2**100 nodes
        value = b.add("add", value, value)
    assert OPERATORS["thesis", "classes"].read(b.graph(b.add("sum", value, axis=-1))) is None


@settings(max_examples=50)
@given(st.sampled_from(sorted(OPERATORS)), st.integers(0, 2**32))
def test_a_generated_loss_is_a_tree_again(names: tuple[str, Target], seed: int):
    # Without protection: guards are operations that no primitive stands for.
    primitives, target = names
    trees = TreeOperators(TreeSettings(primitives=primitives, protected=False), target)
    with seeded(np.random.default_rng(seed)):
        graph = trees.loss(trees.new())
    assert graph is not None
    tree = trees.read(graph)
    assert tree is not None
    assert distance(graph, to_graph(tree, trees.primitives, target, "mean")) < 1e-9
