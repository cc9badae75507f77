"""Values and gradients of graphs at hand, for tests of what operators do."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import value_and_gradient
from alphaloss.losses.types import GraphError
from alphaloss.proposers.draws import NotApplicableError

Array = NDArray[np.float64]

LABELS = np.eye(4)[[0, 1, 2, 3, 0, 1]]
LOGITS = np.array(
    [[4.0, 0, 1, 0], [1.0, 0.5, 0, -1], [0, 0, 0, 0], [3.0, 2, -1, -2], [-2.0, 2, 0.5, 0], [-1.0, 6, 0, 1]]
)
"""Six samples of four classes: sure and right, unsure, undecided, wrong."""
PRIOR = np.array([0.4, 0.3, 0.2, 0.1])


def sound_gce(q: float = 0.7) -> LossGraph:
    """GCE as the gate wants it, 1 - exp(q log p_t): its gradient is finite where p_t is 0."""
    b = GraphBuilder()
    log_p = b.add("log_softmax", b.input("y_pred"))
    log_p_true = b.add("sum", b.add("multiply", b.input("y_true"), log_p), axis=-1)
    power = b.add("exp", b.add("multiply", log_p_true, b.constant(q)))
    return b.graph(b.add("divide", b.add("subtract", b.constant(1.0), power), b.constant(q)))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def p_true(y: Array = LABELS, z: Array = LOGITS) -> Array:
    return (y * softmax(z)).sum(axis=-1)


def values(graph: LossGraph, y: Array = LABELS, z: Array = LOGITS) -> Array:
    return value_and_gradient(graph, {"y_true": y, "y_pred": z, "class_prior": PRIOR})[0]


def gradients(graph: LossGraph, y: Array = LABELS, z: Array = LOGITS) -> Array:
    return value_and_gradient(graph, {"y_true": y, "y_pred": z, "class_prior": PRIOR})[1]


def numbers(graph: LossGraph) -> list[float]:
    return [float(node.kwargs["value"]) for node in graph.nodes if node.op == "constant"]


def children(operator, *parents: LossGraph, seeds: Iterable[int] = range(12)) -> list[LossGraph]:
    """What an operator makes with each seed; nothing where it does not apply."""
    found = []
    for seed in seeds:
        try:
            found.append(operator(*parents, np.random.default_rng(seed)))
        except (NotApplicableError, GraphError):
            continue
    return found
