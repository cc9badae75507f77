from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from losses.graphs import cross_entropy
from losses.random_graphs import random_graphs

from alphaloss.gate.probes import random_logits
from alphaloss.losses.canonical import GraphBuilder, canonical
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import evaluate
from alphaloss.losses.types import OperationError


def test_unused_and_repeated_computations_vanish():
    b = GraphBuilder()
    b.add("exp", b.input("y_pred"))
    first = b.add("log_softmax", b.input("y_pred"))
    again = b.add("log_softmax", b.input("y_pred"), axis=-1)
    assert first == again
    graph = b.graph(b.add("negative", b.add("sum", b.add("multiply", again, b.input("y_true")), axis=1)))
    assert graph == cross_entropy()


def test_numbers_fold_and_named_ones_stay_but_not_for_the_key():
    def scaled(name: str | None) -> LossGraph:
        b = GraphBuilder()
        factor = b.add("subtract", b.constant(1.0), b.constant(0.25, name))
        return b.graph(b.add("multiply", b.add("sum", b.input("y_pred"), axis=-1), factor))

    assert [n.op for n in scaled(None).nodes] == ["sum", "constant", "multiply"]
    assert "subtract" in [n.op for n in scaled("c").nodes]
    assert scaled("c").key == scaled(None).key


def test_a_number_stands_on_the_right_of_a_comparison():
    def masked(op: str, number_first: bool) -> LossGraph:
        b = GraphBuilder()
        pair = (b.input("y_pred"), b.constant(0.3))
        mask = b.add(op, *(pair[::-1] if number_first else pair))
        return b.graph(b.add("sum", b.add("where", mask, b.input("y_pred"), b.input("y_true")), axis=-1))

    assert masked("less", number_first=True) == masked("greater", number_first=False)
    assert masked("greater_equal", number_first=True) == masked("less_equal", number_first=False)


def test_minus_zero_is_zero_and_numbers_stay_finite():
    b = GraphBuilder()
    assert b.constant(-0.0) == b.constant(0.0)
    with pytest.raises(OperationError, match=r"`ops.divide` of 1.0, 0.0 is inf"):
        b.add("divide", b.constant(1.0), b.constant(0.0))


@given(random_graphs())
def test_the_canonical_form_is_its_own_canonical_form_and_keeps_values(graph: LossGraph):
    again = canonical(graph)
    assert canonical(again) == again
    assert again.key == graph.key
    inputs = random_logits(10, 5)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(evaluate(again, inputs), evaluate(graph, inputs))


@given(random_graphs(), st.randoms(use_true_random=False))
def test_the_order_of_writing_does_not_matter(graph: LossGraph, rng):
    """Rebuilds a graph with its independent nodes in another order and the arguments of + and * exchanged."""
    b = GraphBuilder(graph.inputs)
    values = {i: i for i in range(len(graph.inputs))}
    waiting = list(enumerate(graph.nodes, start=len(graph.inputs)))
    while waiting:
        ready = [(i, n) for i, n in waiting if all(a in values for a in n.args)]
        position, node = rng.choice(ready)
        waiting.remove((position, node))
        args = [values[a] for a in node.args]
        if node.operation.commutative and rng.random() < 0.5:
            args.reverse()
        if node.op == "constant":
            values[position] = b.constant(node.static["value"])
        elif node.op == "class_count":
            values[position] = b.class_count()
        else:
            values[position] = b.add(node.op, *args, **node.static)
    assert b.graph(values[graph.output]).key == graph.key
