"""Element-wise functions of `keras.ops` that are no rows, as the TensorFlow backend computes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from alphaloss.losses.lowering.expression import Expression, op
from alphaloss.losses.lowering.values import Bound, tensor
from alphaloss.losses.types import OperationError


def clip(x: Expression, x_min: Expression | float, x_max: Expression | float) -> Expression:
    """x between two bounds; where they are reversed, the lower one."""
    return op("clip", x, x_min, x_max) if x.dims else op("maximum", op("minimum", x, x_max), x_min)


def positive(x: Expression) -> Expression:
    """The value itself."""
    return x


def log2(x: Expression) -> Expression:
    """log(x) / log(2)."""
    return op("log", x) / math.log(2.0)


def log10(x: Expression) -> Expression:
    """log(x) / log(10)."""
    return op("log", x) / math.log(10.0)


def exp2(x: Expression) -> Expression:
    """2**x."""
    return 2.0**x


def cbrt(x: Expression) -> Expression:
    """sign(x) * |x|**(1/3)."""
    return op("sign", x) * op("abs", x) ** (1.0 / 3.0)


def deg2rad(x: Expression) -> Expression:
    """x * pi / 180."""
    return x * (math.pi / 180.0)


def rad2deg(x: Expression) -> Expression:
    """x * 180 / pi."""
    return x * (180.0 / math.pi)


def sinc(x: Expression) -> Expression:
    """sin(pi x) / (pi x), 1 at 0."""
    zero = op("equal", x, 0.0)
    angle = math.pi * op("where", zero, 1.0, x)
    return op("where", zero, 1.0, op("sin", angle) / angle)


def hypot(x1: Expression, x2: Expression) -> Expression:
    """sqrt(x1**2 + x2**2), without overflow."""
    a, b = op("abs", x1), op("abs", x2)
    larger, smaller = op("maximum", a, b), op("minimum", a, b)
    return larger * op("sqrt", 1.0 + op("square", divide_no_nan(smaller, larger)))


def heaviside(x1: Expression, x2: Expression) -> Expression:
    """0 below 0, 1 above, x2 at 0."""
    return op("where", x1 < 0.0, 0.0, op("where", x1 > 0.0, 1.0, x2))


def logaddexp2(x1: Expression, x2: Expression) -> Expression:
    """log2(2**x1 + 2**x2)."""
    ln2 = math.log(2.0)
    return op("maximum", x1, x2) + op("log1p", op("exp", -op("abs", x1 - x2) * ln2)) / ln2


def ldexp(x1: Expression, x2: Expression) -> Expression:
    """x1 * 2**x2."""
    return x1 * 2.0**x2


def xlogy(x: Expression, y: Expression) -> Expression:
    """x * log(y), 0 where x is 0."""
    zero = op("equal", x, 0.0)
    return op("where", zero, 0.0, x * op("log", op("where", zero, 1.0, y)))


def divide_no_nan(x1: Expression, x2: Expression) -> Expression:
    """x1 / x2, 0 where x2 is 0."""
    zero = op("equal", x2, 0.0)
    return op("where", zero, 0.0, x1 / op("where", zero, 1.0, x2))


def floor_divide(x1: Expression, x2: Expression) -> Expression:
    """floor(x1 / x2)."""
    return op("floor", x1 / x2)


def mod(x1: Expression, x2: Expression) -> Expression:
    """The rest of the division, with the sign of x2."""
    return x1 - x2 * op("floor", x1 / x2)


def fmod(x1: Expression, x2: Expression) -> Expression:
    """The rest of the division, with the sign of x1."""
    return op("sign", x1) * mod(op("abs", x1), op("abs", x2))


def isclose(
    x1: Expression,
    x2: Expression,
    rtol: Expression | float = 1e-5,
    atol: Expression | float = 1e-8,
) -> Expression:
    """|x1 - x2| <= atol + rtol * |x2|."""
    return op("abs", x1 - x2) <= rtol * op("abs", x2) + atol


def logical_xor(x1: Expression, x2: Expression) -> Expression:
    """Exactly one of them."""
    return op("logical_and", op("logical_or", x1, x2), op("logical_not", op("logical_and", x1, x2)))


def select(condlist: Bound, choicelist: Bound, default: Expression | float = 0.0) -> Expression:
    """The first choice whose condition holds: nested `where`s."""
    if not isinstance(condlist, tuple) or not isinstance(choicelist, tuple) or len(condlist) != len(choicelist):
        raise OperationError("expected a list of conditions and a list of as many choices; ops.where is simpler.")
    anchor = next((c for c in condlist if isinstance(c, Expression)), None)
    if anchor is None:
        raise OperationError("expected a list of conditions, which comparisons give.")
    result = tensor(anchor.builder, default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = op("where", tensor(anchor.builder, condition), tensor(anchor.builder, choice), result)
    return result


FUNCTIONS: Mapping[str, Callable[..., Bound]] = {
    "clip": clip,
    "positive": positive,
    "conj": positive,
    "conjugate": positive,
    "real": positive,
    "log2": log2,
    "log10": log10,
    "exp2": exp2,
    "cbrt": cbrt,
    "deg2rad": deg2rad,
    "rad2deg": rad2deg,
    "sinc": sinc,
    "hypot": hypot,
    "heaviside": heaviside,
    "logaddexp2": logaddexp2,
    "ldexp": ldexp,
    "xlogy": xlogy,
    "divide_no_nan": divide_no_nan,
    "floor_divide": floor_divide,
    "mod": mod,
    "fmod": fmod,
    "isclose": isclose,
    "logical_xor": logical_xor,
    "select": select,
}
