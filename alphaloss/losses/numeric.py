"""The numpy interpreter: values and gradients of a graph without TensorFlow, for the gate."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import autograd
import numpy as np
from numpy.typing import NDArray

from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import SCALAR, Type

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
    return compute(graph, inputs)[graph.output]


def compute(graph: LossGraph, inputs: Mapping[str, Any], given: Mapping[int, Any] = MappingProxyType({})) -> list[Any]:
    """Every value of the graph, inputs first; those that are given are taken instead of being computed."""
    y_pred = inputs["y_pred"]
    values: list[Any] = [inputs[name] for name in graph.inputs]
    for position, node in enumerate(graph.nodes, start=len(values)):
        if position in given:
            values.append(given[position])
            continue
        counted = {"classes": y_pred.shape[-1]} if node.operation.counts_classes else {}
        value = node.operation.numpy(*(values[a] for a in node.args), **node.static, **counted)
        result = graph.types[position]
        if result == SCALAR:
            value = float(value)  # a numpy scalar would turn float32 into float64
        elif result.dtype == "float" and not any(_has_precision(graph.types[a]) for a in node.args):
            value = np.asarray(value, dtype=y_pred.dtype)
        values.append(value)
    return values


def _has_precision(t: Type) -> bool:
    """Whether a value brings float32 or float64 along: numbers, conditions and indices do not."""
    return t.dtype == "float" and bool(t.dims)


def value_and_gradient(graph: LossGraph, inputs: Mapping[str, Any]) -> tuple[Array, Array]:
    """The loss of each sample and its gradient with respect to the logits.

    Not finite where the loss is not; numpy's warnings about that are silenced, because callers look.

    Returns:
        Shapes (batch,) and (batch, classes).
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # autograd's, for a loss that does not use the logits
        vjp, values = autograd.make_vjp(lambda y_pred: evaluate(graph, {**inputs, "y_pred": y_pred}))(inputs["y_pred"])
        gradient = vjp(np.ones_like(values))
    return np.asarray(values), np.asarray(gradient)
