"""The numpy interpreter: values and gradients of a graph without TensorFlow, for the gate."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import autograd
import numpy as np
from numpy.typing import NDArray

from alphaloss.losses.graph import LossGraph

Array = NDArray[np.floating[Any]]


def evaluate(graph: LossGraph, inputs: Mapping[str, Any]) -> Any:
    """The loss of each sample.

    Args:
        graph: the loss.
        inputs: `y_true` and `y_pred` of shape (batch, classes), `class_prior` of shape (classes,) where the graph asks
            for it; float32 or float64, which is also the precision of the computation.

    Returns:
        Shape (batch,).
    """
    y_pred = inputs["y_pred"]
    values: list[Any] = [inputs[name] for name in graph.inputs]
    for node in graph.nodes:
        if node.op == "class_count":
            values.append(float(y_pred.shape[-1]))
        elif node.op == "cast" and node.static["dtype"] == "float":
            values.append(values[node.args[0]] * y_pred.dtype.type(1))
        else:
            values.append(node.operation.numpy(*(values[a] for a in node.args), **node.static))
        if not graph.types[len(values) - 1].dims:
            values[-1] = float(values[-1])  # a numpy scalar would turn float32 into float64
    return values[graph.output]


def value_and_gradient(graph: LossGraph, inputs: Mapping[str, Any]) -> tuple[Array, Array]:
    """The loss of each sample and its gradient with respect to the logits.

    Not finite where the loss is not; numpy's warnings about that are silenced, because callers look.

    Returns:
        Shapes (batch,) and (batch, classes).
    """

    def total(y_pred: Any) -> Any:
        values = evaluate(graph, {**inputs, "y_pred": y_pred})
        return autograd.numpy.sum(values)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # autograd's, for a loss that does not use the logits
        values = evaluate(graph, inputs)
        gradient = autograd.grad(total)(inputs["y_pred"])
    return np.asarray(values), np.asarray(gradient)
