"""The operation table: everything that a loss graph may compute, one row an operation.

A row says how the operation is called (as in `keras.ops`), which types it takes and gives, what it costs, and how it is
spelt in each of the languages that a graph is turned into:

    name    in the graph and in `keras.ops` (`constant`, `class_count`, `class_index`, `index`, `slice` and
            `top_k_indices` are ours)
    numpy   on autograd's numpy, so that the gate gets gradients; float32 or float64, whatever comes in
    sympy   for the formula that people read
    source  for the Python that is printed: a call of `ops.NAME` unless it is an operator

Operations are never renamed or redefined: graphs are stored by these names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import autograd.numpy as np

from alphaloss.losses import class_axes, formulas, numpy_axes, numpy_rows, shapes
from alphaloss.losses.formulas import Formula, named, of, over
from alphaloss.losses.shapes import Static, TypeRule

Kind = Literal["value", "axis", "flag", "dtype", "number", "name", "index", "count", "stop"]


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
    """One row of the table.

    `cost` is the time that training takes an element, gradient included, relative to an addition (about a nanosecond),
    as measured by `benchmarks/operations.py`; `top_k` counts as the order of all. `numpy` of an operation that
    `counts_classes` gets the class count as keyword `classes`.
    """

    name: str
    params: tuple[Param, ...]
    result: TypeRule
    numpy: Callable[..., Any]
    sympy: Formula
    source: Infix | None = None
    commutative: bool = False
    aliases: tuple[str, ...] = ()
    cost: int = 1
    counts_classes: bool = False

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


RELATION, OR, AND, ADDITION, PRODUCT, SIGN, POWER = range(7)
"""Binding strength of Python's operators, loosest first."""

_X = (Param("x"),)
_X1_X2 = (Param("x1"), Param("x2"))
_LAST = Param("axis", "axis", -1, required=False)
_AXIS = Param("axis", "axis", None, required=False)
_KEEPDIMS = Param("keepdims", "flag", False, required=False)


def _unary(name: str, numpy: Callable[..., Any], sympy: Formula, *aliases: str, cost: int = 1) -> Operation:
    return Operation(name, _X, shapes.elementwise, numpy, sympy, aliases=aliases, cost=cost)


def _binary(
    name: str,
    numpy: Callable[..., Any],
    sympy: Formula,
    source: Infix | None = None,
    *aliases: str,
    commutative: bool = False,
    cost: int = 1,
) -> Operation:
    return Operation(name, _X1_X2, shapes.elementwise, numpy, sympy, source, commutative, aliases, cost)


def _comparison(name: str, symbol: str, numpy: Callable[..., Any], commutative: bool = False) -> Operation:
    infix = Infix(symbol, RELATION)
    return Operation(name, _X1_X2, shapes.comparison, numpy, formulas.relation(symbol), infix, commutative)


def _reduction(
    name: str,
    numpy: Callable[..., Any],
    sympy: Formula,
    *aliases: str,
    rule: TypeRule = class_axes.reduction(),  # noqa: B008  # a function that has no state
    cost: int = 1,
) -> Operation:
    return Operation(name, (*_X, _AXIS, _KEEPDIMS), rule, numpy, sympy, aliases=aliases, cost=cost)


def _along(
    name: str, axis: Param, rule: TypeRule, numpy: Callable[..., Any], sympy: Formula, cost: int = 1
) -> Operation:
    return Operation(name, (*_X, axis), rule, numpy, sympy, cost=cost)


_LEAVES = (  # they take no values: the interpreters fill them in
    Operation(
        "constant",
        (Param("value", "number"), Param("name", "name", None, required=False)),
        shapes.number,
        lambda value, name: value,
        formulas.constant,
        cost=0,
    ),
    Operation(
        "class_count",
        (),
        shapes.number,
        lambda classes: classes,
        formulas.class_count,
        cost=0,
        counts_classes=True,
    ),
    Operation(
        "class_index",
        (),
        shapes.indices,
        lambda classes: np.arange(classes, dtype="int32"),
        formulas.class_index,
        counts_classes=True,
    ),
)

_ARITHMETIC = (
    _binary("add", np.add, lambda sp, a, b: a + b, Infix("+", ADDITION), commutative=True),
    _binary("subtract", np.subtract, lambda sp, a, b: a - b, Infix("-", ADDITION)),
    _binary("multiply", np.multiply, lambda sp, a, b: a * b, Infix("*", PRODUCT), commutative=True),
    _binary("divide", numpy_rows.divide, lambda sp, a, b: a / b, Infix("/", PRODUCT), "true_divide", cost=2),
    _binary("power", numpy_rows.power, lambda sp, a, b: a**b, Infix("**", POWER), cost=30),
    Operation("negative", _X, shapes.elementwise, np.negative, lambda sp, x: -x, Infix("-", SIGN)),
    _binary("minimum", numpy_rows.minimum, of("Min"), commutative=True, cost=3),
    _binary("maximum", numpy_rows.maximum, of("Max"), commutative=True, cost=3),
    Operation(
        "clip",
        (Param("x"), Param("x_min"), Param("x_max")),
        shapes.clipping,
        numpy_rows.clip,
        lambda sp, x, low, high: sp.Max(sp.Min(x, high), low),
        cost=4,
    ),
    _binary("arctan2", numpy_rows.arctan2, of("atan2"), cost=4),
    _binary("logaddexp", np.logaddexp, lambda sp, a, b: sp.log(sp.exp(a) + sp.exp(b)), commutative=True, cost=12),
)

_FUNCTIONS = (
    _unary("abs", numpy_rows.absolute, of("Abs"), "absolute", "fabs"),
    _unary("sign", np.sign, of("sign")),
    _unary("square", numpy_rows.square, lambda sp, x: x**2),
    _unary("sqrt", numpy_rows.sqrt, of("sqrt")),
    _unary("rsqrt", numpy_rows.rsqrt, lambda sp, x: 1 / sp.sqrt(x)),
    _unary("reciprocal", numpy_rows.reciprocal, lambda sp, x: 1 / x),
    _unary("exp", numpy_rows.exp, of("exp")),
    _unary("expm1", numpy_rows.expm1, lambda sp, x: sp.exp(x) - 1, cost=4),
    _unary("log", numpy_rows.log, of("log"), cost=2),
    _unary("log1p", numpy_rows.log1p, lambda sp, x: sp.log(1 + x), cost=2),
    _unary("sin", numpy_rows.sin, of("sin"), cost=3),
    _unary("cos", numpy_rows.cos, of("cos"), cost=3),
    _unary("tan", numpy_rows.tan, of("tan"), cost=12),
    _unary("arcsin", numpy_rows.arcsin, of("asin"), cost=3),
    _unary("arccos", numpy_rows.arccos, of("acos"), cost=2),
    _unary("arctan", numpy_rows.arctan, of("atan"), cost=2),
    _unary("sinh", numpy_rows.sinh, of("sinh"), cost=23),
    _unary("cosh", numpy_rows.cosh, of("cosh"), cost=24),
    _unary("tanh", numpy_rows.tanh, of("tanh")),
    _unary("arcsinh", numpy_rows.arcsinh, of("asinh"), cost=30),
    _unary("arccosh", numpy_rows.arccosh, of("acosh"), cost=36),
    _unary("arctanh", numpy_rows.arctanh, of("atanh"), cost=3),
    _unary("sigmoid", numpy_rows.sigmoid, named("sigmoid")),
    _unary("log_sigmoid", numpy_rows.log_sigmoid, lambda sp, x: -sp.log(1 + sp.exp(-x)), cost=6),
    _unary("softplus", numpy_rows.softplus, lambda sp, x: sp.log(1 + sp.exp(x)), cost=5),
    _unary("relu", numpy_rows.relu, lambda sp, x: sp.Max(x, 0)),
    _unary("erf", numpy_rows.erf, of("erf"), cost=2),
    _unary("floor", np.floor, of("floor")),
    Operation("stop_gradient", _X, shapes.of_samples, numpy_rows.stop_gradient, named("stop"), cost=0),
)

_CHOICE = (
    _comparison("less", "<", np.less),
    _comparison("less_equal", "<=", np.less_equal),
    _comparison("greater", ">", np.greater),
    _comparison("greater_equal", ">=", np.greater_equal),
    _comparison("equal", "==", np.equal, commutative=True),
    _comparison("not_equal", "!=", np.not_equal, commutative=True),
    Operation("logical_and", _X1_X2, shapes.logical, np.logical_and, of("And"), Infix("&", AND), commutative=True),
    Operation("logical_or", _X1_X2, shapes.logical, np.logical_or, of("Or"), Infix("|", OR), commutative=True),
    Operation("logical_not", _X, shapes.logical, np.logical_not, of("Not"), Infix("~", SIGN)),
    Operation("where", (Param("condition"), *_X1_X2), shapes.selection, numpy_rows.where, formulas.choice, cost=3),
)

_REDUCTIONS = (
    _reduction("sum", np.sum, formulas.total),
    _reduction("mean", numpy_axes.mean, formulas.mean),
    _reduction("prod", numpy_axes.prod, formulas.product, cost=16),
    _reduction("max", numpy_axes.largest, over("max"), "amax", cost=2),
    _reduction("min", numpy_axes.smallest, over("min"), "amin", cost=2),
    _reduction("var", numpy_axes.variance, over("Var"), cost=2),
    _reduction("std", numpy_axes.deviation, over("Std"), cost=2),
    _reduction("logsumexp", numpy_axes.logsumexp, formulas.logsumexp, cost=2),
    _reduction("norm", numpy_axes.norm, formulas.norm),
    _reduction("any", np.any, over("any"), rule=class_axes.reduction("bool", "bool")),
    _reduction("all", np.all, over("all"), rule=class_axes.reduction("bool", "bool")),
    _reduction("argmax", numpy_axes.argmax, over("argmax"), rule=class_axes.reduction(gives="int"), cost=3),
    _reduction("argmin", numpy_axes.argmin, over("argmin"), rule=class_axes.reduction(gives="int"), cost=3),
)

_ALONG = (
    _along("softmax", _LAST, class_axes.along(), numpy_axes.softmax, over("softmax"), cost=2),
    _along("log_softmax", _LAST, class_axes.along(), numpy_axes.log_softmax, formulas.log_softmax, cost=3),
    _along("cumsum", _AXIS, class_axes.along(), numpy_axes.cumsum, over("cumsum"), cost=6),
    _along("cumprod", _AXIS, class_axes.along(), numpy_axes.cumprod, over("cumprod"), cost=16),
    _along("sort", _LAST, class_axes.along(), numpy_axes.sort, over("sort"), cost=66),
    _along("argsort", _LAST, class_axes.along(gives="int"), numpy_axes.argsort, over("argsort"), cost=39),
    _along("flip", _AXIS, class_axes.along(takes=None), numpy_axes.flip, over("flip")),
    Operation(
        "top_k",
        (*_X, Param("k", "count")),
        class_axes.largest("float"),
        numpy_axes.top_k,
        formulas.highest("top"),
        cost=39,
    ),
    Operation(
        "top_k_indices",
        (*_X, Param("k", "count")),
        class_axes.largest("int"),
        numpy_axes.top_k_indices,
        formulas.highest("argtop"),
        cost=39,
    ),
)

_PICKING = (
    Operation("index", (*_X, Param("at", "index")), class_axes.indexing, lambda x, at: x[..., at], formulas.at),
    Operation(
        "slice",
        (*_X, Param("start", "index"), Param("stop", "stop", None, required=False)),
        class_axes.slicing,
        lambda x, start, stop: x[..., start:stop],
        formulas.part,
    ),
    Operation(
        "take_along_axis",
        (*_X, Param("indices"), _AXIS),
        class_axes.picking,
        numpy_axes.take_along_axis,
        lambda sp, x, indices, along: named("take")(sp, x, indices),
        cost=13,
    ),
    Operation("one_hot", _X, class_axes.one_hot, numpy_axes.one_hot, named("onehot"), counts_classes=True),
)

_FORMS = (
    Operation("expand_dims", (*_X, Param("axis", "axis")), class_axes.expansion, np.expand_dims, formulas.same, cost=0),
    Operation("squeeze", (*_X, _LAST), class_axes.squeezing, np.squeeze, formulas.same, cost=0),
    Operation("swapaxes", _X, class_axes.swapping, lambda x: np.swapaxes(x, -1, -2), formulas.same),
    Operation("cast", (*_X, Param("dtype", "dtype")), shapes.casting, numpy_rows.cast, formulas.same),
    Operation("zeros_like", _X, shapes.of_samples, np.zeros_like, lambda sp, x: sp.Integer(0)),
    Operation("ones_like", _X, shapes.of_samples, np.ones_like, lambda sp, x: sp.Integer(1)),
)

_ROWS = (*_LEAVES, *_ARITHMETIC, *_FUNCTIONS, *_CHOICE, *_REDUCTIONS, *_ALONG, *_PICKING, *_FORMS)

ALIASES: Mapping[str, str] = {alias: row.name for row in _ROWS for alias in row.aliases}
"""Other names that `keras.ops` has for the same operations."""

OPERATIONS: Mapping[str, Operation] = {row.name: row for row in _ROWS}
"""Every operation by name."""
