"""What the tests of training share."""

from __future__ import annotations

import pytest

from alphaloss.losses.graph import LossGraph, Node
from alphaloss.training import TrainJob


@pytest.fixture(scope="session")
def cross_entropy() -> LossGraph:
    nodes = (
        Node(op="log_softmax", args=(1,)),
        Node(op="multiply", args=(0, 2)),
        Node(op="sum", args=(3,), kwargs={"axis": -1}),
        Node(op="negative", args=(4,)),
    )
    return LossGraph(inputs=("y_true", "y_pred"), nodes=nodes, output=5)


@pytest.fixture
def job(cross_entropy: LossGraph) -> TrainJob:
    """Six epochs of cross-entropy with seed 7."""
    return TrainJob(graph=cross_entropy, rung="full", seeds=(7,))
