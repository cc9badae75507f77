from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from losses.graphs import ALL, cross_entropy, gce
from losses.random_graphs import random_graphs
from proposers.values import gradients, numbers, values

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import GraphError
from alphaloss.proposers.draws import NotApplicableError
from alphaloss.proposers.ideas import IDEAS
from alphaloss.proposers.simplify import simplify
from alphaloss.proposers.small import SMALL
from alphaloss.proposers.surgery import changed, floats

MUTATIONS = {**SMALL, **IDEAS}


def padded(op: str, number: float, of: str | None = None) -> LossGraph:
    """Cross-entropy with something around its value that changes nothing."""

    def change(b: GraphBuilder, v: int, _: object) -> int:
        inner = b.add(of, v) if of else v
        return b.add(op, inner, b.constant(number)) if op != "log" else b.add(op, inner)

    return changed(cross_entropy(), {cross_entropy().output: change})


@pytest.mark.parametrize(
    "graph",
    [
        padded("multiply", 1.0),
        padded("add", 0.0),
        padded("add", 1e-14),
        padded("maximum", -3.0),
        padded("maximum", 0.0),
        padded("power", 1.0),
        padded("maximum", 0.0, of="relu"),
    ],
)
def test_what_changes_nothing_is_removed(graph: LossGraph):
    assert simplify(graph, 10) == cross_entropy()


def test_a_shift_of_all_logits_and_a_logarithm_of_an_exponential_are_removed():
    def change(b: GraphBuilder, v: int, _: object) -> int:
        return b.add("add", b.add("log", b.add("exp", b.add("tanh", v))), b.constant(0.5))

    shifted = changed(cross_entropy(), {1: change})
    plain = changed(cross_entropy(), {1: lambda b, v, _: b.add("tanh", v)})
    assert simplify(shifted, 10) == plain


def test_numbers_are_rounded_only_where_that_changes_nothing():
    assert set(numbers(simplify(gce(0.70000000001), 10))) == {0.7, 1.0}
    assert 0.7003 in numbers(simplify(gce(0.7003), 10))


@pytest.mark.parametrize("name", ALL)
def test_a_loss_that_is_simple_stays_as_it_is(name: str):
    assert simplify(ALL[name], 10) == ALL[name]


def test_guards_stay():
    b = GraphBuilder()
    p = b.add("maximum", b.add("softmax", b.input("y_pred")), b.constant(1e-7))
    guarded = b.graph(b.add("negative", b.add("sum", b.add("multiply", b.input("y_true"), b.add("log", p)), axis=-1)))
    assert 1e-7 in numbers(simplify(guarded, 10))


def test_a_threshold_stays():
    b = GraphBuilder()
    log_p = b.add("log_softmax", b.input("y_pred"))
    loss = b.add("negative", b.add("sum", b.add("multiply", b.input("y_true"), log_p), axis=-1))
    halved = b.add("multiply", loss, b.constant(0.5))
    gated = b.graph(b.add("where", b.add("greater", loss, b.constant(1.23456)), loss, halved))
    assert 1.23456 in numbers(simplify(gated, 10))


def evolved(seed: int, changes: int) -> LossGraph:
    """Cross-entropy after random mutations."""
    rng = np.random.default_rng(seed)
    graph = cross_entropy()
    for name in rng.choice(list(MUTATIONS), changes):
        try:
            child = MUTATIONS[name](graph, rng)
        except (NotApplicableError, GraphError):
            continue
        graph = child if child.size <= 30 and np.isfinite(values(child)).all() else graph
    return graph


def assert_same_behaviour(simple: LossGraph, graph: LossGraph) -> None:
    with np.errstate(all="ignore"):
        for of in (values, gradients):
            wanted = of(graph)
            size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
            np.testing.assert_allclose(of(simple), wanted, rtol=1e-6, atol=1e-6 * size)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_an_evolved_loss_keeps_its_values_and_gradients_and_does_not_grow(seed: int):
    graph = evolved(seed, 8)
    simple = simplify(graph, 4)
    assert simple.size <= graph.size
    assert simplify(simple, 4) == simple
    assert_same_behaviour(simple, graph)


@settings(max_examples=15)
@given(random_graphs(8))
def test_any_loss_keeps_its_values_and_gradients(graph: LossGraph):
    simple = simplify(graph, 4)
    assert simple.size <= graph.size
    assert_same_behaviour(simple, graph)


def test_padding_everywhere_is_found():
    graph = gce()
    for value in reversed(floats(gce())):
        graph = changed(
            graph, {value: lambda b, v, _: b.add("add", b.add("multiply", v, b.constant(1.0)), b.constant(0.0))}
        )
    assert graph.size > gce().size
    assert simplify(graph, 10) == gce()
