from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from losses.graphs import cross_entropy
from losses.random_graphs import random_graphs

from alphaloss.gate.probes import Space, typical
from alphaloss.losses.canonical import GraphBuilder, canonical
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.numeric import evaluate
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import OperationError

MIRRORED = {"less": "greater", "less_equal": "greater_equal", "greater": "less", "greater_equal": "less_equal"}


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


@given(random_graphs(targets=("classes", "values")))
def test_the_canonical_form_is_its_own_canonical_form_and_keeps_values(graph: LossGraph):
    again = canonical(graph)
    assert canonical(again) == again
    assert again.key == graph.key
    inputs = typical(Space(graph.target, 10), 5)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(evaluate(again, inputs), evaluate(graph, inputs))


@given(random_graphs(targets=("classes", "values")), st.randoms(use_true_random=False))
def test_spellings_that_the_canonical_form_promises_to_merge_have_one_key(graph: LossGraph, rng: Random):
    spelt = respelt(graph, rng)
    assert spelt.key == graph.key
    assert canonical(spelt) == graph


def respelt(graph: LossGraph, rng: Random) -> LossGraph:
    """The same loss in other words: another order, unused and repeated operations, arguments of + and the like
    exchanged, numbers that are computed, the number of a comparison on the left, defaults written out, axes counted
    from the front."""
    nodes: list[Node] = []
    copies: dict[int, int] = {i: i for i in range(len(graph.inputs))}

    def write(op: str, *args: int, **kwargs: Static) -> int:
        nodes.append(Node(op=op, args=args, kwargs=kwargs))
        return len(graph.inputs) + len(nodes) - 1

    waiting = list(enumerate(graph.nodes, start=len(graph.inputs)))
    while waiting:
        ready = [(value, node) for value, node in waiting if all(a in copies for a in node.args)]
        value, node = rng.choice(ready)
        waiting.remove((value, node))
        args = [copies[a] for a in node.args]
        kwargs = dict(node.static if rng.random() < 0.5 else node.kwargs)
        op = node.op
        if node.operation.commutative and rng.random() < 0.5:
            args.reverse()
        if op in MIRRORED and graph.types[node.args[1]].dims == () and rng.random() < 0.5:
            op, args = MIRRORED[op], args[::-1]
        if "axis" in kwargs and rng.random() < 0.5:
            rank = len(graph.types[node.args[0]].dims) + (op == "expand_dims")
            kwargs["axis"] = int(kwargs["axis"]) % rank  # type: ignore[arg-type]  # a valid node has a number
        if op == "constant" and rng.random() < 0.5:
            opposite = write("constant", value=-float(kwargs["value"]))  # type: ignore[arg-type]
            copies[value] = write("negative", opposite)
        else:
            copies[value] = write(op, *args, **kwargs)
        if rng.random() < 0.2:
            write(rng.choice(["exp", "square"]), 1)  # unused, or the repetition of one that is not
    return LossGraph(target=graph.target, inputs=graph.inputs, nodes=tuple(nodes), output=copies[graph.output])
