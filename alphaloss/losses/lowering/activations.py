"""Activation functions of `keras.ops` that are no rows: their definitions, as the TensorFlow backend computes them.

Where a branch that is not chosen could overflow, its argument is bounded first: an infinite value in it would turn
the gradient of the chosen one into NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from alphaloss.losses.lowering.expression import Expression, op
from alphaloss.losses.lowering.values import Bound

Number = Expression | float


def _where(condition: Expression, x1: Number, x2: Number) -> Expression:
    return op("where", condition, x1, x2)


def silu(x: Expression) -> Expression:
    """x * sigmoid(x) (Ramachandran et al. 2017, 'Searching for activation functions')."""
    return x * op("sigmoid", x)


def gelu(x: Expression, approximate: bool = True) -> Expression:
    """x * Phi(x), by default with the tanh approximation (Hendrycks and Gimpel 2016)."""
    if approximate:
        return 0.5 * x * (1.0 + op("tanh", math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3.0)))
    return 0.5 * x * (1.0 + op("erf", x / math.sqrt(2.0)))


def elu(x: Expression, alpha: Expression | float = 1.0) -> Expression:
    """x, and alpha * (exp(x) - 1) below 0 (Clevert et al. 2016)."""
    below = op("expm1", op("minimum", x, 0.0))
    return _where(x > 0.0, x, below if alpha == 1.0 else alpha * below)


def selu(x: Expression) -> Expression:
    """A scaled elu whose fixed constants keep mean and variance (Klambauer et al. 2017)."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * _where(x > 0.0, x, alpha * op("expm1", op("minimum", x, 0.0)))


def celu(x: Expression, alpha: Expression | float = 1.0) -> Expression:
    """max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1) (Barron 2017)."""
    return op("maximum", x, 0.0) + alpha * op("expm1", op("minimum", x, 0.0) / alpha)


def leaky_relu(x: Expression, negative_slope: Expression | float = 0.2) -> Expression:
    """x, and negative_slope * x below 0."""
    return _where(x > 0.0, x, negative_slope * x)


def relu6(x: Expression) -> Expression:
    """min(max(x, 0), 6)."""
    return op("minimum", op("relu", x), 6.0)


def hard_sigmoid(x: Expression) -> Expression:
    """relu6(x + 3) / 6."""
    return relu6(x + 3.0) / 6.0


def hard_silu(x: Expression) -> Expression:
    """x * hard_sigmoid(x)."""
    return x * hard_sigmoid(x)


def hard_tanh(x: Expression) -> Expression:
    """x between -1 and 1."""
    return op("clip", x, -1.0, 1.0)


def softsign(x: Expression) -> Expression:
    """x / (1 + |x|)."""
    return x / (1.0 + op("abs", x))


def tanh_shrink(x: Expression) -> Expression:
    """x - tanh(x)."""
    return x - op("tanh", x)


def soft_shrink(x: Expression, threshold: Expression | float = 0.5) -> Expression:
    """x moved towards 0 by the threshold, 0 within it."""
    return _where(x > threshold, x - threshold, _where(x < -threshold, x + threshold, 0.0))


def hard_shrink(x: Expression, threshold: Expression | float = 0.5) -> Expression:
    """x, and 0 within the threshold."""
    return _where(op("abs", x) > threshold, x, 0.0)


def threshold(
    x: Expression,
    threshold: Expression | float,
    default_value: Expression | float,
) -> Expression:
    """x above the threshold, else the default."""
    return _where(x > threshold, x, default_value)


def squareplus(x: Expression, b: Expression | float = 4.0) -> Expression:
    """(x + sqrt(x**2 + b)) / 2 (Barron 2021)."""
    return (x + op("sqrt", op("square", x) + b)) / 2.0


def sparse_plus(x: Expression) -> Expression:
    """0 up to -1, x from 1 on, a parabola between."""
    return _where(x <= -1.0, 0.0, _where(x < 1.0, 0.25 * op("square", x + 1.0), x))


def sparse_sigmoid(x: Expression) -> Expression:
    """0 up to -1, 1 from 1 on, a straight line between."""
    return _where(x <= -1.0, 0.0, _where(x >= 1.0, 1.0, 0.5 * (x + 1.0)))


ACTIVATIONS: Mapping[str, Callable[..., Bound]] = {
    "silu": silu,
    "swish": silu,
    "gelu": gelu,
    "elu": elu,
    "selu": selu,
    "celu": celu,
    "leaky_relu": leaky_relu,
    "relu6": relu6,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_silu,
    "hard_tanh": hard_tanh,
    "softsign": softsign,
    "tanh_shrink": tanh_shrink,
    "soft_shrink": soft_shrink,
    "hard_shrink": hard_shrink,
    "threshold": threshold,
    "squareplus": squareplus,
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
}
