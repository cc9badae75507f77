"""Small operators: they change a constant or an operation, and leave the rest of a loss as it is."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import SCALAR
from alphaloss.proposers.draws import NotApplicableError, number, pick, three_digits
from alphaloss.proposers.ranges import Range, ranges
from alphaloss.proposers.surgery import (
    Y_PRED,
    Y_TRUE,
    below,
    changed,
    computed,
    constants,
    floats,
    nodes,
    replaced,
    shell,
)

Mutation = Callable[[LossGraph, np.random.Generator], LossGraph]

_LARGEST_EXPONENT = 20.0  # e**20 still leaves float32 room for products and powers
_EVERYWHERE = ("abs", "square", "tanh", "arctan", "softplus", "sigmoid", "relu", "erf", "arcsinh", "sin", "cos")
_WHERE = {
    "exp": Range(-math.inf, _LARGEST_EXPONENT),
    "expm1": Range(-math.inf, _LARGEST_EXPONENT),
    "log1p": Range(0.0, math.inf),
    "log": Range(1e-6, math.inf),
    "sqrt": Range(1e-6, math.inf),
    "reciprocal": Range(1e-3, math.inf),
}
"""The functions that are finite, with their slopes, in a range only."""
_FORMS = (
    ("add", "subtract", "multiply", "divide", "minimum", "maximum"),
    ("sum", "mean", "max", "min", "logsumexp", "norm", "std"),
    ("softmax", "log_softmax", "sort"),
)
"""Operations that take and give the same types, and may stand for each other."""


def jitter(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Scales one constant by a random factor."""
    value, old = pick(list(constants(graph).items()), rng)
    return with_constants(graph, {value: three_digits(old * math.exp(rng.normal(0.0, 0.5)))})


def insert_constant(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Multiplies or shifts one value by a number; not where that would only scale or shift the loss."""
    outer = shell(graph)
    value = pick([v for v in (Y_PRED, *floats(graph)) if v not in outer], rng)
    op, c = pick(["multiply", "add"], rng), number(rng, 0.05, 5.0)
    sign = -1.0 if op == "add" and rng.random() < 0.5 else 1.0
    return changed(graph, {value: lambda b, v, _: b.add(op, v, b.constant(sign * c))})


def drop_constant(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces an operation with a number by its other argument."""
    types = graph.types
    choices = [
        (v, a)
        for v, node in nodes(graph)
        for a in node.args
        if len(node.args) == 2 and types[a] == types[v] and all(types[b] == SCALAR for b in node.args if b != a)
    ]
    return replaced(graph, *pick([(v, a) for v, a in choices if types[v].dims], rng))


def tie_constants(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Gives one constant the number of another, and its name."""
    numbers = constants(graph)
    value, other = pick([(v, w) for v in numbers for w in numbers if v != w], rng)
    node = graph.nodes[other - len(graph.inputs)]
    name = node.static["name"]
    return changed(graph, {value: lambda b, _, __: b.constant(numbers[other], name if isinstance(name, str) else None)})


def wrap(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Applies a function to one computed value, in whose range it is finite."""
    value = pick(floats(graph), rng)
    op = pick(_functions(ranges(graph)[value]), rng)
    return changed(graph, {value: lambda b, v, _: b.add(op, v)})


def swap(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces one operation by another of the same form."""
    known = ranges(graph)
    choices: list[tuple[int, str]] = []
    for value, node in nodes(graph):
        others = [op for form in _FORMS if node.op in form for op in form]
        if node.op in _EVERYWHERE or node.op in _WHERE:
            others = _functions(known[node.args[0]])
        choices += [(value, op) for op in others if op != node.op]
    value, op = pick(choices, rng)
    node = graph.nodes[value - len(graph.inputs)]
    return changed(graph, {value: lambda b, _, copies: b.add(op, *(copies[a] for a in node.args), **node.kwargs)})


def replace(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces a value by another of the same type, which the graph has already, or by a number."""
    value = pick(floats(graph), rng)
    types, used = graph.types, set(below(graph, graph.output))
    others = [v for v in sorted({*used, Y_TRUE, Y_PRED}) if types[v] == types[value] and v < value]
    if value != graph.output and rng.random() < 0.25:
        c = number(rng, 0.05, 5.0)
        return changed(graph, {value: lambda b, _, __: b.constant(c)})
    return replaced(graph, value, pick(others, rng))


def hoist(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces a value by one of those that it is computed from, of the same type: what lies between is gone."""
    types = graph.types
    return replaced(graph, *pick([(v, w) for v in floats(graph) for w in below(graph, v) if types[w] == types[v]], rng))


def delete(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces an operation by one of its own arguments."""
    types = graph.types
    choices = [(v, a) for v in computed(graph) for a in graph.nodes[v - len(graph.inputs)].args]
    return replaced(graph, *pick([(v, a) for v, a in choices if types[a] == types[v]], rng))


def with_constants(graph: LossGraph, numbers: dict[int, float]) -> LossGraph:
    """The graph with other numbers in some of its constants, which keep their names."""

    def change(value: int) -> Callable[[GraphBuilder, int, object], int]:
        name = graph.nodes[value - len(graph.inputs)].static["name"]
        return lambda b, _, __: b.constant(numbers[value], name if isinstance(name, str) else None)

    if any(not math.isfinite(n) for n in numbers.values()):
        raise NotApplicableError
    return changed(graph, {value: change(value) for value in numbers})


SMALL: dict[str, Mutation] = {
    "jitter": jitter,
    "insert-constant": insert_constant,
    "drop-constant": drop_constant,
    "tie-constants": tie_constants,
    "wrap": wrap,
    "swap": swap,
    "replace": replace,
    "hoist": hoist,
    "delete": delete,
}
SHRINKING = frozenset(("drop-constant", "hoist", "delete"))
"""What makes a loss smaller."""


def _functions(reach: Range) -> list[str]:
    return [*_EVERYWHERE, *(op for op, r in _WHERE.items() if r.low <= reach.low and reach.high <= r.high)]
