"""The Keras interpreter: a graph as a function that Keras trains with. The only module here that imports keras."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import keras

from alphaloss.losses.graph import LossGraph, Node

# Operators as the printed source uses them, so that numbers combine in Python's float64 in both.
_INFIX: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "negative": operator.neg,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}


def keras_function(graph: LossGraph, class_prior: Any = None, scale: float = 1.0) -> Callable[[Any, Any], Any]:
    """The graph as a Keras loss function.

    Args:
        graph: the loss.
        class_prior: shape (classes,), for a graph with that input.
        scale: factor on the result.

    Returns:
        `loss(y_true, y_pred)` from two tensors (batch, classes) to one of (batch,), in the precision of `y_pred`.
    """

    def loss(y_true: Any, y_pred: Any) -> Any:
        known = {"y_true": y_true, "y_pred": y_pred}
        if "class_prior" in graph.inputs:
            known["class_prior"] = keras.ops.convert_to_tensor(class_prior, dtype=y_pred.dtype)
        values = [known[name] for name in graph.inputs]
        for node in graph.nodes:
            values.append(_compute(node, [values[a] for a in node.args], y_pred))
        return values[graph.output] if scale == 1.0 else scale * values[graph.output]

    return loss


def _compute(node: Node, args: list[Any], y_pred: Any) -> Any:
    if node.op == "constant":
        return node.static["value"]
    if node.op == "class_count":
        return keras.ops.cast(y_pred.shape[-1], y_pred.dtype)
    if node.op == "cast":
        return keras.ops.cast(args[0], y_pred.dtype if node.static["dtype"] == "float" else "bool")
    if node.op in _INFIX:
        return _INFIX[node.op](*args)
    return getattr(keras.ops, node.op)(*args, **node.static)
