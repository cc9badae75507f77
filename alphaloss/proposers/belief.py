"""How right a prediction is, in the words of a graph: what samples are weighted and gated by."""

from __future__ import annotations

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.proposers.draws import NotApplicableError


def log_right(b: GraphBuilder) -> int:
    """The logarithm of `right`, at most 0, shape (batch,): finite, with its gradient, wherever the prediction is."""
    y_true, y_pred = b.input("y_true"), b.input("y_pred")
    if b.target == "classes":
        return b.add("sum", b.add("multiply", y_true, b.add("log_softmax", y_pred, axis=-1)), axis=-1)
    return b.add("negative", b.add("mean", b.add("square", b.add("subtract", y_true, y_pred)), axis=-1))


def right(b: GraphBuilder) -> int:
    """Between 0 (wrong) and 1, shape (batch,): the true class's probability, or exp(-mean squared residual)."""
    if b.target == "values":
        return b.add("exp", log_right(b))
    p = b.add("softmax", b.input("y_pred"), axis=-1)
    return b.add("sum", b.add("multiply", b.input("y_true"), p), axis=-1)


def one_minus(b: GraphBuilder, value: int) -> int:
    """1 - value."""
    return b.add("subtract", b.constant(1.0), value)


def needs_classes(graph: LossGraph) -> None:
    """For what makes sense of logits only.

    Raises:
        NotApplicableError: the loss is for values.
    """
    if graph.target != "classes":
        raise NotApplicableError
