r"""A loss as one line of mathematics, for people to read; nothing is computed from it.

y_k is the label, z_k the logit and p_k the probability of class k; K is the number of classes. A loss of values has
outputs instead: \hat{y}_k is the prediction and K their number. A value of two classes has the letters j and k.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from alphaloss.losses import formulas
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.types import DType, Target, Type

_SYMBOLS: Mapping[Target, Mapping[str, str]] = {
    "classes": {"y_true": "y_k", "y_pred": "z_k", "class_prior": r"\pi_k"},
    "values": {"y_true": "y_k", "y_pred": r"\hat{y}_k"},
}

_SHORT = 6  # nodes that are written again instead of being given a letter
_LONG = 40  # nodes that get a letter even if they are used once: sympy prints by recursion


def expression(graph: LossGraph) -> tuple[sympy.Expr, dict[sympy.Symbol, sympy.Expr]]:
    """The loss of one sample as a sympy expression.

    Returns:
        The expression, and the definitions of the letters in it: what is long, or used more than once and not short.
        Written out, a loss of forty operations can fill a book.
    """
    uses = Counter(arg for node in graph.nodes for arg in node.args)
    definitions: dict[sympy.Symbol, sympy.Expr] = {}
    symbols = _SYMBOLS[graph.target]
    values: list[Any] = [sympy.Symbol(symbols[name], real=True) for name in graph.inputs]
    name = next(letter for letter in ("t", "u", "v", r"\tau") if not any(n.startswith(letter) for n in graph.constants))
    lengths = [1] * len(values)
    p = sympy.Symbol("p_k", positive=True)
    logits = graph.inputs.index("y_pred")
    for value, node in enumerate(graph.nodes, start=len(values)):
        length = 1 + sum(lengths[a] for a in node.args)
        if node.op == "softmax" and node.args == (logits,):
            values.append(p)
        elif node.op == "log_softmax" and node.args == (logits,):
            values.append(sympy.log(p))
        else:
            # Unevaluated, so that the line shows the loss as it is written.
            with sympy.evaluate(False):
                values.append(_formula(graph, node, value, [values[a] for a in node.args]))
        if value != graph.output and (length > _LONG or (length > _SHORT and uses[value] > 1)):
            letters = _letters(graph.types[value])
            letter = sympy.Symbol(f"{name}_{{{', '.join([str(len(definitions) + 1), *letters])}}}", real=True)
            definitions[letter] = values[-1]
            values[-1], length = letter, 1
        lengths.append(length)
    return values[graph.output], definitions


def _formula(graph: LossGraph, node: Node, value: int, args: list[Any]) -> Any:
    """One operation. The last class axis of a value has the letter k, the one before it the letter j."""
    fixed: dict[str, Any] = {name: value for name, value in node.static.items() if name not in ("axis", "keepdims")}
    axis: Any = node.static.get("axis")
    dims = graph.types[node.args[0]].dims if node.args else ()
    if node.op == "cast":
        return _cast(args[0], graph.types[node.args[0]].dtype, graph.types[value].dtype)
    if node.op == "swapaxes":
        return _relettered(args[0], {"k": "j", "j": "k"})
    if node.op == "expand_dims" and axis in (-1, len(dims)):
        return _relettered(args[0], {"k": "j"})
    if axis is not None and node.op not in ("expand_dims", "squeeze"):
        letter = sympy.Symbol("k" if axis in (-1, len(dims) - 1) else "j", integer=True)
        length = dims[axis]
        fixed["along"] = (letter, length if isinstance(length, int) else formulas.class_count(sympy))
    result = node.operation.sympy(sympy, *_in_order(graph, node, args), **fixed)
    if node.op == "where" or graph.types[value].dtype == "bool":
        result = _as_written(result, brackets=node.op in ("logical_and", "logical_or"))
    last_goes = len(graph.types[value].dims) < len(dims) and axis in (None, -1, len(dims) - 1)
    return _relettered(result, {"k": "j", "j": "k"}) if last_goes and _letters(graph.types[value]) else result


def _in_order(graph: LossGraph, node: Node, args: list[Any]) -> list[Any]:
    """As people write it: numbers first in a product and last in a sum, then a minus sign before other factors."""
    if node.op in ("subtract", "negative"):
        return [*args[:-1], _after_a_sign(args[-1])]
    if node.op not in ("add", "multiply"):
        return args
    product = node.op == "multiply"

    def place(position: int) -> tuple[bool, bool]:
        value = node.args[position]
        factor = graph.node(value)
        number = not graph.types[value].dims
        return number != product, product and (factor is None or factor.op != "negative")

    first, second = sorted(range(len(args)), key=place)
    return [args[first], _after_a_sign(args[second]) if product else args[second]]


def _after_a_sign(x: Any) -> Any:
    """In brackets if it begins with a minus: sympy forgets them around products that are not evaluated."""
    return _as_written(x, brackets=True) if _latex(x).startswith("-") else x


def _cast(x: Any, old: DType, new: DType) -> Any:
    if old == "bool":
        return sympy.Function(r"\mathbb{1}", real=True)(x)
    if new == "bool":
        return _as_written(sympy.Ne(x, 0))
    return sympy.Function(r"\operatorname{trunc}", real=True)(x) if new == "int" else x


def _as_written(x: Any, brackets: bool = False) -> Any:
    """A letter that is written as the formula is: sympy simplifies cases and conditions, which can take minutes."""
    code = _latex(x)
    return sympy.Symbol(rf"{{\left({code}\right)}}" if brackets else f"{{{code}}}", real=True)


def _letters(t: Type) -> list[str]:
    """The letters of the axes along which a value differs."""
    axes = t.dims[1:] if "batch" in t.dims else t.dims
    return [letter for letter, dim in zip("jk"[-len(axes) :] if axes else "", axes, strict=True) if dim != 1]


def _relettered(x: Any, letters: Mapping[str, str]) -> Any:
    """The same formula of other axes: z_k becomes z_j."""

    def other(name: str) -> str:
        return re.sub(r"(?:(?<=[_{ ])|^)[jk](?=[,}=]|$)", lambda found: letters.get(found[0], found[0]), name)

    if isinstance(x, sympy.Symbol):
        return sympy.Symbol(other(x.name), **x.assumptions0)
    if not x.args:
        return x
    args = [_relettered(a, letters) for a in x.args]
    if isinstance(x, AppliedUndef):
        return sympy.Function(other(x.func.__name__), real=True)(*args)
    with sympy.evaluate(isinstance(x, sympy.Sum | sympy.Product)):  # unevaluated, a sum is shown with a factor 1
        return x.func(*args)


def latex(graph: LossGraph) -> str:
    """One line of LaTeX without delimiters; shared parts follow as definitions."""
    loss, definitions = expression(graph)
    parts = [_latex(loss), *(f"{_latex(letter)} = {_latex(value)}" for letter, value in definitions.items())]
    return r" \quad ".join(parts)


def _latex(value: sympy.Expr) -> str:
    return str(sympy.latex(value, order="none"))
