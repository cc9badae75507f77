from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from losses.random_graphs import random_graphs

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.gate.probes import Space, typical
from alphaloss.losses.source import print_source
from alphaloss.losses.zoo import zoo_source
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection
from alphaloss.sandbox import Sandbox


def text(expression: str, parameters: str = "y_true, y_pred") -> str:
    """A candidate that returns an expression of the usual quantities; the return is on line 8."""
    return (
        "from keras import ops\n\n"
        f"def loss({parameters}):\n"
        "    p = ops.softmax(y_pred, axis=-1)\n"
        "    log_p = ops.log_softmax(y_pred, axis=-1)\n"
        "    p_true = ops.sum(y_true * p, axis=-1)\n"
        "    ce = -ops.sum(y_true * log_p, axis=-1)\n"
        f"    return {expression}\n"
    )


def candidate(source: str) -> Candidate:
    return Candidate(source=source, operator="test")


@pytest.fixture
def gate(sandbox: Sandbox) -> Gate:
    return Gate(sandbox, GateSettings())


def rejection(gate: Gate, source: str) -> Rejection:
    outcome = gate.admit(candidate(source))
    assert isinstance(outcome, Rejection), outcome
    assert outcome.candidate == candidate(source)
    return outcome


@pytest.mark.parametrize(
    ("expression", "code", "message"),
    [
        ("ops.sum(y_true * undefined, axis=-1)", Code.TRACE, "NameError: .*undefined"),
        ("ops.sum(y_true, axis=-1, bogus=1)", Code.TRACE, "`bogus`"),
        ("ce if ce > 1.0 else p_true", Code.TRACE, "use ops.where"),
        ("ops.reciprocal(0.0) * ce", Code.TRACE, "`ops.reciprocal` of 0.0 is inf"),
        ("1.0", Code.TRACE, "expected one float a sample"),
        ("ops.sum(y_true * ce, axis=-1)", Code.SHAPE, "a batch and a classes axis meet"),
        ("y_true * log_p", Code.SHAPE, "reduce over the classes"),
        (
            "ce + ops.top_k(y_pred, 11)[0][..., 10]",
            Code.SHAPE,
            "needs at least 11 classes .* task has 10 .* Pick fewer",
        ),
        ("-ops.sum(y_true * ops.log(p), axis=-1)", Code.NOT_FINITE, "value is not finite .* 1000 apart"),
        ("ops.sqrt(ops.sum(ops.square(y_true - p), axis=-1))", Code.NOT_FINITE, "gradient is not finite"),
        ("ce + ops.sqrt(ops.var(y_pred, axis=-1))", Code.NOT_FINITE, "gradient is not finite .*, all logits 0"),
        ("ce * ops.reciprocal(y_pred.shape[-1] - 10.0)", Code.NOT_FINITE, "at 10 classes"),
        ("ops.mean(ce)", Code.NOT_PER_SAMPLE, "Keras takes their mean itself"),
        ("-ops.sum(y_true * log_p, axis=0)", Code.NOT_PER_SAMPLE, "over axis 0 mixes samples"),
        ("ops.sum(y_true, axis=-1)", Code.NO_GRADIENT, "is zero at 10 classes.* without stop_gradient"),
        ("1e-9 * ce", Code.NO_GRADIENT, r"1\.0e-09 times that of cross-entropy .*Rescale the loss"),
        ("1e9 * ce", Code.NO_GRADIENT, r"1\.0e\+09 times that of cross-entropy"),
        ("-ce", Code.MISALIGNED, r"cross-entropy is -1\.00 .*; flip its sign"),
        ("-ops.sum(p * log_p, axis=-1)", Code.MISALIGNED, r"is -0\.05 .*; it must reward the true class"),
        # Right where p_t is below exp(-1.8) = 0.165, as it mostly is at first; wrong from there on.
        ("ops.square(ce - 1.8)", Code.CANNOT_LEARN, r"accuracy 0\.44 .* 10 classes after 200 steps, expected 0\.95"),
        ("-ops.sum(y_true * y_pred, axis=-1)", Code.CANNOT_LEARN, "no lowest value: .*Take a softmax first"),
    ],
)
def test_a_bad_loss_is_refused_with_a_code_and_a_sentence_that_helps(
    gate: Gate, expression: str, code: Code, message: str
):
    found = rejection(gate, text(expression))
    assert found.code == code
    assert re.search(message, found.message), found.message


def test_a_refused_source_names_its_line(gate: Gate):
    found = rejection(gate, "from keras import ops\n\ndef loss(y_true, y_pred)\n    return 1\n")
    assert (found.code, found.line) == (Code.SOURCE, 3)


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("undefined", Code.TRACE),  # told by the sandbox
        ("ops.gradient(ce)", Code.TRACE),  # told by the binding, and so are the next
        ("ops.sum(y_true * ce, axis=-1)", Code.SHAPE),
        ("ops.mean(ce)", Code.NOT_PER_SAMPLE),
    ],
)
def test_what_fails_in_one_line_is_told_with_that_line(gate: Gate, expression: str, code: Code):
    found = rejection(gate, text(expression))
    assert (found.code, found.line) == (code, 8)


def test_a_source_above_the_limit_of_the_sandbox_is_refused(gate: Gate):
    limit = gate.sandbox.limits.source_bytes
    assert rejection(gate, text("ce") + "#" * limit).code == Code.SOURCE


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("undefined * ops.mean(ce)", Code.TRACE),  # and not per sample
        ("1e-9 * ops.sum(y_true * ops.log(p), axis=-1)", Code.NOT_FINITE),  # and no gradient, and misaligned
        ("ops.mean(ops.log(p))", Code.NOT_PER_SAMPLE),  # and not finite: what types show needs no numbers
        ("-1e-9 * ce", Code.NO_GRADIENT),  # and misaligned
        ("-ops.square(ce - 1.8)", Code.MISALIGNED),  # and cannot learn
    ],
)
def test_of_several_failures_the_first_is_told(gate: Gate, expression: str, code: Code):
    assert rejection(gate, text(expression)).code == code


def test_a_duplicate_is_recognised_before_it_is_asked_to_learn(gate: Gate):
    assert rejection(gate, text("ops.square(ce - 1.8)")).code == Code.CANNOT_LEARN
    strict = Gate(gate.sandbox, GateSettings(learning_steps=1))
    patient = Gate(gate.sandbox, GateSettings())
    assert isinstance(patient.admit(candidate(text("ce"))), Program)
    strict.known = patient.known
    assert isinstance(strict.admit(candidate(text("2.0 * ce"))), Duplicate)
    assert rejection(strict, text("1.0 - p_true")).code == Code.CANNOT_LEARN


def test_an_admitted_program_carries_what_later_rooms_need(gate: Gate):
    outcome = gate.admit(candidate(text("ce * ops.exp(-gamma * p_true)", "y_true, y_pred, *, gamma=0.5")))
    assert isinstance(outcome, Program)
    assert outcome.graph.constants == {"gamma": 0.5}
    assert outcome.source == print_source(outcome.graph)
    assert gate.trace(candidate(outcome.source)) == outcome.graph
    assert np.linalg.norm(outcome.gradient_field) == pytest.approx(1.0)


def test_a_number_as_a_default_is_a_named_constant(gate: Gate):
    outcome = gate.admit(candidate(text("ce**power + q * ce", "y_true, y_pred, power=2, q=0.25")))
    assert isinstance(outcome, Program)
    assert outcome.graph.constants == {"power": 2.0, "q": 0.25}
    assert "power=2.0" in outcome.source.partition(":")[0]


def test_a_default_that_is_not_finite_is_a_rejection(gate: Gate):
    assert rejection(gate, text("q * ce", "y_true, y_pred, q=1e999")).code == Code.TRACE


def test_a_loss_for_long_tails_gets_the_class_prior(gate: Gate):
    logit_adjusted = "-ops.sum(y_true * ops.log_softmax(y_pred + ops.log(class_prior)), axis=-1)"
    outcome = gate.admit(candidate(text(logit_adjusted, "y_true, y_pred, *, class_prior")))
    assert isinstance(outcome, Program)
    assert outcome.graph.inputs == ("y_true", "y_pred", "class_prior")


def test_a_loss_for_long_tails_must_be_finite_for_the_priors_of_the_task_too(sandbox: Sandbox):
    at_three_tenths = "ce / (ops.sum(y_true * class_prior, axis=-1) - 0.3) ** 2"
    pole = text(at_three_tenths, "y_true, y_pred, *, class_prior")
    assert isinstance(Gate(sandbox, GateSettings()).admit(candidate(pole)), Program)
    unlucky = Gate(sandbox, GateSettings(), classes=3, class_prior=(0.3, 0.35, 0.35))
    found = rejection(unlucky, pole)
    assert found.code == Code.NOT_FINITE
    assert "at 3 classes" in found.message


def test_any_callable_that_keras_takes_as_a_loss_is_admitted(gate: Gate):
    named = text("ce + p_true * 0.0 - p_true").replace("def loss(", "def my_loss(")
    assert isinstance(gate.admit(candidate(named)), Program)


PAIRS = """from keras import ops

def loss(y_true, y_pred):
    true = ops.sum(y_true * y_pred, axis=-1, keepdims=True)
    gaps = ops.expand_dims(y_pred - true, -1) + ops.expand_dims(0.1 * y_pred, -2)
    return ops.mean(ops.mean(ops.softplus(gaps), axis=-1), axis=-1) - 0.1 * ops.mean(y_pred, axis=-1)
"""


def test_a_table_of_classes_by_classes_is_judged_at_the_class_count_of_the_task(sandbox: Sandbox):
    outcome = Gate(sandbox, GateSettings(), classes=100).admit(candidate(PAIRS))
    assert not (isinstance(outcome, Rejection) and outcome.code == Code.TRACE), outcome
    found = rejection(Gate(sandbox, GateSettings(), classes=1000), PAIRS)
    assert found.code == Code.TRACE
    assert re.search("keeps 2,.* numbers a sample at 1000 classes; expected at most 1,000,000", found.message)


def test_a_loss_that_takes_too_long_is_refused_with_the_number(sandbox: Sandbox):
    strict = Gate(sandbox, GateSettings(most_cost=10))
    found = rejection(strict, text("ce"))
    assert found.code == Code.TRACE
    assert re.search(r"takes the time of \d+ additions a sample at 10 classes; expected at most 10\.", found.message)


TOP = "ce + 0.1 * ops.relu(ops.top_k(y_pred, 3)[0][..., 2] - 5.0)"


def test_a_loss_that_picks_more_classes_than_there_are_is_refused_and_smaller_counts_do_not_matter(sandbox: Sandbox):
    assert isinstance(Gate(sandbox, GateSettings(), classes=3).admit(candidate(text(TOP))), Program)
    found = rejection(Gate(sandbox, GateSettings(), classes=2), text(TOP))
    assert found.code == Code.SHAPE
    assert "needs at least 3 classes" in found.message


def test_a_loss_that_needs_many_classes_is_compared_at_those_of_the_task(sandbox: Sandbox):
    wide = TOP.replace("3", "20").replace("2]", "19]")
    gate = Gate(sandbox, GateSettings(), classes=30)
    assert isinstance(gate.admit(candidate(text("ce"))), Program)
    first = gate.admit(candidate(text(wide)))
    assert isinstance(first, Program)
    assert len(first.gradient_field) == 64 * 30
    again = gate.admit(candidate(text(f"2.0 + 3.0 * ({wide})")))
    assert isinstance(again, Duplicate)
    assert again.of == first.key


REGRESSION = """from keras import ops

def loss(y_true, y_pred):
    r = y_pred - y_true
    return {}
"""


def test_regressions_are_judged_by_their_own_measure(sandbox: Sandbox):
    gate = Gate(sandbox, GateSettings(), target="values", classes=1)
    squared = gate.admit(candidate(REGRESSION.format("ops.mean(r * r, axis=-1)")))
    assert isinstance(squared, Program)
    assert squared.graph.target == "values"
    assert squared.gradient_scale == pytest.approx(1.0)
    assert isinstance(gate.admit(candidate(REGRESSION.format("3.0 * ops.sum(r**2, axis=-1) / 7.0"))), Duplicate)
    for expression, code, message in (
        (
            "ops.mean(-r * r, axis=-1)",
            Code.MISALIGNED,
            "gradient of squared error is -1.00 at 3 outputs.*flip its sign",
        ),
        ("ops.mean(r, axis=-1)", Code.MISALIGNED, "pull the prediction to the target"),
        ("ops.mean(ops.relu(-r), axis=-1)", Code.CANNOT_LEARN, "R squared .* expected 0.95.* nearer to the target"),
        ("ops.sqrt(ops.mean(r * r, axis=-1))", Code.NOT_FINITE, "gradient is not finite .* target 0, residual 0"),
        ("ops.mean(ops.exp(r), axis=-1)", Code.NOT_FINITE, r"residual 100\."),
    ):
        found = rejection(gate, REGRESSION.format(expression))
        assert found.code == code
        assert re.search(message, found.message), found.message


def test_the_scale_of_a_regression_is_that_of_the_number_of_its_outputs(sandbox: Sandbox):
    total = candidate(REGRESSION.format("ops.sum(r * r, axis=-1)"))
    for outputs in (1, 4):
        outcome = Gate(sandbox, GateSettings(), target="values", classes=outputs).admit(total)
        assert isinstance(outcome, Program)
        assert outcome.gradient_scale == pytest.approx(1.0 / outputs)


# RMS of the logit gradient relative to cross-entropy's, logits ~ N(0, 0.5^2): measured on 20,000 samples with the
# gradients p_t^q (p - y), 2 p_t (p - y), ... in numpy. The gate's 512 samples come within 1 %, and at 100 classes,
# where few true classes have a large p_t, within 7 %.
RATIOS = {("focal", 10): 1.203, ("gce", 10): 0.197, ("mae", 10): 0.209, ("sce", 10): 0.510} | {
    ("focal", 100): 1.069,
    ("gce", 100): 0.0411,
    ("mae", 100): 0.0225,
    ("sce", 100): 0.141,
}


@pytest.mark.parametrize(("name", "classes"), RATIOS)
def test_the_gradient_scale_makes_up_for_the_size_of_the_gradients(sandbox: Sandbox, name: str, classes: int):
    outcome = Gate(sandbox, GateSettings(), classes=classes).admit(candidate(zoo_source(name)))
    assert isinstance(outcome, Program)
    assert outcome.gradient_scale == pytest.approx(1.0 / RATIOS[name, classes], rel=0.01 if classes == 10 else 0.07)


@pytest.mark.parametrize("factor", [0.01, 1.0, 8.0])
def test_a_factor_on_the_loss_is_taken_back_by_the_gradient_scale(gate: Gate, factor: float):
    outcome = gate.admit(candidate(text(f"{factor} * ce")))
    assert isinstance(outcome, Program)
    assert outcome.gradient_scale == pytest.approx(1.0 / factor)


def test_without_matched_scales_every_loss_is_trained_as_written(sandbox: Sandbox):
    outcome = Gate(sandbox, GateSettings(), match_scale=False).admit(candidate(zoo_source("gce")))
    assert isinstance(outcome, Program)
    assert outcome.gradient_scale == 1.0


@pytest.mark.parametrize(
    "expression",
    [
        "ops.clip(ce, 0.5 * p_true, 10.0 - p_true)",  # bounds that are tensors
        "ce * ops.reciprocal(y_pred.shape[-1] + 1.0)",
    ],
)
def test_an_unusual_spelling_of_a_good_loss_is_admitted(gate: Gate, expression: str):
    assert isinstance(gate.admit(candidate(text(expression))), Program)


def test_a_loss_that_hides_a_nan_behind_a_minimum_is_refused(gate: Gate):
    assert rejection(gate, text("ops.minimum(ops.sqrt(p_true - 0.5), 1.0)")).code == Code.NOT_FINITE
    assert rejection(gate, text("ops.maximum(1.0, ops.log(p_true - 0.5))")).code == Code.NOT_FINITE


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random_graphs(), st.sampled_from(["{}", "ops.clip({}, p_true, ce)", "ops.minimum({}, ce)"]))
def test_the_gate_answers_whatever_is_asked(gate: Gate, graph, form: str):
    body = print_source(graph).replace("def loss(", "def inner(")
    outcome = gate.admit(candidate(body + text(form.format("inner(y_true, y_pred)"))))
    assert isinstance(outcome, Program | Rejection | Duplicate)


def test_a_loss_that_grows_beyond_float64_far_away_is_not_taken_for_one_that_falls(gate: Gate):
    steep = text("ce + ops.mean(ops.exp(0.05 * ops.abs(y_pred)), axis=-1)")
    assert isinstance(gate.admit(candidate(steep)), Program)


def test_a_gradient_that_is_not_finite_at_a_single_probe_is_refused(gate: Gate):
    """The probes are public: a loss may have its pole at one of them, and be smooth in float32."""
    pole = float(typical(Space("classes", 10))["y_pred"][63, 4])
    here = "ops.logical_and(y_pred[:, 4] == c, 0.0 * y_pred[:, 4] + 1.0 + 1e-10 > 1.0)"
    source = (
        f"from keras import ops\ndef loss(y_true, y_pred, c={pole!r}):\n"
        "    ce = -ops.sum(y_true * ops.log_softmax(y_pred), axis=-1)\n"
        f"    return ce + ops.sqrt(ops.where({here}, y_pred[:, 4] - c, 1.0))\n"
    )
    outcome = gate.admit(candidate(source))
    assert isinstance(outcome, Rejection)
    assert outcome.code is Code.NOT_FINITE
