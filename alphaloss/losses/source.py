"""A graph as a candidate file: the Python that is shown, exported and run. `trace(print_source(g)) == g`."""

from __future__ import annotations

import re
from typing import NamedTuple

from alphaloss.losses.graph import RESERVED, LossGraph, Node
from alphaloss.losses.operations import POWER, SIGN
from alphaloss.losses.shapes import Static

_ATOM = 9
_NUMBER = re.compile(r"-?[\d.]+(e-?\d+)?")
_SIMPLE = re.compile(r"-?[\w.]+")  # a power of such operands is written without spaces
_LONGEST_EXPRESSION = 64
_TELLING_NAMES = {
    "softmax(y_pred, axis=-1)": "p",
    "log_softmax(y_pred, axis=-1)": "log_p",
    "sum(y_true * p, axis=-1)": "p_true",
    "sum(y_true * p, axis=-1, keepdims=True)": "p_true",
    "sum(y_true * log_p, axis=-1)": "log_p_true",
    "-ops.sum(y_true * log_p, axis=-1)": "cross_entropy",
    "cast(y_pred.shape[-1], y_pred.dtype)": "classes",
}
"""What an expression is called when it needs a name; everything else is called t1, t2, ..."""


class _Text(NamedTuple):
    code: str
    level: int  # binding strength of its outermost operator


class _Printer:
    """Turns values into expressions, and into assignments where a value is used twice or grows too long."""

    def __init__(self, graph: LossGraph) -> None:
        self.graph = graph
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
                text = _Text(self._assign(text), _ATOM)
            texts.append(text)
        return [*self.lines, f"return {texts[self.graph.output].code}"]

    def _needs_name(self, value: int, node: Node, text: _Text) -> bool:
        if node.op == "constant":
            return False
        telling = text.code.removeprefix("ops.") in _TELLING_NAMES
        return self.uses[value] > 1 or telling or len(text.code) > _LONGEST_EXPRESSION

    def _assign(self, text: _Text) -> str:
        wanted = _TELLING_NAMES.get(text.code.removeprefix("ops."))
        name, count = wanted or "t1", 1
        while name in self.taken:
            count += 1
            name = f"{wanted or 't'}{count}"
        self.taken.add(name)
        self.lines.append(f"{name} = {text.code}")
        return name

    def _expression(self, node: Node, args: list[_Text]) -> _Text:
        if node.op == "constant":
            return _constant(node.static["value"], node.static["name"])
        if node.op == "class_count":
            return _Text("ops.cast(y_pred.shape[-1], y_pred.dtype)", _ATOM)
        infix = node.operation.source
        if infix is None:
            return _Text(_call(node, args), _ATOM)
        if node.op == "negative":
            # -x**y is right without brackets, but few readers are sure of it.
            return _Text(f"-{_within(args[0], SIGN) if args[0].level != POWER else f'({args[0].code})'}", SIGN)
        if node.operation.commutative:
            args = sorted(args, key=lambda text: _place(node.op, text))
        # Operators bind to the left, the power to the right; an equal level on the other side needs brackets.
        left = _within(args[0], infix.level + (infix.level in (0, POWER)))
        right = _within(args[1], infix.level + 1)
        if infix.level == POWER:
            right = args[1].code if args[1].level == SIGN and _SIMPLE.fullmatch(args[1].code) else right
            if _SIMPLE.fullmatch(left) and _SIMPLE.fullmatch(right):
                return _Text(f"{left}**{right}", POWER)
        return _Text(f"{left} {infix.symbol} {right}", infix.level)


def print_source(graph: LossGraph) -> str:
    """The graph as a Python module that defines `loss(y_true, y_pred)`, in canonical form."""
    return f"from keras import ops\n\n\n{print_function(graph)}"


def print_function(graph: LossGraph, name: str = "loss", docstring: str | None = None, scale: float = 1.0) -> str:
    """The `def` statement alone; `scale` multiplies the result."""
    keywords = [*graph.inputs[2:]] + [f"{n}={v!r}" for n, v in graph.constants.items()]
    parameters = ", ".join(["y_true", "y_pred", *(["*", *keywords] if keywords else [])])
    lines = _Printer(graph).run()
    if scale != 1.0:
        result = lines[-1].removeprefix("return ")
        lines[-1:] = [f"value = {result}", f"return {scale!r} * value"]
    if docstring:
        lines.insert(0, f'"""{docstring}"""')
    return f"def {name}({parameters}):\n" + "".join(f"    {line}\n" for line in lines)


def _constant(value: Static, name: Static) -> _Text:
    if isinstance(name, str):
        return _Text(name, _ATOM)
    code = repr(value)
    return _Text(code, SIGN if code.startswith("-") else _ATOM)


def _call(node: Node, args: list[_Text]) -> str:
    parts = [text.code for text in args]
    for param in node.operation.statics:
        value = node.static[param.name]
        if node.op == "cast":
            parts.append("y_pred.dtype" if value == "float" else '"bool"')
        elif value != param.default or param.name == "axis":
            parts.append(f"{param.name}={value!r}")
    return f"ops.{node.op}({', '.join(parts)})"


def _within(text: _Text, level: int) -> str:
    return text.code if text.level >= level else f"({text.code})"


def _place(op: str, text: _Text) -> int:
    """People write 2 * x and x + 2, and a minus sign first. The canonical form does not see the order."""
    if _NUMBER.fullmatch(text.code):
        return -2 if op == "multiply" else 2
    return -1 if text.level == SIGN and op == "multiply" else 0
