"""Losses that are valid Python and harmless to the guest, and were written to break whoever computes them."""

from __future__ import annotations

import pytest

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.export import export_keras
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.source import print_source
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
        ("    return ce * q\n", ", *, q=1e999", 10, Code.TRACE),
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


def test_a_formula_that_doubles_with_each_line_stays_short(sandbox: Sandbox):
    body = "    for _ in range(40):\n        ce = ce + 0.01 * ops.tanh(ce)\n    return ce\n"
    outcome = _admit(sandbox, body)
    assert isinstance(outcome, Program)
    assert len(latex(outcome.graph)) < 100 * outcome.graph.size


def test_a_formula_of_400_nested_operations_is_printed_and_exported():
    nodes = (
        Node(op="multiply", args=(0, 1)),
        Node(op="sum", args=(2,), kwargs={"axis": -1}),
        *(Node(op=("sin", "tanh", "abs")[i % 3], args=(3 + i,)) for i in range(398)),
    )
    graph = LossGraph(inputs=("y_true", "y_pred"), nodes=nodes, output=401)
    assert len(latex(graph)) < 100 * graph.size
    compile(print_source(graph), "printed", "exec")
    compile(export_keras(graph, heading="A loss."), "exported", "exec")
