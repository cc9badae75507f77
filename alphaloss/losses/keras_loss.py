"""The Keras interpreter: a graph as a function that Keras trains with. The only module here that imports keras."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import keras

from alphaloss.errors import UsageError
from alphaloss.losses.class_count import is_plain
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
    "equal": operator.eq,
    "not_equal": operator.ne,
    "logical_and": operator.and_,
    "logical_or": operator.or_,
    "logical_not": operator.invert,
}

# What is spelt in another way than by the name of the operation: from the predictions, the values and what is fixed.
_SPELT: dict[str, Callable[..., Any]] = {
    "constant": lambda y_pred, value, name: value,
    "class_index": lambda y_pred: keras.ops.arange(y_pred.shape[-1]),
    "where": lambda y_pred, *args: keras.ops.cast(keras.ops.where(*args), y_pred.dtype),  # of two numbers: float32
    "index": lambda y_pred, x, at: x[..., at],
    "slice": lambda y_pred, x, start, stop: x[..., start:stop],
    "top_k": lambda y_pred, x, k: keras.ops.top_k(x, k)[0],
    "top_k_indices": lambda y_pred, x, k: keras.ops.top_k(x, k)[1],
    "one_hot": lambda y_pred, x: keras.ops.one_hot(x, y_pred.shape[-1], dtype=y_pred.dtype),
    "swapaxes": lambda y_pred, x: keras.ops.swapaxes(x, -1, -2),
    "cast": lambda y_pred, x, dtype: keras.ops.cast(x, {"float": y_pred.dtype, "bool": "bool", "int": "int32"}[dtype]),
}


def keras_function(graph: LossGraph, class_prior: Any = None, scale: float = 1.0) -> Callable[[Any, Any], Any]:
    """The graph as a Keras loss function.

    Args:
        graph: the loss.
        class_prior: shape (classes,), for a graph with that input.
        scale: factor on the result.

    Returns:
        `loss(y_true, y_pred)` from two tensors (batch, classes) to one of (batch,), in the precision of `y_pred`.

    Raises:
        UsageError: the graph asks for the class prior, and there is none.
    """
    if "class_prior" in graph.inputs and (class_prior is None or len(class_prior) == 0):
        raise UsageError(
            "The loss asks for class_prior, the share of each class among the training labels, which is known "
            "only to a run on one task. Take best_loss.py of the run, and set CLASS_PRIOR in it."
        )
    plain = is_plain(graph)

    def loss(y_true: Any, y_pred: Any) -> Any:
        known = {"y_true": y_true, "y_pred": y_pred}
        if "class_prior" in graph.inputs:
            known["class_prior"] = keras.ops.convert_to_tensor(class_prior, dtype=y_pred.dtype)
        values = [known[name] for name in graph.inputs]
        count = y_pred.shape[-1] if plain else keras.ops.cast(y_pred.shape[-1], y_pred.dtype)
        for node in graph.nodes:
            value = count if node.op == "class_count" else _compute(node, [values[a] for a in node.args], y_pred)
            values.append(value)
        return values[graph.output] if scale == 1.0 else scale * values[graph.output]

    return loss


def _compute(node: Node, args: list[Any], y_pred: Any) -> Any:
    if node.op in _INFIX:
        return _INFIX[node.op](*args)
    if node.op in _SPELT:
        return _SPELT[node.op](y_pred, *args, **node.static)
    return getattr(keras.ops, node.op)(*args, **node.static)
