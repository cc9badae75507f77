"""When the class count may be the plain number `y_pred.shape[-1]` in Keras.

A tensor meets a plain number in any operator. But a function of `keras.ops` makes a tensor of its own precision from
one, and Python's arithmetic is not a tensor's: it raises where a tensor is infinite, and has integers without end.
"""

from __future__ import annotations

from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.types import SCALAR


def is_plain(graph: LossGraph) -> bool:
    """Whether the class count meets only operators, and numbers made of it only sums, factors and safe quotients."""
    counted: set[int] = set()  # numbers made of the class count
    for value, node in enumerate(graph.nodes, start=len(graph.inputs)):
        if node.op == "class_count":
            counted.add(value)
        elif counted.intersection(node.args):
            if graph.types[value] == SCALAR:
                if not _is_safe(graph, node, counted):
                    return False
                counted.add(value)
            elif node.operation.source is None:
                return False
    return True


def _is_safe(graph: LossGraph, node: Node, counted: set[int]) -> bool:
    """Whether Python computes a number as a tensor would."""
    if node.op in ("add", "subtract", "negative"):
        return True
    if node.op == "multiply":
        return not counted.issuperset(node.args)
    return node.op == "divide" and _is_positive(graph, node.args[1])


def _is_positive(graph: LossGraph, value: int) -> bool:
    """A positive constant, the class count, or that less a number below 2."""
    node = graph.node(value)
    if node is not None and node.op == "subtract":
        count, number = (graph.node(a) for a in node.args)
        return count is not None and count.op == "class_count" and _constant(number) < 2.0
    return node is not None and (node.op == "class_count" or _constant(node) > 0.0)


def _constant(node: Node | None) -> float:
    number = node.static["value"] if node is not None and node.op == "constant" else None
    return float(number) if isinstance(number, int | float) else float("nan")
