from __future__ import annotations

import numpy as np
import pytest
from gate.spellings import near_misses, spellings
from losses.graphs import cross_entropy, gce, label_smoothing

from alphaloss.config import GateSettings
from alphaloss.gate import Gate, probes
from alphaloss.gate.duplicates import KnownLosses, gradient_field
from alphaloss.gate.probes import Space
from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.zoo import zoo_source
from alphaloss.records import Candidate, Duplicate, Program
from alphaloss.sandbox import Sandbox

CROSS_ENTROPY = {
    "scaled": "3.0 * ce",
    "shifted": "ce + 5.0",
    "mean instead of sum": "-ops.mean(y_true * log_p, axis=-1)",
    "times the class count": "y_pred.shape[-1] * ce",
    "log of p with an epsilon": "-ops.sum(y_true * ops.log(p + 1e-7), axis=-1)",
    "log of clipped p": "-ops.sum(y_true * ops.log(ops.clip(p, 1e-7, 1.0)), axis=-1)",
    "logsumexp": "ops.logsumexp(y_pred, axis=-1) - ops.sum(y_true * y_pred, axis=-1)",
    "shifted logits": "-ops.sum(y_true * ops.log_softmax(y_pred - 2.0), axis=-1)",
    "unused work": "ce + 0.0 * p_true",
}
GCE = {
    "scaled": "ops.sum(y_true * (1.0 - ops.exp(0.7 * log_p)), axis=-1)",
    "shifted": "ops.sum(y_true * (1.0 - ops.exp(0.7 * log_p)), axis=-1) / 0.7 - 1.0",
    "mean instead of sum": "ops.mean(y_true * (1.0 - ops.exp(0.7 * log_p)), axis=-1) / 0.7",
    "power of p with an epsilon": "ops.sum(y_true * (1.0 - (p + 1e-7) ** 0.7), axis=-1) / 0.7",
}
NEAR_MISSES = {
    "poly-1": "ce + 0.1 * (1.0 - p_true)",
    "label smoothing": "-ops.sum((0.95 * y_true + 0.05 / y_pred.shape[-1]) * log_p, axis=-1)",
    "focal": "ce * (1.0 - p_true) ** 2",
    "tempered": "-ops.sum(y_true * ops.log_softmax(1.01 * y_pred), axis=-1)",
    "bounded": "ops.minimum(ce, 3.0)",
    "gce 0.70": "ops.sum(y_true * (1.0 - ops.exp(0.70 * log_p)), axis=-1)",
    "gce 0.72": "ops.sum(y_true * (1.0 - ops.exp(0.72 * log_p)), axis=-1)",
    "one-hot labels only": "-ops.log(p_true + 1e-7)",
}


def candidate(expression: str) -> Candidate:
    source = (
        "from keras import ops\n\n"
        "def loss(y_true, y_pred):\n"
        "    p = ops.softmax(y_pred, axis=-1)\n"
        "    log_p = ops.log_softmax(y_pred, axis=-1)\n"
        "    p_true = ops.sum(y_true * p, axis=-1)\n"
        "    ce = -ops.sum(y_true * log_p, axis=-1)\n"
        f"    return {expression}\n"
    )
    return Candidate(source=source, operator="test")


def knowing(sandbox: Sandbox, name: str, *, match_scale: bool = True) -> tuple[Gate, str]:
    """A gate that knows a loss of the zoo, and its key."""
    gate = Gate(sandbox, GateSettings(), match_scale=match_scale)
    known = gate.admit(Candidate(source=zoo_source(name), operator="test"))
    assert isinstance(known, Program)
    return gate, known.key


@pytest.mark.parametrize("alias", CROSS_ENTROPY)
def test_another_spelling_of_cross_entropy_is_recognised(sandbox: Sandbox, alias: str):
    gate, key = knowing(sandbox, "cross-entropy")
    asked = candidate(CROSS_ENTROPY[alias])
    assert gate.admit(asked) == Duplicate(candidate=asked, of=key)


@pytest.mark.parametrize("alias", GCE)
def test_another_spelling_of_gce_is_recognised(sandbox: Sandbox, alias: str):
    gate, key = knowing(sandbox, "gce")
    asked = candidate(GCE[alias])
    assert gate.admit(asked) == Duplicate(candidate=asked, of=key)


def test_losses_that_are_merely_close_are_all_admitted(sandbox: Sandbox):
    gate, _ = knowing(sandbox, "cross-entropy")
    outcomes = {name: gate.admit(candidate(expression)) for name, expression in NEAR_MISSES.items()}
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(NEAR_MISSES, Program)


def test_the_same_loss_with_other_names_has_the_same_key_and_is_a_duplicate(sandbox: Sandbox):
    gate, key = knowing(sandbox, "gce")
    renamed = zoo_source("gce").replace("q=0.7", "sharpness=0.7").replace("q ", "sharpness ").replace("/ q", "/ 0.7")
    outcome = gate.admit(Candidate(source=renamed, operator="test"))
    assert isinstance(outcome, Duplicate)
    assert outcome.of == key


def test_without_matched_scales_a_multiple_is_another_loss(sandbox: Sandbox):
    gate, key = knowing(sandbox, "cross-entropy", match_scale=False)
    assert isinstance(gate.admit(candidate("3.0 * ce")), Program)
    shifted = gate.admit(candidate("ce + 5.0"))
    assert isinstance(shifted, Duplicate)
    assert shifted.of == key


def test_a_rejected_loss_does_not_become_known(sandbox: Sandbox):
    gate, _ = knowing(sandbox, "cross-entropy")
    first, second = gate.admit(candidate("-ce")), gate.admit(candidate("-ce"))
    assert type(first) is type(second)
    assert not isinstance(second, Duplicate)


def test_what_one_gate_knows_another_does_not(sandbox: Sandbox):
    first, key = knowing(sandbox, "cross-entropy")
    second, same_key = knowing(sandbox, "cross-entropy")  # admitted again, not a duplicate
    assert key == same_key
    assert isinstance(first.admit(candidate("ce")), Duplicate)
    assert isinstance(second.admit(candidate("ce")), Duplicate)


def field_of(graph) -> np.ndarray:
    return gradient_field(graph, probes.typical(Space("classes", 10)))


def test_many_losses_are_remembered_and_each_is_found():
    graphs = [gce(round(0.3 + 0.01 * i, 2)) for i in range(150)]
    known = KnownLosses(distance=1e-7, space=Space("classes", 10))
    for graph in graphs:
        assert known.find(graph, field_of(graph)) is None
        known.add(graph, field_of(graph), 1.0)
    for graph in graphs:
        assert known.find(graph, field_of(graph)) == graph.key
    assert known.find(label_smoothing(), field_of(label_smoothing())) is None


def test_a_field_that_agrees_by_chance_is_not_enough():
    known = KnownLosses(distance=1e-6, space=Space("classes", 10))
    known.add(gce(), field_of(cross_entropy()), 1.0)  # as if the two could not be told apart on the first probes
    assert known.find(cross_entropy(), field_of(cross_entropy())) is None


def test_the_field_of_a_loss_without_a_gradient_is_zero_and_of_any_other_has_unit_norm():
    b = GraphBuilder()
    label_only = b.graph(b.add("sum", b.input("y_true"), axis=-1))
    assert not field_of(label_only).any()
    assert np.linalg.norm(field_of(cross_entropy())) == pytest.approx(1.0)
    assert field_of(cross_entropy()).shape == (640,)


def test_the_probes_are_the_same_for_ever():
    # Stored fields are compared with new ones; these numbers are those of the first release.
    field = field_of(cross_entropy())
    np.testing.assert_allclose(field[:3], [0.005404002294, 0.003786587674, 0.015640753376], rtol=1e-9)


def test_two_hundred_rewritten_spellings_are_found_and_no_near_miss_is_taken_for_another_loss(sandbox: Sandbox):
    gate = Gate(sandbox, GateSettings())

    def traced(source: str) -> tuple[LossGraph, np.ndarray]:
        graph = gate.trace(Candidate(source=source, operator="test"))
        assert isinstance(graph, LossGraph), (source, graph)
        return graph, field_of(graph)

    different = {name: traced(source) for name, source in near_misses().items()}
    rewritten = [(name, source, *traced(source)) for name, source in spellings(200)]
    assert len(different) >= 200
    assert len({source for _, source, _, _ in rewritten}) == 200
    for classes in (10, 100):
        known = KnownLosses(GateSettings().duplicate_distance, Space("classes", classes))
        for name, (graph, field) in different.items():
            assert known.find(graph, field) is None, (classes, name)
            known.add(graph, field, 1.0)
        for name, source, graph, field in rewritten:
            assert known.find(graph, field) == different[name][0].key, (classes, source)
