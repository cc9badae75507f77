"""What DEAP itself computes for a tree: its own compiler, with numpy functions written anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from deap import gp
from numpy.typing import NDArray

Array = NDArray[np.float64]

_GUARD = 1e-7


def _mean(x: Any) -> Any:
    return np.mean(x, axis=-1, keepdims=True) if np.ndim(x) else x


FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "add": (np.add, 2),
    "subtract": (np.subtract, 2),
    "multiply": (np.multiply, 2),
    "divide": (lambda x, y: x * y / (y * y + _GUARD), 2),
    "negative": (np.negative, 1),
    "sqrt": (lambda x: np.sqrt(np.abs(x) + _GUARD), 1),
    "log": (lambda x: np.log(np.abs(x) + _GUARD), 1),
    "exp": (lambda x: np.exp(np.minimum(x, 30.0)), 1),
    "sin": (np.sin, 1),
    "cos": (np.cos, 1),
    "square": (np.square, 1),
    "abs": (np.abs, 1),
    "log1p_abs": (lambda x: np.log(1.0 + np.abs(x)), 1),
    "tanh": (np.tanh, 1),
    "mean": (_mean, 1),
    "if_greater": (lambda a, b, c, d: np.where(a > b, c, d), 4),
}
LEAVES = ("y_true", "y_pred", "p", "log_p", "p_true", "log_p_true")


def value(tree: gp.PrimitiveTree, y_true: Array, y_pred: Array, reduction: str = "mean") -> Array:
    """The loss of each sample, shape (batch,), from labels and logits (or predictions) of shape (batch, classes).

    `log(p)` alone is not guarded: it is finite for all logits that are.
    """
    pset = gp.PrimitiveSet("oracle", len(LEAVES))
    pset.renameArguments(**dict(zip(list(pset.arguments), LEAVES, strict=True)))
    for name, (function, arity) in FUNCTIONS.items():
        pset.addPrimitive(function, arity, name=name)
    log_p = y_pred - np.log(np.sum(np.exp(y_pred), axis=-1, keepdims=True))
    p = np.exp(log_p)
    p_true, log_p_true = (np.sum(y_true * x, axis=-1, keepdims=True) for x in (p, log_p))
    function = gp.compile(str(tree).replace("log(p)", "log_p"), pset)
    result = np.broadcast_arrays(function(y_true, y_pred, p, log_p, p_true, log_p_true), np.zeros((len(y_true), 1)))[0]
    return np.asarray(np.mean(result, -1) if reduction == "mean" or result.shape[-1] == 1 else np.sum(result, -1))
