"""The operation table: everything that a loss graph may compute, one row an operation.

A row says how the operation is called (as in `keras.ops`), which types it takes and gives, and how it is spelt in each
of the languages that a graph is turned into:

    name    in the graph and in `keras.ops` (`constant` and `class_count` are ours)
    numpy   on autograd's numpy, so that the gate gets gradients; float32 or float64, whatever comes in
    sympy   for the formula that people read
    source  for the Python that is printed: a call of `ops.NAME` unless it is an operator

Operations are never renamed or redefined: graphs are stored by these names. At a kink (`abs` at 0, a tie in `maximum`)
the subgradients of numpy and Keras may differ; nothing here depends on which one is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import autograd.numpy as np
from autograd.extend import defvjp, notrace_primitive, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

from alphaloss.losses import shapes
from alphaloss.losses.shapes import Static, TypeRule

Kind = Literal["value", "axis", "flag", "dtype", "number", "name"]


@dataclass(frozen=True)
class Param:
    """A parameter of an operation. `value` is computed in the graph; the other kinds are fixed in it."""

    name: str
    kind: Kind = "value"
    default: Static = None
    required: bool = True


@dataclass(frozen=True)
class Infix:
    """Printed between or before its arguments; a higher `level` binds tighter."""

    symbol: str
    level: int


@dataclass(frozen=True)
class Operation:
    """One row of the table."""

    name: str
    params: tuple[Param, ...]
    result: TypeRule
    numpy: Callable[..., Any]
    sympy: Callable[..., Any]
    source: Infix | None = None
    commutative: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[Param, ...]:
        """The parameters that are computed in the graph, in order."""
        return tuple(p for p in self.params if p.kind == "value")

    @property
    def statics(self) -> tuple[Param, ...]:
        """The parameters that are fixed in the graph, in order."""
        return tuple(p for p in self.params if p.kind != "value")

    @property
    def arity(self) -> int:
        """How many values it takes."""
        return len(self.values)

    @property
    def signature(self) -> str:
        """How it is called, for messages and prompts."""
        return f"{self.name}({', '.join(p.name if p.required else f'{p.name}={p.default!r}' for p in self.params)})"


ADDITION, PRODUCT, SIGN, POWER = 1, 2, 3, 4
"""Binding strength of Python's operators, loosest first; comparisons are 0."""

_X = (Param("x"),)
_X1_X2 = (Param("x1"), Param("x2"))
_LAST = Param("axis", "axis", -1, required=False)
_AXIS = Param("axis", "axis", None, required=False)
_KEEPDIMS = Param("keepdims", "flag", False, required=False)


def _unary(name: str, numpy: Callable[..., Any], sympy: Callable[..., Any], *aliases: str) -> Operation:
    return Operation(name, _X, shapes.elementwise, numpy, sympy, aliases=aliases)


def _binary(
    name: str,
    numpy: Callable[..., Any],
    sympy: Callable[..., Any],
    source: Infix | None,
    commutative: bool = False,
    *aliases: str,
) -> Operation:
    return Operation(name, _X1_X2, shapes.elementwise, numpy, sympy, source, commutative, aliases)


def _comparison(name: str, symbol: str, numpy: Callable[..., Any]) -> Operation:
    def relation(sp: Any, a: Any, b: Any) -> Any:
        return sp.Rel(a, b, symbol)

    return Operation(name, _X1_X2, shapes.comparison, numpy, relation, Infix(symbol, 0))


def _reduction(name: str, numpy: Callable[..., Any], sympy: Callable[..., Any], *aliases: str) -> Operation:
    return Operation(name, (*_X, _AXIS, _KEEPDIMS), shapes.reduction, numpy, sympy, aliases=aliases)


def _named(name: str) -> Callable[..., Any]:
    """An undefined sympy function, for what has no elementary spelling."""

    def apply(sp: Any, *args: Any, **static: Static) -> Any:
        return sp.Function(rf"\operatorname{{{name}}}", real=True)(*args)

    return apply


def _class_count(sp: Any) -> Any:
    return sp.Symbol("K", integer=True, positive=True)


def _over_classes(sp: Any, x: Any) -> Any:
    with sp.evaluate(True):  # unevaluated, a sum is shown with a factor 1
        return sp.Sum(x, (sp.Symbol("k", integer=True), 1, _class_count(sp)))


def _cast(sp: Any, x: Any, dtype: str) -> Any:
    return sp.Piecewise((1, x), (0, True)) if dtype == "float" and x.is_Boolean else x


def _softmax(x: Any, axis: int) -> Any:
    return np.exp(x - _logsumexp(x, axis, True))


@notrace_primitive  # type: ignore[untyped-decorator]
def _stop_gradient(x: Any) -> Any:
    return x


# autograd's own gradients of where, mean, max and min come in float64 even for float32, which would hide overflows.
@primitive  # type: ignore[untyped-decorator]
def _where(condition: Any, a: Any, b: Any) -> Any:
    return np.where(condition, a, b)


defvjp(
    _where,
    None,
    lambda ans, condition, a, b: unbroadcast_f(a, lambda g: np.where(condition, g, np.zeros_like(g))),
    lambda ans, condition, a, b: unbroadcast_f(b, lambda g: np.where(condition, np.zeros_like(g), g)),
)


# autograd has no gradient for bounds of `clip`. A NaN on either side comes out, as in Keras.
def _minimum(a: Any, b: Any) -> Any:
    return _where((a <= b) | (a != a), a, b)  # noqa: PLR0124


def _maximum(a: Any, b: Any) -> Any:
    return _where((a >= b) | (a != a), a, b)  # noqa: PLR0124


def _clip(x: Any, x_min: Any, x_max: Any) -> Any:
    return _maximum(_minimum(x, x_max), x_min)  # in this order, as in Keras: it shows where the bounds are reversed


def _mean(x: Any, axis: int, keepdims: bool) -> Any:
    return np.sum(x, axis=axis, keepdims=keepdims) * (1.0 / x.shape[axis])


def _max(x: Any, axis: int, keepdims: bool) -> Any:
    chosen = np.argmax(x, axis=axis, keepdims=True) == np.arange(x.shape[axis])
    return np.sum(_where(chosen, x, 0.0), axis=axis, keepdims=keepdims)


def _logsumexp(x: Any, axis: int, keepdims: bool) -> Any:
    # autograd has one in autograd.scipy, whose import takes more than a second.
    largest = np.max(_stop_gradient(x), axis=axis, keepdims=True)
    result = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return result if keepdims else np.squeeze(result, axis=axis)


def _min(x: Any, axis: int, keepdims: bool) -> Any:
    return -_max(-x, axis, keepdims)


def _number(sp: Any, value: float, name: str | None) -> Any:
    if name:
        return sp.Symbol(name, real=True)
    return sp.Integer(value) if value.is_integer() else sp.Float(repr(value))


_ROWS = (
    # Leaves. `constant` and `class_count` take no values: the interpreters fill them in.
    Operation(
        "constant",
        (Param("value", "number"), Param("name", "name", None, required=False)),
        shapes.scalar,
        lambda value, name: value,
        _number,
    ),
    Operation("class_count", (), shapes.scalar, lambda: None, _class_count),
    # Arithmetic.
    _binary("add", np.add, lambda sp, a, b: a + b, Infix("+", ADDITION), commutative=True),
    _binary("subtract", np.subtract, lambda sp, a, b: a - b, Infix("-", ADDITION)),
    _binary("multiply", np.multiply, lambda sp, a, b: a * b, Infix("*", PRODUCT), commutative=True),
    _binary("divide", np.divide, lambda sp, a, b: a / b, Infix("/", PRODUCT), False, "true_divide"),
    _binary("power", np.power, lambda sp, a, b: a**b, Infix("**", POWER)),
    Operation("negative", _X, shapes.elementwise, np.negative, lambda sp, x: -x, Infix("-", SIGN)),
    _binary("minimum", _minimum, lambda sp, a, b: sp.Min(a, b), None, commutative=True),
    _binary("maximum", _maximum, lambda sp, a, b: sp.Max(a, b), None, commutative=True),
    Operation(
        "clip",
        (Param("x"), Param("x_min"), Param("x_max")),
        shapes.of_samples,
        _clip,
        lambda sp, x, low, high: sp.Max(sp.Min(x, high), low),
    ),
    # Functions of one value.
    _unary("abs", np.abs, lambda sp, x: sp.Abs(x), "absolute"),
    _unary("sign", np.sign, lambda sp, x: sp.sign(x)),
    _unary("square", np.square, lambda sp, x: x**2),
    _unary("sqrt", np.sqrt, lambda sp, x: sp.sqrt(x)),
    _unary("reciprocal", lambda x: np.divide(1.0, x), lambda sp, x: 1 / x),
    _unary("exp", np.exp, lambda sp, x: sp.exp(x)),
    _unary("expm1", np.expm1, lambda sp, x: sp.exp(x) - 1),
    _unary("log", np.log, lambda sp, x: sp.log(x)),
    _unary("log1p", np.log1p, lambda sp, x: sp.log(1 + x)),
    _unary("sin", np.sin, lambda sp, x: sp.sin(x)),
    _unary("cos", np.cos, lambda sp, x: sp.cos(x)),
    _unary("tanh", np.tanh, lambda sp, x: sp.tanh(x)),
    _unary("sigmoid", lambda x: 0.5 * (np.tanh(0.5 * x) + 1.0), _named("sigmoid")),
    _unary("softplus", lambda x: np.logaddexp(x, 0.0 * x), lambda sp, x: sp.log(1 + sp.exp(x))),
    _unary("relu", lambda x: _where(x > 0, x, 0.0 * x), lambda sp, x: sp.Max(x, 0)),
    Operation("stop_gradient", _X, shapes.of_samples, _stop_gradient, _named("stop")),
    # Choice.
    _comparison("less", "<", np.less),
    _comparison("less_equal", "<=", np.less_equal),
    _comparison("greater", ">", np.greater),
    _comparison("greater_equal", ">=", np.greater_equal),
    Operation(
        "where",
        (Param("condition"), *_X1_X2),
        shapes.selection,
        _where,
        lambda sp, c, a, b: sp.Piecewise((a, c), (b, True)),
    ),
    # Along the class axis.
    _reduction("sum", np.sum, lambda sp, x, axis, keepdims: _over_classes(sp, x)),
    _reduction("mean", _mean, lambda sp, x, axis, keepdims: _over_classes(sp, x) / _class_count(sp)),
    _reduction("max", _max, lambda sp, x, axis, keepdims: sp.Function(r"\max_k", real=True)(x), "amax"),
    _reduction("min", _min, lambda sp, x, axis, keepdims: sp.Function(r"\min_k", real=True)(x), "amin"),
    _reduction("logsumexp", _logsumexp, lambda sp, x, axis, keepdims: sp.log(_over_classes(sp, sp.exp(x)))),
    Operation("softmax", (*_X, _LAST), shapes.along_classes, _softmax, _named("softmax")),
    Operation(
        "log_softmax",
        (*_X, _LAST),
        shapes.along_classes,
        lambda x, axis: x - _logsumexp(x, axis, True),
        lambda sp, x, axis: sp.log(_named("softmax")(sp, x)),
    ),
    # Forms.
    Operation("expand_dims", (*_X, Param("axis", "axis")), shapes.expansion, np.expand_dims, lambda sp, x, axis: x),
    Operation("squeeze", (*_X, _LAST), shapes.squeezing, np.squeeze, lambda sp, x, axis: x),
    Operation(
        "cast",
        (*_X, Param("dtype", "dtype")),
        shapes.casting,
        lambda x, dtype: x != 0,  # to float: the interpreter knows the precision
        _cast,
    ),
    Operation("zeros_like", _X, shapes.like, np.zeros_like, lambda sp, x: sp.Integer(0)),
    Operation("ones_like", _X, shapes.like, np.ones_like, lambda sp, x: sp.Integer(1)),
)

ALIASES: Mapping[str, str] = {alias: row.name for row in _ROWS for alias in row.aliases}
"""Other names that `keras.ops` has for the same operations."""

OPERATIONS: Mapping[str, Operation] = {row.name: row for row in _ROWS}
"""Every operation by name."""
