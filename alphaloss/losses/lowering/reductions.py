"""Reductions and normalisations over the class axis that are no rows or take more than the rows do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alphaloss.losses.lowering.expression import Expression, converted, op
from alphaloss.losses.lowering.signature import Axes
from alphaloss.losses.lowering.values import Bound, integer, show
from alphaloss.losses.types import DType, OperationError, ShapeError

EPSILON = 1e-7
"""`keras.config.epsilon()`."""


def _over(name: str) -> Callable[..., Bound]:
    """A reduction that may take both class axes at once: one after the other gives the same."""

    def reduce(x: Expression, axis: Axes = None, keepdims: bool = False, dtype: DType | None = None) -> Expression:
        if not isinstance(axis, tuple):
            return converted(op(name, x, axis=axis, keepdims=keepdims), dtype)
        rank = len(x.dims)
        places = sorted({a % rank for a in axis if -rank <= a < rank}) if rank else []
        if len(places) != len(axis) or not places:
            raise ShapeError(f"expected axes of {x.type}, each once; got {axis if axis else 'none'}.")
        for place in places:
            x = op(name, x, axis=place - rank, keepdims=True)
        return converted(x if keepdims else _squeezed(x, places), dtype)

    return reduce


def _along(name: str) -> Callable[..., Bound]:
    """`cumsum` and `cumprod`, which take an element type."""

    def lowered(x: Expression, axis: int | None = None, dtype: DType | None = None) -> Expression:
        return converted(op(name, x, axis=axis), dtype)

    return lowered


def _squeezed(x: Expression, places: list[int]) -> Expression:
    for place in reversed(places):
        x = op("squeeze", x, axis=place - len(x.dims))
    return x


def norm(x: Expression, ord: Bound = None, axis: int | None = None, keepdims: bool = False) -> Expression:
    """A vector norm: Euclidean by default, else of order 0, 1, 2, any number, inf or -inf."""
    if isinstance(ord, Expression) and ord.constant is not None:
        ord = ord.constant
    if ord is None or ord == 2:
        return op("norm", x, axis=axis, keepdims=keepdims)
    if isinstance(ord, bool) or not isinstance(ord, int | float):
        raise OperationError(f"expected ord=None, a number, or an infinite one; got {show(ord)}.")
    if ord == 0:
        return op("sum", op("not_equal", x, 0.0), axis=axis, keepdims=keepdims)
    size = op("abs", x)
    if ord == 1:
        return op("sum", size, axis=axis, keepdims=keepdims)
    if ord == float("inf"):
        return op("max", size, axis=axis, keepdims=keepdims)
    if ord == float("-inf"):
        return op("min", size, axis=axis, keepdims=keepdims)
    if not 0.01 <= ord <= 100:
        raise OperationError(f"expected ord from 0.01 to 100, or 0 or an infinite one; got {show(ord)}.")
    return op("sum", size ** float(ord), axis=axis, keepdims=keepdims) ** (1.0 / ord)


def normalize(x: Expression, axis: int | None = -1, order: int = 2, epsilon: Bound = None) -> Expression:
    """x divided by its norm of this order, which counts as `epsilon` at least (Keras: 1e-7)."""
    least = EPSILON if epsilon is None else epsilon
    if isinstance(least, Expression) and least.constant is not None:
        least = least.constant
    if not isinstance(least, int | float) or not 1e-30 <= least <= 1e30:
        raise OperationError(f"expected a small positive number as epsilon; got {show(epsilon)}.")
    if not 1 <= order <= 100:
        raise OperationError(f"expected order from 1 to 100; got {show(order)}.")
    if order == 2:
        total = op("sum", op("square", x), axis=axis, keepdims=True)
        return x * op("minimum", op("rsqrt", total), 1.0 / least)
    return x / op("maximum", norm(x, order, axis, keepdims=True), float(least))


def average(x: Expression, axis: int | None = None, weights: Bound = None) -> Expression:
    """The mean, or the weighted mean: sum(x * w) / sum(w)."""
    if weights is None:
        return op("mean", x, axis=axis)
    if not isinstance(weights, Expression):
        raise OperationError(f"expected weights that are a tensor; got {show(weights)}.")
    same = len(weights.dims) == len(x.dims)
    if not same and axis not in (-1, len(x.dims) - 1):
        raise ShapeError(f"expected weights like {x.type}, or axis=-1; got {weights.type} and axis={axis}.")
    total = op("sum", weights, axis=axis if same else -1)
    return op("sum", x * weights, axis=axis) / total


def count_nonzero(x: Expression, axis: int | None = None) -> Expression:
    """How many are not 0."""
    return op("sum", x if x.type.dtype == "bool" else op("not_equal", x, 0.0), axis=axis)


def ptp(x: Expression, axis: int | None = None, keepdims: bool = False) -> Expression:
    """The largest minus the smallest."""
    return op("max", x, axis=axis, keepdims=keepdims) - op("min", x, axis=axis, keepdims=keepdims)


def moments(
    x: Expression, axes: int | None, keepdims: bool = False, synchronized: bool = False
) -> tuple[Expression, Expression]:
    """Mean and variance."""
    return op("mean", x, axis=axes, keepdims=keepdims), op("var", x, axis=axes, keepdims=keepdims)


def layer_normalization(
    x: Expression, gamma: Bound = None, beta: Bound = None, axis: int | None = -1, epsilon: Bound = None
) -> Expression:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta (Ba et al. 2016), over the class axis."""
    mean, variance = moments(x, axis, keepdims=True)
    scale = op("rsqrt", variance + _tensor_or_number(EPSILON if epsilon is None else epsilon))
    scale = scale if gamma is None else scale * _tensor_or_number(gamma)
    shift = -mean * scale
    shift = shift if beta is None else shift + _tensor_or_number(beta)
    return x * scale + shift


def rms_normalization(x: Expression, scale: Bound = None, axis: int | None = -1, epsilon: Bound = None) -> Expression:
    """x / sqrt(mean(x**2) + epsilon) * scale (Zhang and Sennrich 2019), over the class axis."""
    total = op("mean", op("square", x), axis=axis, keepdims=True)
    result = x * op("rsqrt", total + _tensor_or_number(EPSILON if epsilon is None else epsilon))
    return result if scale is None else result * _tensor_or_number(scale)


def _tensor_or_number(value: Bound) -> Expression | float:
    if isinstance(value, Expression):
        return value
    found = integer(value)
    if found is not None and abs(found) < 1e9:
        return float(found)
    if isinstance(value, float):
        return value
    raise OperationError(f"expected a tensor or a number; got {show(value)}.")


def top_k(x: Expression, k: Bound, sorted: bool = True) -> tuple[Expression, Expression]:
    """The k largest, largest first, and where they are."""
    count = integer(k)
    if count is None:
        raise OperationError(f"expected a number as k, known before training; got {show(k)}; for all use ops.sort.")
    return op("top_k", x, k=count), op("top_k_indices", x, k=count)


REDUCTIONS: Mapping[str, Callable[..., Bound]] = {
    **{name: _over(name) for name in ("sum", "mean", "max", "min", "prod", "any", "all", "logsumexp")},
    "cumsum": _along("cumsum"),
    "cumprod": _along("cumprod"),
    "norm": norm,
    "normalize": normalize,
    "average": average,
    "count_nonzero": count_nonzero,
    "ptp": ptp,
    "moments": moments,
    "layer_normalization": layer_normalization,
    "rms_normalization": rms_normalization,
    "top_k": top_k,
}
