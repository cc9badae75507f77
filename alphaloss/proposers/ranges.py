"""The ranges that the values of a loss can take, by interval arithmetic: what an operator may safely do to which.

A range is an outer bound: the values lie in it, and may fill less. Labels lie in [0, 1] and sum up to 1, logits are any
number. Moore, "Interval Analysis", 1966.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.types import DType, Target


class Range(NamedTuple):
    """From `low` to `high`; infinite where there is no bound."""

    low: float
    high: float

    @property
    def bounded(self) -> bool:
        """Whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)


ANY = Range(-math.inf, math.inf)
_SHARE = Range(0.0, 1.0)
_INPUTS: Mapping[Target, Mapping[str, Range]] = {"classes": {"y_true": _SHARE, "class_prior": _SHARE}, "values": {}}

_INCREASING = (
    *("exp", "expm1", "log", "log1p", "sqrt", "tanh", "arctan", "arcsinh", "sinh", "sigmoid", "log_sigmoid"),
    *("softplus", "relu", "erf", "floor", "sign", "add", "minimum", "maximum", "logaddexp", "clip"),
)
"""Operations that do not fall when any of their arguments grows."""
_SAME = (
    *("mean", "max", "min", "index", "slice", "squeeze", "expand_dims", "swapaxes", "sort", "flip", "top_k"),
    *("take_along_axis", "stop_gradient"),
)
"""Operations that give some of the numbers in their first argument, or a mean of them."""


def ranges(graph: LossGraph) -> list[Range]:
    """The range of every value of a graph: inputs, then nodes."""
    known = _INPUTS[graph.target]
    found = [known.get(name, ANY) for name in graph.inputs]
    for node in graph.nodes:
        args = [found[a] for a in node.args]
        if node.op == "sum":
            found.append(_total(graph, node, found))
        elif node.op == "multiply" and node.args[0] == node.args[1]:
            found.append(_square(args[0]))
        elif node.op == "cast":
            found.append(_CASTS.get(graph.types[node.args[0]].dtype, args[0]))
        elif node.op in _INCREASING:
            found.append(_increasing(node, args))
        elif node.op == "constant":
            found.append(Range(*2 * [float(node.kwargs["value"])]))  # type: ignore[arg-type]  # checked to be a number
        else:
            found.append(_RULES.get(node.op, _unknown)(*args))
    return found


def _increasing(node: Node, args: Sequence[Range]) -> Range:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        low = float(node.operation.numpy(*(np.float64(r.low) for r in args)))
        high = float(node.operation.numpy(*(np.float64(r.high) for r in args)))
    return Range(-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)


def _total(graph: LossGraph, node: Node, found: Sequence[Range]) -> Range:
    terms = found[node.args[0]]
    product = graph.node(node.args[0])
    if graph.target == "classes" and product is not None and product.op == "multiply" and 0 in product.args:
        weighted = [a for a in product.args if a != 0]
        return found[weighted[0]] if weighted else _SHARE  # a mean, weighted by the labels
    return Range(terms.low if terms.low >= 0.0 else -math.inf, terms.high if terms.high <= 0.0 else math.inf)


def _unknown(*args: Range) -> Range:
    return ANY


def _product(a: Range, b: Range) -> Range:
    """At the ends; zero times infinity is zero."""
    ends = [x * y if x and y else 0.0 for x in a for y in b]
    return Range(min(ends), max(ends))


def _square(x: Range) -> Range:
    product = _product(x, x)
    return Range(max(0.0, product.low), product.high)


def _quotient(a: Range, b: Range) -> Range:
    return _product(a, Range(1.0 / b.high, 1.0 / b.low)) if b.low > 0.0 or b.high < 0.0 else ANY


def _power(base: Range, exponent: Range) -> Range:
    if base.low < 0.0:
        return ANY
    return Range(0.0, 1.0 if base.high <= 1.0 and exponent.low >= 0.0 else math.inf)


def _hull(_: Range, a: Range, b: Range) -> Range:
    return Range(min(a.low, b.low), max(a.high, b.high))


_NOT_NEGATIVE = Range(0.0, math.inf)
_CASTS: Mapping[DType, Range] = {"bool": _SHARE, "int": _NOT_NEGATIVE}
_RULES: Mapping[str, Callable[..., Range]] = {
    "negative": lambda x: Range(-x.high, -x.low),
    "subtract": lambda a, b: Range(a.low - b.high, a.high - b.low),
    "multiply": _product,
    "divide": _quotient,
    "square": _square,
    "power": _power,
    "abs": lambda x: Range(max(0.0, x.low, -x.high), max(-x.low, x.high)),
    "where": _hull,
    "logsumexp": lambda x: Range(x.low, math.inf),
    "softmax": lambda x: _SHARE,
    "log_softmax": lambda x: Range(-math.inf, 0.0),
    "class_count": lambda: Range(1.0, math.inf),
    "one_hot": lambda x: _SHARE,
    "ones_like": lambda x: Range(1.0, 1.0),
    "zeros_like": lambda x: Range(0.0, 0.0),
    **dict.fromkeys(("sin", "cos"), lambda x: Range(-1.0, 1.0)),
    **dict.fromkeys(("var", "std", "norm"), lambda x: _NOT_NEGATIVE),
    **dict.fromkeys(_SAME, lambda x, *_: x),
}
