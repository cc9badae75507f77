"""What the operations along an axis compute in numpy, with gradients; see `numpy_rows` for the rules.

Where an axis is an argument, it may be counted from either end.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, notrace_primitive, primitive

from alphaloss.losses.numpy_rows import Function, sqrt, square, where


def along_last(function: Function) -> Function:
    """A function along the last axis, applied along any."""

    def apply(x: Any, axis: int) -> Any:
        if axis in (-1, x.ndim - 1):
            return function(x)
        return anp.swapaxes(function(anp.swapaxes(x, axis, -1)), axis, -1)

    return apply


def over_last(function: Function) -> Function:
    """A reduction of the last axis to size one, applied to any."""
    along = along_last(function)

    def apply(x: Any, axis: int, keepdims: bool) -> Any:
        result = along(x, axis)
        return result if keepdims else anp.squeeze(result, axis=axis)

    return apply


def mean(x: Any, axis: int, keepdims: bool) -> Any:
    """The mean, without autograd's float64."""
    return anp.sum(x, axis=axis, keepdims=keepdims) * (1.0 / x.shape[axis])


def variance(x: Any, axis: int, keepdims: bool) -> Any:
    """The mean squared distance from the mean."""
    return mean(square(x - mean(x, axis, True)), axis, keepdims)


def deviation(x: Any, axis: int, keepdims: bool) -> Any:
    """The square root of the variance."""
    return sqrt(variance(x, axis, keepdims))


def norm(x: Any, axis: int, keepdims: bool) -> Any:
    """The Euclidean norm."""
    return sqrt(anp.sum(square(x), axis=axis, keepdims=keepdims))


def _normalised(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


@primitive  # type: ignore[untyped-decorator]
def _softmax(x: Any) -> Any:
    return _normalised(x)


@primitive  # type: ignore[untyped-decorator]
def _log_softmax(x: Any) -> Any:
    x = x - np.max(x, axis=-1, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


@primitive  # type: ignore[untyped-decorator]
def _logsumexp(x: Any) -> Any:
    largest = np.max(x, axis=-1, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, np.zeros_like(largest))
    return np.log(np.sum(np.exp(x - largest), axis=-1, keepdims=True)) + largest


def _total(x: Any) -> Any:
    return np.sum(x, axis=-1, keepdims=True)


defvjp(_softmax, lambda y, x: lambda g: (g - _total(g * y)) * y)
defvjp(_log_softmax, lambda y, x: lambda g: g - np.exp(y) * _total(g))
defvjp(_logsumexp, lambda y, x: lambda g: g * _normalised(x))


@primitive  # type: ignore[untyped-decorator]
def _take(x: Any, indices: Any) -> Any:
    return np.take_along_axis(x, indices, axis=-1)


def _put_back(x: Any, indices: Any, g: Any) -> Any:
    rows = np.zeros((x.size // x.shape[-1], x.shape[-1]), dtype=g.dtype)
    flat = indices.reshape(len(rows), -1)
    np.add.at(rows, (np.arange(len(rows))[:, None], flat), g.reshape(flat.shape))  # an index may come twice
    return rows.reshape(x.shape)


defvjp(_take, lambda ans, x, indices: lambda g: _put_back(x, indices, g), None)


def take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    """Values by index along the last axis; negative indices count from its end, those out of range give NaN."""
    length = x.shape[-1]
    indices = np.where(indices < 0, indices + length, indices)
    inside = (indices >= 0) & (indices < length)
    picked = _take(x, np.where(inside, indices, 0))
    return picked if inside.all() else where(inside, picked * 1.0, np.nan)


def _in_order(x: Any, indices: Any) -> Any:
    ordered = _take(x, indices)
    lost = anp.isnan(x).any(axis=-1, keepdims=True)
    return where(lost, np.nan, ordered) if lost.any() else ordered


def top_k_indices(x: Any, k: int) -> Any:
    """Where the `k` largest are, largest first, the first one of equals."""
    return anp.argsort(-x, axis=-1, kind="stable")[..., :k].astype("int32")


def top_k(x: Any, k: int) -> Any:
    """The `k` largest, largest first."""
    return _in_order(x, top_k_indices(x, k))


@primitive  # type: ignore[untyped-decorator]
def _prod(x: Any) -> Any:
    return np.prod(x, axis=-1, keepdims=True)


def _product_of_the_others(x: Any) -> Any:
    ones = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return before * after


@primitive  # type: ignore[untyped-decorator]
def _cumprod(x: Any) -> Any:
    return np.cumprod(x, axis=-1)


def _cumprod_gradient(y: Any, x: Any, g: Any) -> Any:
    after = np.cumsum((g * y)[..., ::-1], axis=-1)[..., ::-1]
    return np.divide(after, x, out=np.zeros_like(after), where=x != 0)  # zero at a zero, as TensorFlow has it


defvjp(_prod, lambda y, x: lambda g: g * _product_of_the_others(x))
defvjp(_cumprod, lambda y, x: lambda g: _cumprod_gradient(y, x, g))

softmax = along_last(_softmax)
log_softmax = along_last(_log_softmax)
cumsum = along_last(lambda x: anp.cumsum(x, axis=-1))
cumprod = along_last(_cumprod)
flip = along_last(lambda x: x[..., ::-1])
argsort = along_last(lambda x: anp.argsort(x, axis=-1, kind="stable").astype("int32"))
sort = along_last(lambda x: _in_order(x, anp.argsort(x, axis=-1, kind="stable")))

logsumexp = over_last(_logsumexp)
largest = over_last(lambda x: _take(x, anp.argmax(x, axis=-1, keepdims=True)))
smallest = over_last(lambda x: _take(x, anp.argmin(x, axis=-1, keepdims=True)))
prod = over_last(_prod)


@notrace_primitive  # type: ignore[untyped-decorator]
def argmax(x: Any, axis: int, keepdims: bool) -> Any:
    """The index of the first largest one; a NaN is none, and -0 is less than 0, as in Keras."""
    return np.argmax(_comparable(x, -np.inf), axis=axis, keepdims=keepdims).astype("int32")


@notrace_primitive  # type: ignore[untyped-decorator]
def argmin(x: Any, axis: int, keepdims: bool) -> Any:
    """The index of the first smallest one; a NaN is none, and -0 is less than 0, as in Keras."""
    return np.argmin(_comparable(x, np.inf), axis=axis, keepdims=keepdims).astype("int32")


def _comparable(x: Any, of_nan: float) -> Any:
    x = np.where(np.isnan(x), of_nan, x)
    return np.where((x == 0) & np.signbit(x), -np.finfo(x.dtype).tiny, x)


def one_hot(x: Any, classes: int) -> Any:
    """True at each index, along a new last axis."""
    return x[..., None] == np.arange(classes)
