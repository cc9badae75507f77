"""Trees as they are generated and varied, and the losses that they become."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proposers import tree_oracle

from alphaloss.config import GateSettings, TreeSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import evaluate, value_and_gradient
from alphaloss.losses.source import print_source
from alphaloss.losses.types import Target
from alphaloss.proposers.draws import NotApplicableError
from alphaloss.proposers.trees.operators import TreeOperators, seeded
from alphaloss.proposers.trees.to_graph import to_graph
from alphaloss.proposers.trees.tree import Tree, is_number
from alphaloss.records import Candidate
from alphaloss.sandbox import Sandbox

SETS = ("thesis", "sketch", "extended")
MUTATIONS = ("subtree", "point", "constant")
LIMITS = {"most_height": 7, "initial_height": 5, "most_nodes": 30}

few = settings(max_examples=20)
seeds = st.integers(0, 2**32)


@cache
def operators(primitives: str = "thesis", target: Target = "classes", **changes: object) -> TreeOperators:
    return TreeOperators(TreeSettings(primitives=primitives, **{**LIMITS, **changes}), target)


def read(text: str, primitives: str = "thesis") -> Tree:
    return Tree.from_string(text, operators(primitives).primitives.pset)


def children(trees: TreeOperators) -> Iterator[Tree]:
    """A new tree, and what each operator makes of the one before."""
    tree = trees.new()
    yield tree
    for mutation in MUTATIONS:
        tree = trees.mutate(tree, mutation)
        yield tree
    yield trees.crossover(tree, trees.new())


def inputs(target: Target, rng: np.random.Generator) -> dict[str, np.ndarray]:
    labels = np.eye(5)[rng.integers(5, size=8)] if target == "classes" else rng.normal(size=(8, 5))
    return {"y_true": labels, "y_pred": rng.normal(size=(8, 5))}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SETS), st.sampled_from(["classes", "values"]), st.sampled_from(["mean", "sum"]), seeds)
def test_a_valid_tree_keeps_the_limits_and_traces_to_what_deap_computes(
    sandbox: Sandbox, primitives: str, target: Target, reduction: str, seed: int
):
    trees = operators(primitives, target, reduction=reduction)
    with seeded(np.random.default_rng(seed)):
        made = list(children(trees))
    valid = [(tree, loss) for tree in made if (loss := trees.loss(tree)) is not None]
    assert valid[0][0] is made[0]
    for tree, loss in valid:
        assert 2 <= tree.height <= 7
        assert len(tree) <= 30
        assert tree.names & {"y_true", "p_true", "log_p_true"}
        assert tree.names & {"y_pred", "p", "p_true", "log_p_true"}
        traced = Gate(sandbox, GateSettings(), target=target).trace(
            Candidate(source=print_source(loss), operator="init")
        )
        assert isinstance(traced, LossGraph), traced
        batch = inputs(target, np.random.default_rng(seed))
        with np.errstate(all="ignore"):
            values = tree_oracle.value(tree, **batch, reduction=reduction)
            np.testing.assert_allclose(evaluate(traced, batch), values, rtol=1e-9, atol=1e-9)


@few
@given(st.sampled_from(SETS), seeds)
def test_a_trees_text_is_read_back(primitives: str, seed: int):
    trees = operators(primitives)
    with seeded(np.random.default_rng(seed)):
        tree = trees.new()
    again = Tree.from_string(str(tree), trees.primitives.pset)
    assert str(again) == str(tree)
    assert trees.loss(again) == trees.loss(tree)


@pytest.mark.parametrize(
    "text",
    ["", "add(p)", "add(p, p, p)", "add(p, 1.0) p", "add(p, inf)", "add(p, number)", "tan(p)", "__import__('os')"],
)
def test_a_text_that_is_no_tree_is_refused(text: str):
    with pytest.raises(ValueError, match=r"no tree|finite|float"):
        read(text)


def test_the_thesis_set():
    # Chou, NTUT 2025, algorithm 1 and the lists of operators for trees and for one-point mutation.
    primitives = operators("thesis").primitives
    generated = {p.name for p in primitives.pset.primitives[object]}
    assert generated == {"add", "subtract", "multiply", "negative", "sqrt", "log", "exp", "sin", "cos"}
    assert {p.name for p in primitives.point} == generated | {"divide"}
    assert [leaf.value for leaf in primitives.leaves] == ["y_true", "p"]


def test_a_regression_has_no_probabilities():
    for primitives in SETS:
        assert [leaf.value for leaf in operators(primitives, "values").primitives.leaves] == ["y_true", "y_pred"]


@few
@given(seeds)
def test_division_comes_in_by_point_mutation_only(seed: int):
    trees = operators("thesis")
    with seeded(np.random.default_rng(seed)):
        first, second = trees.new(), trees.new()
        others = [trees.crossover(first, second), trees.mutate(first, "subtree")]
    assert not any("divide" in str(tree) for tree in (first, second, *others))


def test_a_point_mutation_reaches_division():
    trees, parent = operators("thesis"), read("multiply(y_true, log(p))")
    with seeded(np.random.default_rng(0)):
        assert any("divide" in str(trees.mutate(parent, "point")) for _ in range(100))


@few
@given(st.sampled_from(SETS), st.sampled_from(MUTATIONS), seeds)
def test_a_mutation_keeps_the_root_and_changes_the_tree(primitives: str, mutation: str, seed: int):
    trees = operators(primitives)
    with seeded(np.random.default_rng(seed)):
        parent = trees.new()
        text = str(parent)
        child = trees.mutate(parent, mutation)
    assert str(parent) == text
    assert child[0] == parent[0]
    assert str(child) != text
    assert child.height <= 7
    assert len(child) <= 30


@pytest.mark.parametrize("mutation", ["crossover", "subtree", "point"])
def test_a_child_beyond_a_limit_is_drawn_again(mutation: str):
    # Parents at both limits, which every second child would exceed.
    trees = operators(most_height=4, initial_height=4, most_nodes=9, subtree_height=6)
    with seeded(np.random.default_rng(0)):
        for _ in range(40):
            tree = read("add(sin(cos(sin(y_true))), sin(cos(sin(p))))")
            other = read("multiply(sin(sin(y_true)), sin(cos(cos(p))))")
            child = trees.crossover(tree, other) if mutation == "crossover" else trees.mutate(tree, mutation)
            assert child.height <= 4
            assert len(child) <= 9


@few
@given(seeds)
def test_a_point_mutation_keeps_what_has_room_below(seed: int):
    # One node of a unary operator, a binary one or a leaf becomes an operator; the rest stays.
    trees, parent = operators("thesis"), read("add(sin(y_true), multiply(cos(p), 2.0))")
    with seeded(np.random.default_rng(seed)):
        child = trees.mutate(parent, "point")
    operator = {node.name for node in trees.primitives.point}
    places = range(1, len(parent))

    def fits(place: int) -> bool:
        span = parent.searchSubtree(place)
        end = span.stop + len(child) - len(parent)
        below = child.children(place) if child[:place] == parent[:place] and child[end:] == parent[span.stop :] else []
        before = parent.children(place) or [[parent[place]]]
        kept = [c for c in below if c in before]
        return bool(below) and child[place].name in operator and len(kept) >= min(len(below), len(before))

    assert any(fits(place) for place in places)


@few
@given(st.sampled_from(SETS), seeds)
def test_a_crossover_puts_a_subtree_of_the_donor_below_the_receivers_root(primitives: str, seed: int):
    trees = operators(primitives)
    with seeded(np.random.default_rng(seed)):
        receiver, donor = trees.new(), trees.new()
        child = trees.crossover(receiver, donor)
    given_away = [donor[donor.searchSubtree(place)] for place in range(1, len(donor))]
    spans = [receiver.searchSubtree(place) for place in range(1, len(receiver))]
    assert any(child == receiver[: s.start] + part + receiver[s.stop :] for s in spans for part in given_away)


@few
@given(seeds)
def test_a_constant_mutation_moves_one_number(seed: int):
    parent = read("add(multiply(y_true, 2.0), multiply(p, -0.5))")
    with seeded(np.random.default_rng(seed)):
        child = operators().mutate(parent, "constant")
    moved = [(a.value, b.value) for a, b in zip(parent, child, strict=True) if a != b]
    assert len(moved) == 1
    assert all(old * new > 0.0 for old, new in moved)


def test_the_share_of_numbers_among_leaves():
    def share(setting: float) -> float:
        trees = operators(constant_share=setting, values=None)
        with seeded(np.random.default_rng(0)):
            return float(np.mean([is_number(node) for _ in range(30) for node in trees.new() if node.arity == 0]))

    none, few, many = share(0.0), share(0.3), share(0.7)
    assert none == 0.0
    assert 0.1 < few < 0.3 < many < 0.7  # fewer than drawn: a tree of numbers alone is drawn again


def test_uniform_numbers_keep_their_bound():
    for distribution, bounded in (("uniform", True), ("normal", False)):
        trees = operators(constants=distribution, constant_scale=2.0, constant_share=0.7)
        with seeded(np.random.default_rng(0)):
            numbers = [abs(n.value) for _ in range(20) for n in trees.new() if is_number(n)]
        assert (max(numbers) <= 2.0) is bounded


@few
@given(seeds)
def test_the_value_of_a_valid_tree_is_in_range(seed: int):
    trees = operators(values=(0.5, 2.0))
    with seeded(np.random.default_rng(seed)):
        loss = trees.loss(trees.new())
    assert loss is not None
    rng = np.random.default_rng(1)  # other predictions like those that it was looked at with
    labels, logits = np.eye(10)[rng.integers(10, size=500)], rng.normal(0.0, 0.5, (500, 10))
    assert 0.4 <= np.mean(evaluate(loss, {"y_true": labels, "y_pred": logits})) <= 2.2


@pytest.mark.parametrize(
    "text", ["multiply(y_true, y_true)", "multiply(p, sin(p))", "subtract(0.0, exp(add(y_true, p)))"]
)
def test_an_invalid_tree_is_no_loss(text: str):
    # Without predictions, without labels, with a negative value.
    assert operators().loss(read(text)) is None


def test_no_range_lets_negative_values_pass():
    assert operators(values=None).loss(read("subtract(0.0, exp(add(y_true, p)))")) is not None


def test_a_range_that_no_tree_reaches():
    trees = operators(values=(1e300, 1e301), initial_height=2)
    with seeded(np.random.default_rng(0)), pytest.raises(NotApplicableError):
        trees.new()


@pytest.mark.parametrize("text", ["log({})", "sqrt({})", "exp({})", "divide(1.0, {})", "divide({}, y_true)"])
def test_protected_operators_are_finite(text: str):
    trees = operators("extended", "values", values=None)
    tree = Tree.from_string(f"add({text.format('y_pred')}, multiply(0.0, y_true))", trees.primitives.pset)
    graph = to_graph(tree, trees.primitives, "values", "sum")
    points = np.array([[0.0], [1e-7], [-1.0], [1e3], [-1e3]], np.float32)
    values, gradient = value_and_gradient(graph, {"y_true": np.zeros_like(points), "y_pred": points})
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("text", "guard", "needed"),
    [
        ("sqrt(multiply(y_true, p))", "ops.abs", False),
        ("sqrt(subtract(y_true, p))", "ops.abs", True),
        ("exp(multiply(multiply(y_true, p), 29.0))", "ops.minimum", False),
        ("exp(multiply(multiply(y_true, p), 31.0))", "ops.minimum", True),
    ],
)
def test_guards_that_labels_and_probabilities_cannot_reach_are_left_out(text: str, guard: str, needed: bool):
    loss = operators(values=None).loss(read(text))
    assert loss is not None
    assert (guard in print_source(loss)) is needed


def test_unprotected_operators_are_as_mathematics_has_them():
    trees = operators("extended", "values", protected=False, values=None)
    pset = trees.primitives.pset
    graph = to_graph(Tree.from_string("divide(log(y_pred), y_true)", pset), trees.primitives, "values", "sum")
    batch = {"y_true": np.array([[2.0], [2.0]]), "y_pred": np.array([[np.e], [-1.0]])}
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(evaluate(graph, batch), [0.5, np.nan])
