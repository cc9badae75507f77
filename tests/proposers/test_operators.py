"""What holds for every operator of the offline proposer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from losses.graphs import ALL, cross_entropy, gce
from losses.random_graphs import random_graphs
from proposers.values import LABELS, LOGITS, children, numbers, p_true, values

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import compute
from alphaloss.losses.source import print_source
from alphaloss.losses.types import GraphError
from alphaloss.proposers.crossovers import CROSSOVERS
from alphaloss.proposers.draws import NotApplicableError
from alphaloss.proposers.ideas import IDEAS, PRIOR_IDEAS
from alphaloss.proposers.ranges import ranges
from alphaloss.proposers.small import SHRINKING, SMALL
from alphaloss.proposers.tidy import tidy
from alphaloss.records import Candidate
from alphaloss.sandbox import Sandbox

MUTATIONS = {**SMALL, **IDEAS, **PRIOR_IDEAS}
GRAPHS = random_graphs(targets=("classes", "values"))


def made(operator, *graphs: LossGraph, seed: int) -> LossGraph:
    try:
        return operator(*graphs, np.random.default_rng(seed))
    except (NotApplicableError, GraphError):
        assume(False)
        raise


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_applies_to_gce_and_changes_it(name: str):
    found = children(MUTATIONS[name], gce(), seeds=range(20))
    assert found
    assert any(child.key != gce().key for child in found)


@pytest.mark.parametrize("name", ["jitter", "drop-constant", "tie-constants"])
def test_without_a_constant_there_is_none_to_change(name: str):
    assert children(SMALL[name], cross_entropy()) == []


@settings(max_examples=100)
@given(GRAPHS, st.sampled_from(sorted(MUTATIONS)), st.integers(0, 2**32))
def test_a_mutation_of_any_loss_is_a_valid_loss_or_refused(graph: LossGraph, name: str, seed: int):
    child = made(MUTATIONS[name], graph, seed=seed)
    assert LossGraph.from_json(child.to_json()) == child  # which checks every rule of a graph again
    assert child == made(MUTATIONS[name], graph, seed=seed)
    if name in SHRINKING:
        assert child.size <= graph.size


@settings(max_examples=40)
@given(random_graphs(), random_graphs(), st.sampled_from(sorted(CROSSOVERS)), st.integers(0, 2**32))
def test_a_crossover_of_any_losses_is_a_valid_loss_or_refused(first, second, name: str, seed: int):
    child = made(CROSSOVERS[name], first, second, seed=seed)
    assert LossGraph.from_json(child.to_json()) == child


def test_what_an_operator_prints_traces_to_what_it_made(sandbox: Sandbox):
    gate = Gate(sandbox, GateSettings())
    for parent in ALL.values():
        for operator in MUTATIONS.values():
            for child in children(operator, parent, seeds=range(2)):
                source = print_source(child)
                assert gate.trace(Candidate(source=source, operator="test")) == child, source


@settings(max_examples=60)
@given(random_graphs(), st.integers(0, 2**32))
def test_values_lie_in_their_ranges(graph: LossGraph, seed: int):
    rng = np.random.default_rng(seed)
    inputs = {"y_true": rng.dirichlet(np.ones(4), 6), "y_pred": rng.normal(0.0, 3.0, (6, 4))}
    with np.errstate(all="ignore"):
        found = compute(graph, inputs)
    for value, (low, high) in zip(found, ranges(graph), strict=True):
        finite = np.asarray(value, float)[np.isfinite(np.asarray(value, float))]
        assert ((finite >= low - 1e-9) & (finite <= high + 1e-9)).all()


def test_ranges_of_cross_entropy_by_hand():
    of = dict(zip([node.op for node in cross_entropy().nodes], ranges(cross_entropy())[2:], strict=True))
    assert of["log_softmax"] == of["sum"] == (-math.inf, 0.0)
    assert of["negative"] == (0.0, math.inf)


@settings(max_examples=60)
@given(random_graphs(), st.integers(0, 2**32))
def test_tidying_keeps_the_values_and_never_makes_a_loss_larger(graph: LossGraph, seed: int):
    tidied = tidy(graph)
    assert tidied.size <= graph.size
    assert tidy(tidied) == tidied
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(values(tidied), values(graph), rtol=1e-6, atol=1e-6)


# Two parents


def test_mix_gives_both_losses_a_share_of_the_gradients():
    for child in children(CROSSOVERS["mix"], cross_entropy(), gce()):
        added = values(child) - values(cross_entropy())
        assert np.ptp(added / values(gce())) < 1e-9


def test_weigh_multiplies_by_the_other_loss_or_by_how_small_it_is_and_freezes_it():
    for child in children(CROSSOVERS["weigh"], cross_entropy(), gce()):
        weight = values(child) / values(cross_entropy())
        order = np.argsort(values(gce()))
        assert (np.diff(weight[order]) > 0).all() or (np.diff(weight[order]) < 0).all()


def test_gate_between_takes_the_first_loss_where_the_prediction_is_right():
    for child in children(CROSSOVERS["gate-between"], cross_entropy(), gce()):
        assert values(child)[p_true().argmax()] == values(cross_entropy())[p_true().argmax()]
        wrong = p_true().argmin()
        assert values(child)[wrong] != pytest.approx(values(cross_entropy())[wrong])


def test_take_constants_gives_the_first_loss_the_numbers_of_the_second():
    for child in children(CROSSOVERS["take-constants"], gce(0.7), gce(0.3)):
        assert set(numbers(child)) == {1.0, 0.3}


def test_parents_that_use_one_name_for_two_numbers_keep_both_numbers():
    child = CROSSOVERS["mix"](gce(0.7), gce(0.3), np.random.default_rng(0))
    named = [node.kwargs["value"] for node in child.nodes if node.kwargs.get("name") == "q"]
    assert len(named) == 1
    assert {0.7, 0.3} <= set(numbers(child))


# Small ones, by hand


def test_tied_constants_share_one_number():
    assert {tuple(numbers(child)) for child in children(SMALL["tie-constants"], gce(0.7))} == {(0.7,), (1.0,)}


def test_dropping_a_constant_of_gce():
    allowed = [
        p_true(),
        1 - p_true() ** 0.7,
        1 - p_true(),
        p_true() ** 0.7,
        p_true() ** 0.7 / 0.7,
        (1 - p_true()) / 0.7,
    ]
    for child in children(SMALL["drop-constant"], gce(0.7)):
        assert any(np.allclose(values(child), wanted) for wanted in allowed), print_source(child)


def test_inserted_constants_do_more_than_to_scale_or_shift_the_loss():
    for child in children(SMALL["insert-constant"], cross_entropy(), seeds=range(40)):
        z = LOGITS + np.arange(4)
        change = (values(child, LABELS, z) - values(child)) / (
            values(cross_entropy(), LABELS, z) - values(cross_entropy())
        )
        only_labels = "log_softmax(y_pred" in print_source(child)
        assert np.ptp(change) > 1e-9 or only_labels
