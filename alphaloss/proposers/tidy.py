"""Signs and factors of a loss in one place each: exact algebra that keeps what is printed short."""

from __future__ import annotations

import math

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.proposers.surgery import nodes

_EVEN = ("abs", "square", "cos")


def tidy(graph: LossGraph) -> LossGraph:
    """Drops double signs, gives a sign to what is beside it, and merges factors; named constants stay.

    Exact but for the rounding of what is computed, and never larger.
    """
    while (tidied := _rebuilt(graph)) != graph and tidied.size <= graph.size:
        graph = tidied
    return graph


def _rebuilt(graph: LossGraph) -> LossGraph:
    b = GraphBuilder(graph.inputs, target=graph.target)
    copies = {i: i for i in range(len(graph.inputs))}
    for value, node in nodes(graph):
        if node.op == "constant":
            static = node.static
            copies[value] = b.constant(float(static["value"]), static["name"])  # type: ignore[arg-type]
        else:
            copies[value] = _written(b, node, [copies[a] for a in node.args])
    return b.graph(copies[graph.output])


def _written(b: GraphBuilder, node: Node, args: list[int]) -> int:
    parts = [_part(b, a) for a in args]
    result: int | None = None
    if node.op in ("multiply", "divide"):
        result = _product(b, node, args)
    elif node.op in ("add", "subtract"):
        result = _sum(b, node, args)
    elif node.op == "negative":
        result = _scaled(b, args[0], -1.0)
    elif node.op in _EVEN and parts[0].op == "negative":
        result = b.add(node.op, parts[0].args[0])
    return b.add(node.op, *args, **node.kwargs) if result is None else result


def _product(b: GraphBuilder, node: Node, args: list[int]) -> int | None:
    """Two factors become one; a quotient stays one, unless there is a factor to merge it with."""
    number = _number(_part(b, args[1]))
    if not number or (node.op == "divide" and _factor(b, args[0])[0] == 1.0):
        return None
    return _scaled(b, args[0], number if node.op == "multiply" else 1.0 / number)


def _sum(b: GraphBuilder, node: Node, args: list[int]) -> int | None:
    """Multiples of the same value become one; what has a minus sign comes second; nothing is not added."""
    sign = 1.0 if node.op == "add" else -1.0
    (a, x), (c, y) = _factor(b, args[0]), _factor(b, args[1])
    if _number(_part(b, args[1])) == 0.0:
        return args[0]
    if _number(_part(b, args[0])) == 0.0:
        return _scaled(b, args[1], sign)
    if x == y and a + sign * c != 0.0:
        return _scaled(b, x, a + sign * c)
    if c < 0.0:
        return b.add("subtract" if sign > 0.0 else "add", args[0], _scaled(b, y, -c))
    if a < 0.0 and sign > 0.0:
        return b.add("subtract", args[1], _scaled(b, x, -a))
    return None


def _scaled(b: GraphBuilder, value: int, factor: float) -> int:
    """A value times a number."""
    own, inner = _factor(b, value)
    if inner == value and factor == -1.0:
        return b.add("negative", value)
    product = float(f"{own * factor:.12g}")  # without the last digits, which are rounding
    if not math.isfinite(product):
        return b.add("multiply", value, b.constant(factor))
    if product in (1.0, -1.0):
        return inner if product > 0.0 else b.add("negative", inner)
    return b.add("multiply", inner, b.constant(product))


def _factor(b: GraphBuilder, value: int) -> tuple[float, int]:
    """A value as a number times another: a sign and an unnamed constant are split off. Numbers stay whole."""
    node = _part(b, value)
    if not b.types[value].dims:
        return 1.0, value
    if node.op == "negative":
        factor, inner = _factor(b, node.args[0])
        return -factor, inner
    if node.op == "multiply" and (number := _number(_part(b, node.args[1]))) is not None:
        return number, node.args[0]
    return 1.0, value


def _part(b: GraphBuilder, value: int) -> Node:
    """The node that computes a value of the builder; for an input, one without an operation."""
    index = value - len(b.inputs)
    return b.nodes[index] if index >= 0 else Node(op="")


def _number(node: Node) -> float | None:
    """What a constant without a name is."""
    return float(node.static["value"]) if node.op == "constant" and node.static["name"] is None else None  # type: ignore[arg-type]
