"""Losses that are valid Python and harmless to the guest, and were written to break whoever computes them."""

from __future__ import annotations

import pytest

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.symbolic import latex
from alphaloss.records import Candidate, Code, Program, Rejection
from alphaloss.sandbox import Sandbox

HEAD = """from keras import ops
def loss(y_true, y_pred{more}):
    ce = -ops.sum(y_true * ops.log_softmax(y_pred), axis=-1)
"""


def _admit(sandbox: Sandbox, body: str, more: str = "", classes: int = 10) -> Program | Rejection:
    gate = Gate(sandbox, GateSettings(), classes=classes)
    outcome = gate.admit(Candidate(source=HEAD.format(more=more) + body, operator="attack"))
    assert isinstance(outcome, Program | Rejection)
    return outcome


@pytest.mark.parametrize(
    ("body", "more", "classes", "code"),
    [
        ("    return ce * ops.minimum(1.0 / q, 5.0)\n", ", *, q=0.0", 10, Code.TRACE),
        ("    return ce * ops.minimum(ops.exp(q), 5.0)\n", ", *, q=1000.0", 10, Code.TRACE),
        ("    return ce * (1.0 / 0.0)\n", "", 10, Code.TRACE),
        ("    return ce * float('inf')\n", "", 10, Code.TRACE),
        ("    return ce * (y_pred.shape[-1] - 2.0)\n", "", 2, Code.NO_GRADIENT),
        ("    return ce / (y_pred.shape[-1] - 2.0)\n", "", 2, Code.NOT_FINITE),
    ],
)
def test_numbers_that_overflow_are_a_rejection(body: str, more: str, classes: int, code: Code, sandbox: Sandbox):
    outcome = _admit(sandbox, body, more, classes)
    assert isinstance(outcome, Rejection)
    assert outcome.code == code


def test_a_table_of_classes_by_classes_is_refused_before_it_is_computed(sandbox: Sandbox):
    body = (
        "    wide = ops.expand_dims(y_pred, -1) * class_prior\n    return ce + 0.0 * ops.sum(ops.sum(wide, -1), -1)\n"
    )
    outcome = _admit(sandbox, body, ", *, class_prior")
    assert isinstance(outcome, Rejection)
    assert outcome.code == Code.SHAPE
    assert "classes x classes" in outcome.message


def test_a_formula_that_doubles_with_each_line_stays_short(sandbox: Sandbox):
    body = "    for _ in range(40):\n        ce = ce + 0.01 * ops.tanh(ce)\n    return ce\n"
    outcome = _admit(sandbox, body)
    assert isinstance(outcome, Program)
    assert len(latex(outcome.graph)) < 100 * outcome.graph.size
