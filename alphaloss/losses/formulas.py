"""How the operations are written as mathematics: functions from sympy expressions to a sympy expression.

`sp` is sympy itself, handed in because its import takes a second that only readers of formulas should pay. `along` is
the letter and the length of the axis that an operation works along: k for the last one, j for the one before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alphaloss.losses.shapes import Static

Formula = Callable[..., Any]


def named(name: str) -> Formula:
    """An undefined function, for what has no elementary spelling."""

    def apply(sp: Any, *args: Any, **static: Static) -> Any:
        return sp.Function(rf"\operatorname{{{name}}}", real=True)(*args)

    return apply


def of(name: str) -> Formula:
    """A function that sympy knows by this name."""

    def apply(sp: Any, *args: Any) -> Any:
        return getattr(sp, name)(*args)

    return apply


def over(name: str) -> Formula:
    """A function of all values along an axis, with its letter below."""

    def apply(sp: Any, x: Any, along: Any, **static: Static) -> Any:
        return sp.Function(rf"\operatorname{{{name}}}_{{{along[0]}}}", real=True)(x)

    return apply


def constant(sp: Any, value: float, name: str | None) -> Any:
    """A number, or the letter that stands for it."""
    if name:
        return sp.Symbol(name, real=True)
    return sp.Integer(value) if value.is_integer() else sp.Float(repr(value))


def class_count(sp: Any) -> Any:
    """K."""
    return sp.Symbol("K", integer=True, positive=True)


def class_index(sp: Any) -> Any:
    """The class itself."""
    return sp.Symbol("k", integer=True)


def relation(symbol: str) -> Formula:
    """A comparison."""
    return lambda sp, a, b: sp.Rel(a, b, symbol)


def choice(sp: Any, condition: Any, a: Any, b: Any) -> Any:
    """One of two cases."""
    return sp.Piecewise((a, condition), (b, True))


def total(sp: Any, x: Any, along: Any) -> Any:
    """The sum over an axis."""
    with sp.evaluate(True):  # unevaluated, a sum is shown with a factor 1
        return sp.Sum(x, (along[0], 1, along[1]))


def product(sp: Any, x: Any, along: Any) -> Any:
    """The product over an axis."""
    with sp.evaluate(True):
        return sp.Product(x, (along[0], 1, along[1]))


def mean(sp: Any, x: Any, along: Any) -> Any:
    """The mean over an axis."""
    return total(sp, x, along) / along[1]


def logsumexp(sp: Any, x: Any, along: Any) -> Any:
    """The logarithm of a sum of exponentials."""
    return sp.log(total(sp, sp.exp(x), along))


def norm(sp: Any, x: Any, along: Any) -> Any:
    """The Euclidean norm."""
    return sp.sqrt(total(sp, x**2, along))


def log_softmax(sp: Any, x: Any, along: Any) -> Any:
    """The logarithm of the softmax."""
    return sp.log(over("softmax")(sp, x, along))


def at(sp: Any, x: Any, at: int) -> Any:
    """The value of one class; the last one is K."""
    place = str(at + 1) if at >= 0 else f"K{at + 1}" if at < -1 else "K"
    return sp.Function(rf"\operatorname{{at}}_{{{place}}}", real=True)(x)


def part(sp: Any, x: Any, start: int, stop: int | None) -> Any:
    """The values of a few neighbouring classes."""
    last = "K" if stop is None else str(stop)
    first = str(start + 1) if start >= 0 else f"K{start + 1}" if start < -1 else "K"
    return sp.Function(rf"\operatorname{{part}}_{{{first}..{last}}}", real=True)(x)


def highest(name: str) -> Formula:
    """The k largest."""

    def apply(sp: Any, x: Any, k: int) -> Any:
        return sp.Function(rf"\operatorname{{{name}}}_{{{k}}}", real=True)(x)

    return apply


def same(sp: Any, x: Any, **static: Static) -> Any:
    """What changes the form only is not shown."""
    return x
