"""Loss graphs that tests share, built by hand so that they do not depend on tracing."""

from __future__ import annotations

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph


def cross_entropy() -> LossGraph:
    b = GraphBuilder()
    log_p = b.add("log_softmax", b.input("y_pred"), axis=-1)
    return b.graph(b.add("negative", b.add("sum", b.add("multiply", b.input("y_true"), log_p), axis=-1)))


def gce(q: float = 0.7, name: str | None = "q") -> LossGraph:
    b = GraphBuilder()
    exponent = b.constant(q, name)
    p = b.add("softmax", b.input("y_pred"))
    p_true = b.add("sum", b.add("multiply", b.input("y_true"), p), axis=-1)
    return b.graph(b.add("divide", b.add("subtract", b.constant(1.0), b.add("power", p_true, exponent)), exponent))


def label_smoothing(share: float = 0.1) -> LossGraph:
    b = GraphBuilder()
    rest = b.add("divide", b.constant(share), b.class_count())
    labels = b.add("add", b.add("multiply", b.input("y_true"), b.constant(1.0 - share)), rest)
    log_p = b.add("log_softmax", b.input("y_pred"))
    return b.graph(b.add("negative", b.add("sum", b.add("multiply", labels, log_p), axis=-1)))


def inverted() -> LossGraph:
    """The probability of the true class: it pays for predicting any other."""
    b = GraphBuilder()
    return b.graph(b.add("sum", b.add("multiply", b.input("y_true"), b.add("softmax", b.input("y_pred"))), axis=-1))


ALL = {"cross-entropy": cross_entropy(), "gce": gce(), "label-smoothing": label_smoothing()}
