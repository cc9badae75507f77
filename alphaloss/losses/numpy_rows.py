"""What the operations compute in numpy, with gradients, for the gate.

autograd differentiates; the gradients of most operations are given here, because autograd's own turn float32 into
float64 (which would hide overflows) or overflow earlier than those of TensorFlow. The formulas are TensorFlow's, so
that a value or a gradient is finite where it is finite in Keras, and not finite where it is not, with two exceptions:

- TensorFlow flushes subnormal numbers (below 1.2e-38 in float32) to zero; numpy keeps them. `log(softmax(x))` is -100
  here and -inf there at logits 100 apart, and -inf in both at 120.
- What has no answer there is NaN here: an index out of range in `take_along_axis`, the order of values with a NaN.

At a kink (`abs` at 0, a tie in `max` or `sort`) the subgradients may differ; nothing depends on which one is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from autograd.extend import defvjp, notrace_primitive, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

Function = Callable[..., Any]


def smooth(function: Function, derivative: Function) -> Function:
    """A function of one value; `derivative(result, x)`."""
    result: Function = primitive(function)
    defvjp(result, lambda ans, x: lambda g: g * derivative(ans, x))
    return result


def _sigmoid(x: Any) -> Any:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _erf(x: Any) -> Any:
    from scipy.special import erf  # noqa: PLC0415  # takes a quarter of a second, and few losses need it

    return erf(x)


absolute = smooth(np.abs, lambda y, x: np.sign(x))
square = smooth(np.square, lambda y, x: 2.0 * x)
sqrt = smooth(np.sqrt, lambda y, x: 0.5 / y)
rsqrt = smooth(lambda x: 1.0 / np.sqrt(x), lambda y, x: -0.5 * (y * y * y))
reciprocal = smooth(lambda x: np.divide(1.0, x), lambda y, x: -y * y)
exp = smooth(np.exp, lambda y, x: y)
expm1 = smooth(np.expm1, lambda y, x: np.exp(x))
log = smooth(np.log, lambda y, x: 1.0 / x)
log1p = smooth(np.log1p, lambda y, x: 1.0 / (1.0 + x))
sin = smooth(np.sin, lambda y, x: np.cos(x))
cos = smooth(np.cos, lambda y, x: -np.sin(x))
tan = smooth(np.tan, lambda y, x: 1.0 / np.square(np.cos(x)))
arcsin = smooth(np.arcsin, lambda y, x: 1.0 / np.sqrt(1.0 - x * x))
arccos = smooth(np.arccos, lambda y, x: -1.0 / np.sqrt(1.0 - x * x))
arctan = smooth(np.arctan, lambda y, x: 1.0 / (1.0 + x * x))
sinh = smooth(np.sinh, lambda y, x: np.cosh(x))
cosh = smooth(np.cosh, lambda y, x: np.sinh(x))
tanh = smooth(np.tanh, lambda y, x: 1.0 - y * y)
arcsinh = smooth(np.arcsinh, lambda y, x: 1.0 / np.cosh(y))
arccosh = smooth(np.arccosh, lambda y, x: 1.0 / np.sinh(y))
arctanh = smooth(np.arctanh, lambda y, x: 1.0 / (1.0 - x * x))
sigmoid = smooth(_sigmoid, lambda y, x: y * (1.0 - y))
softplus = smooth(lambda x: np.logaddexp(x, 0.0), lambda y, x: _sigmoid(x))
log_sigmoid = smooth(lambda x: -np.logaddexp(-x, 0.0), lambda y, x: _sigmoid(-x))
relu = smooth(lambda x: np.maximum(x, 0.0), lambda y, x: x > 0)
erf = smooth(_erf, lambda y, x: 1.1283791670955126 * np.exp(-x * x))  # 2 / sqrt(pi)


@notrace_primitive  # type: ignore[untyped-decorator]
def stop_gradient(x: Any) -> Any:
    """The value, as a number that nothing is differentiated through."""
    return x


@notrace_primitive  # type: ignore[untyped-decorator]
def cast(x: Any, dtype: str) -> Any:
    """To bool or to int, toward zero. To float: the interpreter knows the precision."""
    if dtype == "float":
        return x
    return x != 0 if dtype == "bool" else np.trunc(x).astype("int32")


# Two values.


@primitive  # type: ignore[untyped-decorator]
def where(condition: Any, a: Any, b: Any) -> Any:
    """Element by element `a` or `b`."""
    return np.where(condition, a, b)


defvjp(
    where,
    None,
    lambda ans, condition, a, b: unbroadcast_f(a, lambda g: np.where(condition, g, np.zeros_like(g))),
    lambda ans, condition, a, b: unbroadcast_f(b, lambda g: np.where(condition, np.zeros_like(g), g)),
)


# autograd has no gradient for bounds of `clip`. A NaN on either side comes out, as in Keras.
def minimum(a: Any, b: Any) -> Any:
    """The smaller one."""
    return where((a <= b) | (a != a), a, b)  # noqa: PLR0124


def maximum(a: Any, b: Any) -> Any:
    """The larger one."""
    return where((a >= b) | (a != a), a, b)  # noqa: PLR0124


def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """Cut at the upper bound, then at the lower one, as in Keras: it shows where the bounds are reversed."""
    return maximum(minimum(x, x_max), x_min)


@primitive  # type: ignore[untyped-decorator]
def divide(a: Any, b: Any) -> Any:
    """The quotient."""
    return np.divide(a, b)


defvjp(
    divide,
    lambda ans, a, b: unbroadcast_f(a, lambda g: g / b),
    lambda ans, a, b: unbroadcast_f(b, lambda g: g * (-a / b / b)),
)


@primitive  # type: ignore[untyped-decorator]
def power(a: Any, b: Any) -> Any:
    """`a**b`; the gradient in `b` is zero where `a` is not positive."""
    return np.power(a, b)


def _log_of_positive(a: Any) -> Any:
    return np.log(np.where(a > 0, a, np.ones_like(a)))


defvjp(
    power,
    lambda ans, a, b: unbroadcast_f(a, lambda g: g * b * np.power(a, b - 1.0)),
    lambda ans, a, b: unbroadcast_f(b, lambda g: g * ans * _log_of_positive(a)),
)


@primitive  # type: ignore[untyped-decorator]
def arctan2(a: Any, b: Any) -> Any:
    """The angle of the point (b, a)."""
    return np.arctan2(a, b)


defvjp(
    arctan2,
    lambda ans, a, b: unbroadcast_f(a, lambda g: g * (b / (a * a + b * b))),
    lambda ans, a, b: unbroadcast_f(b, lambda g: g * (-a / (a * a + b * b))),
)
