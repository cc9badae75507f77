"""What the operators and leaves of trees mean: functions that write them into a loss graph.

Protected operators are finite with finite gradients for all real numbers, as in Koza, "Genetic Programming", 1992;
unlike his they are continuous but for a quotient's steep step at 0. In float32 a product of values beyond 2e19 is
infinite nevertheless, and their quotient NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import Node

GUARD = 1e-7
"""Keeps logarithms, roots and quotients finite; `keras.config.epsilon()`."""
LARGEST_EXPONENT = 30.0
"""exp(30) is 1e13: its square, too, is finite in float32."""

Meaning = Callable[..., int]
"""From a builder and the values of the arguments to the value."""


def _op(name: str) -> Meaning:
    return lambda b, *args: b.add(name, *args)


def node_of(b: GraphBuilder, value: int) -> Node | None:
    """The node that computes a value of a builder; None for an input."""
    return b.nodes[value - len(b.inputs)] if value >= len(b.inputs) else None


def _log(b: GraphBuilder, x: int) -> int:
    """The logarithm of probabilities is that of the softmax, which is finite however small they are."""
    node = node_of(b, x)
    if node is not None and node.op == "softmax":
        return b.add("log_softmax", *node.args, axis=-1)
    return b.add("log", x)


def _protected_log(b: GraphBuilder, x: int) -> int:
    node = node_of(b, x)
    return _log(b, x if node is not None and node.op == "softmax" else _positive(b, x))


def _protected_sqrt(b: GraphBuilder, x: int) -> int:
    return b.add("sqrt", _positive(b, x))


def _positive(b: GraphBuilder, x: int) -> int:
    return b.add("add", b.add("abs", x), b.constant(GUARD))


def _protected_divide(b: GraphBuilder, x: int, y: int) -> int:
    """x / y where y is not small, 0 where it is 0."""
    return b.add("divide", b.add("multiply", x, y), b.add("add", b.add("square", y), b.constant(GUARD)))


def _protected_exp(b: GraphBuilder, x: int) -> int:
    return b.add("exp", b.add("minimum", x, b.constant(LARGEST_EXPONENT)))


def _log1p_abs(b: GraphBuilder, x: int) -> int:
    return b.add("log1p", b.add("abs", x))


def _mean(b: GraphBuilder, x: int) -> int:
    """A column; a value that is one, or a number, stays as it is."""
    if b.types[x].dims[-1:] not in (("classes",), ("outputs",)):
        return x
    return b.add("mean", x, axis=-1, keepdims=True)


def _if_greater(b: GraphBuilder, x: int, y: int, greater: int, else_: int) -> int:
    """A comparison of two numbers is decided at once: a graph has none."""
    if not b.types[x].dims and not b.types[y].dims:
        first, second = (node_of(b, v) for v in (x, y))
        assert first is not None
        assert second is not None
        return greater if first.static["value"] > second.static["value"] else else_  # type: ignore[operator]
    return b.add("where", b.add("greater", x, y), greater, else_)


_SAFE: Mapping[str, Meaning] = {
    **{name: _op(name) for name in ("add", "subtract", "multiply", "negative", "sin", "cos", "square", "abs", "tanh")},
    "log1p_abs": _log1p_abs,
    "mean": _mean,
    "if_greater": _if_greater,
}

PLAIN: Mapping[str, Meaning] = {
    **_SAFE,
    "sqrt": _op("sqrt"),
    "log": _log,
    "exp": _op("exp"),
    "divide": _op("divide"),
}
"""Operators as mathematics has them, by name."""

PROTECTED: Mapping[str, Meaning] = {
    **_SAFE,
    "sqrt": _protected_sqrt,
    "log": _protected_log,
    "exp": _protected_exp,
    "divide": _protected_divide,
}
"""Operators that are finite for all real numbers, by name."""


def _of_true_class(b: GraphBuilder, op: str, keepdims: bool) -> int:
    values = b.add(op, b.input("y_pred"), axis=-1)
    return b.add("sum", b.add("multiply", b.input("y_true"), values), axis=-1, keepdims=keepdims)


LEAVES: Mapping[str, Meaning] = {
    "y_true": lambda b, keepdims: b.input("y_true"),
    "y_pred": lambda b, keepdims: b.input("y_pred"),
    "p": lambda b, keepdims: b.add("softmax", b.input("y_pred"), axis=-1),
    "p_true": lambda b, keepdims: _of_true_class(b, "softmax", keepdims),
    "log_p_true": lambda b, keepdims: _of_true_class(b, "log_softmax", keepdims),
}
"""Leaves by name; those with one number a sample are columns, or without the class axis."""
