"""Graphs that are large, slow or wide: refused by count or by rule before anybody computes them."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from attacks.forger import Forger
from attacks.payloads import HARMLESS
from tiny_task import task

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import MAX_NODES, LossGraph, Node
from alphaloss.losses.numeric import value_and_gradient
from alphaloss.losses.types import GraphError
from alphaloss.records import Candidate, Code, Program, Rejection, Status
from alphaloss.sandbox import Sandbox, SandboxLimits
from alphaloss.training import TrainJob
from alphaloss.training.trainer import Trainer

HEAD = """from keras import ops
def loss(y_true, y_pred, *, class_prior=None):
    ce = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
"""


def rejected(sandbox: Sandbox, body: str, limits: GateSettings | None = None) -> Rejection:
    outcome = Gate(sandbox, limits or GateSettings()).admit(Candidate(source=HEAD + body, operator="attack"))
    assert isinstance(outcome, Rejection)
    return outcome


def forged(calls: list[object], limits: SandboxLimits) -> Rejection:
    line = json.dumps({"output": {"ref": 1 + len(calls)}, "calls": calls})
    outcome = Gate(Forger(limits, "\n".join([line] * 3).encode()), GateSettings()).admit(
        Candidate(source=HARMLESS, operator="attack")
    )
    assert isinstance(outcome, Rejection)
    assert outcome.code is Code.TRACE
    return outcome


def test_a_trace_of_a_hundred_thousand_operations_is_refused_by_each_cap_in_turn() -> None:
    calls: list[object] = [["exp", [{"ref": 1 + i}], []] for i in range(100_000)]
    assert "bytes" in forged(calls, SandboxLimits()).message
    roomy = SandboxLimits(result_bytes=10**9)
    assert "100000 operations" in forged(calls, roomy).message
    assert "fewer operations" in forged(calls[:10_000], SandboxLimits(result_bytes=10**9, calls=10**6)).message
    assert "1 to 400 operations" in forged(calls[: roomy.calls], roomy).message


def test_a_stored_graph_of_too_many_nodes_is_refused() -> None:
    nodes = tuple(Node(op="exp", args=(1 + i,)) for i in range(401))
    with pytest.raises(GraphError, match="1 to 400 operations; got 401"):
        LossGraph(inputs=("y_true", "y_pred"), nodes=nodes, output=len(nodes) + 1)


@pytest.mark.parametrize(
    "body",
    [
        "    x = y_pred\n    for _ in range(9):\n        x = ops.expand_dims(x, -1) * ce\n    return ops.sum(x, -1)\n",
        "    x = y_pred\n    for _ in range(9):\n        x = x[..., None] * y_pred[:, None]\n    return x\n",
        "    x = y_pred\n    for _ in range(9):\n        x = ops.expand_dims(x, -1)\n    return ce + ops.sum(x)\n",
        "    x = y_pred[:, :, None, None] * y_pred[:, None, :, None] * y_pred[:, None, None, :]\n"
        "    return ce + ops.sum(ops.sum(ops.sum(x, -1), -1), -1)\n",
        "    x = ops.expand_dims(y_pred, 1) * ops.expand_dims(y_pred, 0)\n    return ce + ops.sum(x, axis=(1, 2))\n",
        "    x = ops.expand_dims(ce, 1) * ops.expand_dims(ce, 0)\n    return ce + ops.sum(x, axis=1)\n",
        "    x = ops.repeat(y_pred, 10**9, axis=-1)\n    return ce + ops.sum(x, axis=-1)\n",
        "    x = ops.tile(y_pred, (1, 10**9))\n    return ce + ops.sum(x, axis=-1)\n",
        "    x = ops.broadcast_to(y_pred, (10**6, 10**6))\n    return ce + ops.sum(x, axis=-1)\n",
        "    x = ops.one_hot(ops.argmax(y_pred, axis=-1), 10**9)\n    return ce + ops.sum(x, axis=-1)\n",
        "    x = ops.arange(10**12)\n    return ce + ops.sum(x)\n",
        "    x = ops.full((10**9,), 1.0)\n    return ce + ops.sum(x)\n",
        "    x = ops.outer(y_pred, y_pred)\n    return ce + ops.sum(x)\n",
        "    x = ops.matmul(y_pred, ops.transpose(y_pred))\n    return ce + ops.sum(x, axis=-1)\n",
        "    x = ops.top_k(y_pred, 10**9)[0]\n    return ce + ops.sum(x, axis=-1)\n",
        "    x = ops.pad(y_pred, ((0, 0), (0, 10**9)))\n    return ce + ops.sum(x, axis=-1)\n",
    ],
)
def test_a_table_that_would_not_fit_in_memory_is_refused_by_its_shape(sandbox: Sandbox, body: str) -> None:
    assert rejected(sandbox, body).code in (Code.TRACE, Code.SHAPE, Code.NOT_PER_SAMPLE)


def test_400_transcendental_operations_are_computed_or_refused_and_training_them_ends(sandbox: Sandbox) -> None:
    body = "    for _ in range(190):\n        ce = ce + 0.001 * ops.tanh(ce)\n    return ce\n"
    slow = Gate(sandbox, GateSettings()).admit(Candidate(source=HEAD + body, operator="attack"))
    if isinstance(slow, Program):
        assert slow.graph.size <= MAX_NODES
    graph = LossGraph(
        inputs=("y_true", "y_pred"),
        nodes=(
            Node(op="multiply", args=(0, 1)),
            Node(op="sum", args=(2,), kwargs={"axis": -1}),
            *(Node(op=("sin", "tanh")[i % 2], args=(3 + i,)) for i in range(MAX_NODES - 2)),
        ),
        output=MAX_NODES + 1,
    )
    y_true, y_pred = np.eye(10)[:7], np.linspace(-1.0, 1.0, 70).reshape(7, 10)
    values, gradient = value_and_gradient(graph, {"y_true": y_true, "y_pred": y_pred})
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()
    training = Trainer(task()).train(TrainJob(graph=graph, rung="full", seeds=(1,)))[0]
    assert training.status is Status.OK


def test_more_operations_than_a_graph_holds_are_refused(sandbox: Sandbox) -> None:
    body = "    for _ in range(500):\n        ce = ops.sin(ce)\n    return ce\n"
    rejection = rejected(sandbox, body)
    assert rejection.code is Code.TRACE
    assert "1 to 400 operations" in rejection.message


def test_a_value_that_is_many_values_is_refused_before_it_is_worked_through(sandbox: Sandbox):
    body = (
        "    t = ops.convert_to_tensor([y_true] * 3000)\n"
        "    for _ in range(50):\n"
        "        ops.select(t, t)\n"
        "    return ce\n"
    )
    refused = rejected(sandbox, body)
    assert refused.code is Code.TRACE
    assert "3000 entries; expected at most 100" in refused.message


def test_repeated_operations_count_although_they_are_shared(sandbox: Sandbox):
    body = (
        "    t = ops.convert_to_tensor([y_true] * 90)\n"
        "    for _ in range(100):\n"
        "        ops.select(t, t)\n"
        "    return ce\n"
    )
    assert "more than 8000 values" in rejected(sandbox, body).message


def test_a_look_at_a_large_loss_takes_bounded_memory(sandbox: Sandbox):
    """170,000 numbers a sample: 512 samples in float64 would be 700 MiB, and the gradient twice that."""
    body = (
        "    t = y_pred[:, :, None] * y_pred[:, None, :]\n"
        "    u = y_pred\n"
        "    for _ in range(16):\n"
        "        t = ops.tanh(t)\n"
        "        u = u + ops.var(t, axis=-1)\n"
        "    return ce + 1e-5 * ops.mean(ops.tanh(u), axis=-1)\n"
    )
    gate = Gate(sandbox, GateSettings(), classes=100)
    candidate = Candidate(source=HEAD + body, operator="attack")
    tracemalloc.start()
    try:
        outcome = gate.admit(candidate)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(outcome, Program)
    assert peak < 400 * 2**20
