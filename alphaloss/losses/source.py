"""A graph as a candidate file: the Python that is shown, exported and run. `trace(print_source(g)) == g`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from alphaloss.losses.class_count import is_plain
from alphaloss.losses.graph import RESERVED, LossGraph, Node
from alphaloss.losses.operations import POWER, PRODUCT, RELATION, SIGN
from alphaloss.losses.shapes import Static

_ATOM = 9
_NUMBER = re.compile(r"-?[\d.]+(e-?\d+)?")
_SIMPLE = re.compile(r"-?[\w.]+")  # a power of such operands is written without spaces
_LONGEST_EXPRESSION = 88
_TELLING_NAMES = {
    "softmax(y_pred, axis=-1)": "p",
    "log_softmax(y_pred, axis=-1)": "log_p",
    "sum(y_true * p, axis=-1)": "p_true",
    "sum(y_true * p, axis=-1, keepdims=True)": "p_true",
    "sum(y_true * log_p, axis=-1)": "log_p_true",
    "-ops.sum(y_true * log_p, axis=-1)": "cross_entropy",
    "y_pred.shape[-1]": "classes",
    "cast(y_pred.shape[-1], y_pred.dtype)": "classes",
}
"""What an expression is called when it needs a name; everything else is called t1, t2, ..."""


_DTYPES = {"float": "y_pred.dtype", "bool": '"bool"', "int": '"int32"'}
_SPELT: dict[str, Callable[..., str]] = {
    "class_index": lambda: "ops.arange(y_pred.shape[-1])",
    "index": lambda x, at: f"{x}[..., {at}]",
    "slice": lambda x, start, stop: f"{x}[..., {start or ''}:{'' if stop is None else stop}]",
    "top_k": lambda x, k: f"ops.top_k({x}, {k})[0]",
    "top_k_indices": lambda x, k: f"ops.top_k({x}, {k})[1]",
    "one_hot": lambda x: f"ops.one_hot({x}, y_pred.shape[-1], dtype=y_pred.dtype)",
    "swapaxes": lambda x: f"ops.swapaxes({x}, -1, -2)",
    "cast": lambda x, dtype: f"ops.cast({x}, {_DTYPES[dtype]})",
}
"""What is not written as a call of the operation by its name."""


class _Text(NamedTuple):
    code: str
    level: int  # binding strength of its outermost operator
    is_number: bool = False  # a literal, a named constant, or what is made of them and the class count


class _Printer:
    """Turns values into expressions, and into assignments where one is used twice or grows too long."""

    def __init__(self, graph: LossGraph) -> None:
        self.graph = graph
        self.plain_count = is_plain(graph)
        self.lines: list[str] = []
        self.taken = set(RESERVED) | set(graph.constants)
        self.uses = [0] * len(graph.types)
        for node in graph.nodes:
            for arg in node.args:
                self.uses[arg] += 1

    def run(self) -> list[str]:
        texts = [_Text(name, _ATOM) for name in self.graph.inputs]
        for value, node in enumerate(self.graph.nodes, start=len(texts)):
            text = self._expression(node, [texts[a] for a in node.args])
            if value != self.graph.output and self._needs_name(value, node, text):
                text = self._assign(text)
            texts.append(text._replace(is_number=not self.graph.types[value].dims))
        return [*self.lines, f"return {texts[self.graph.output].code}"]

    def _needs_name(self, value: int, node: Node, text: _Text) -> bool:
        if node.op == "constant":
            return False
        return self.uses[value] > 1 or text.code.removeprefix("ops.") in _TELLING_NAMES

    def _assign(self, text: _Text) -> _Text:
        wanted = _TELLING_NAMES.get(text.code.removeprefix("ops."))
        name, count = wanted or "t1", 1
        while name in self.taken:
            count += 1
            name = f"{wanted or 't'}{count}"
        self.taken.add(name)
        self.lines.append(f"{name} = {text.code}")
        return _Text(name, _ATOM, text.is_number)

    def _expression(self, node: Node, args: list[_Text]) -> _Text:
        """The node written out; where that is too long, its longest arguments get names."""
        text = self._written(node, args)
        while len(text.code) > _LONGEST_EXPRESSION and text.level != SIGN and args:  # a sign is no reason
            longest = max(range(len(args)), key=lambda i: len(args[i].code))
            if _SIMPLE.fullmatch(args[longest].code):
                break
            named = self._assign(args[longest])
            args = [named if a == args[longest] else a for a in args]
            text = self._written(node, args)
        return text

    def _written(self, node: Node, args: list[_Text]) -> _Text:
        if node.op == "constant":
            return _constant(node.static["value"], node.static["name"])
        if node.op == "class_count":
            return _Text("y_pred.shape[-1]" if self.plain_count else "ops.cast(y_pred.shape[-1], y_pred.dtype)", _ATOM)
        infix = node.operation.source
        if node.operation.commutative:
            args = _factors(*args) if node.op == "multiply" else sorted(args, key=_length)
        if infix is None:
            return _Text(_call(node, args), _ATOM)
        if node.operation.arity == 1:
            # -x**y is right without brackets, but few readers are sure of it.
            operand = _within(args[0], SIGN) if args[0].level != POWER else f"({args[0].code})"
            return _Text(f"{infix.symbol}{operand}", SIGN)
        # Operators bind to the left, the power to the right; an equal level on the other side needs brackets.
        left = _within(args[0], infix.level + (infix.level in (RELATION, POWER)))
        right = _within(args[1], infix.level + 1)
        if infix.level == POWER:
            right = args[1].code if args[1].level == SIGN and _SIMPLE.fullmatch(args[1].code) else right
            if _SIMPLE.fullmatch(left) and _SIMPLE.fullmatch(right):
                return _Text(f"{left}**{right}", POWER)
        return _Text(f"{left} {infix.symbol} {right}", infix.level)


def print_source(graph: LossGraph) -> str:
    """The graph as a Python module that defines `loss(y_true, y_pred)`, in canonical form."""
    return f"from keras import ops\n\n\n{print_function(graph)}"


def print_function(graph: LossGraph, scale: float = 1.0) -> str:
    """The `def` statement alone; `scale` multiplies the result."""
    keywords = [*graph.inputs[2:]] + [f"{n}={v!r}" for n, v in sorted(graph.constants.items())]
    parameters = ", ".join(["y_true", "y_pred", *(["*", *keywords] if keywords else [])])
    lines = _Printer(graph).run()
    if scale != 1.0:
        result = lines[-1].removeprefix("return ")
        lines[-1:] = [f"value = {result}", f"return {scale!r} * value"]
    return f"def loss({parameters}):\n" + "".join(f"    {line}\n" for line in lines)


def _constant(value: Static, name: Static) -> _Text:
    if isinstance(name, str):
        return _Text(name, _ATOM)
    code = repr(value)
    return _Text(code, SIGN if code.startswith("-") else _ATOM)


def _call(node: Node, args: list[_Text]) -> str:
    parts = [text.code for text in args]
    if node.op in _SPELT:
        # Only what is indexed stands outside brackets.
        return _SPELT[node.op](*([_within(args[0], _ATOM)] if node.op in ("index", "slice") else parts), **node.static)
    for param in node.operation.statics:
        value = node.static[param.name]
        if value != param.default or param.name == "axis":
            parts.append(f"{param.name}={value!r}")
    return f"ops.{node.op}({', '.join(parts)})"


def _within(text: _Text, level: int) -> str:
    return text.code if text.level >= level else f"({text.code})"


# People write 2 * x and x + 2, a minus sign first, and the longer term last. The canonical form does not see the order.
def _factors(a: _Text, b: _Text) -> list[_Text]:
    """In the order of a product; a number that is not plain follows another product, which then needs no brackets."""

    def place(text: _Text, other: _Text) -> int:
        if _NUMBER.fullmatch(text.code):
            return 0
        if text.is_number and other.level != PRODUCT:
            return 1
        return 2 if text.level == SIGN else 3

    return [b, a] if place(b, a) < place(a, b) else [a, b]


def _length(text: _Text) -> tuple[bool, int]:
    """The place in a sum: numbers last."""
    return text.is_number, len(text.code)
