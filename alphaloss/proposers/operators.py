"""The variation operators of the offline proposer.

Small ones change a constant or an operation; idea-sized ones change what a loss does as a whole: how confident
predictions are tempered, whether the loss is bounded, which samples count. All are general: they work on any loss and
contain no formula of the zoo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.proposers.surgery import Change, Surgeon, computed, floats

T = TypeVar("T")
Mutation = Callable[[LossGraph, np.random.Generator], LossGraph]
Crossover = Callable[[LossGraph, LossGraph, np.random.Generator], LossGraph]

_FUNCTIONS = ("exp", "expm1", "log1p", "sqrt", "square", "abs", "tanh", "softplus", "sin")
_ARITHMETIC = ("add", "subtract", "multiply", "divide", "minimum", "maximum")


class NotApplicableError(Exception):
    """The operator has nothing to work on in this graph."""


# --- small ---------------------------------------------------------------------------------------------------------


def jitter(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Scales one constant by a random factor."""
    value = _pick([v for v, node in _nodes(graph) if node.op == "constant"], rng)
    static = _node(graph, value).static
    scaled = _three_digits(float(static["value"]) * np.exp(rng.normal(0.0, 0.5)))  # type: ignore[arg-type]
    name = static["name"]
    return _changed(graph, value, lambda b, _, __: b.constant(scaled, name if isinstance(name, str) else None))


def insert_constant(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Multiplies or shifts one computed value by a number."""
    op, c = _pick(["multiply", "add"], rng), _number(rng, 0.05, 5.0)
    return _changed(graph, _pick(floats(graph), rng), lambda b, v, _: b.add(op, v, b.constant(c)))


def wrap(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Applies a function to one computed value."""
    op = _pick(list(_FUNCTIONS), rng)
    return _changed(graph, _pick(floats(graph), rng), lambda b, v, _: b.add(op, v))


def swap(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces one operation by another of the same form."""
    forms = [(v, form) for v, node in _nodes(graph) for form in (_FUNCTIONS, _ARITHMETIC) if node.op in form]
    value, form = _pick(forms, rng)
    replaced, args = _node(graph, value).op, _node(graph, value).args
    op = _pick([other for other in form if other != replaced], rng)
    return _changed(graph, value, lambda b, _, copies: b.add(op, *(copies[a] for a in args)))


def delete(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces an operation by one of its own arguments."""
    types = graph.types
    value, kept = _pick([(v, a) for v in computed(graph) for a in _node(graph, v).args if types[a] == types[v]], rng)
    return _changed(graph, value, lambda _, __, copies: copies[kept])


# --- idea-sized ----------------------------------------------------------------------------------------------------


def temper(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Scales the logits: confidence grows faster or slower."""
    c = _number(rng, 0.25, 4.0)
    return _changed(graph, graph.inputs.index("y_pred"), lambda b, z, _: b.add("multiply", z, b.constant(c)))


def smooth(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Moves a share of the label to all classes."""
    share = round(_number(rng, 0.02, 0.4), 3)
    kept = _three_digits(1.0 - share)

    def change(b: GraphBuilder, y: int, _: Mapping[int, int]) -> int:
        rest = b.add("divide", b.constant(share), b.class_count())
        return b.add("add", b.add("multiply", y, b.constant(kept)), rest)

    return _changed(graph, graph.inputs.index("y_true"), change)


def power(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Raises a probability, or another value that cannot be negative, to a power."""
    positive = [v for v, node in _nodes(graph) if node.op in ("softmax", "exp", "sigmoid", "softplus")]
    positive += [v for v, node in _nodes(graph) if node.op == "sum" and _product_with(graph, node, positive)]
    exponent = _number(rng, 0.1, 3.0)
    return _changed(graph, _pick(positive, rng), lambda b, v, _: b.add("power", v, b.constant(exponent)))


def bound(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Lets the loss of hopeless samples level off, gently or at a hard limit."""
    c = _number(rng, 0.2, 5.0)

    def ratio(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        return b.add("divide", v, b.add("add", b.add("abs", v), b.constant(c)))

    def saturation(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        return b.add("negative", b.add("expm1", b.add("multiply", v, b.constant(-c))))

    def logarithm(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        return b.add("log1p", b.add("abs", b.add("multiply", v, b.constant(c))))

    def limit(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        return b.add("minimum", v, b.constant(c))

    def slope(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        return b.add("tanh", b.add("multiply", v, b.constant(c)))

    return _changed(graph, graph.output, _pick([ratio, saturation, logarithm, limit, slope], rng))


def reweight(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Weights each sample by a power of its probability of being right, or of being wrong."""
    exponent, wrong, frozen = _number(rng, 0.25, 3.0), rng.random() < 0.5, rng.random() < 0.5

    def change(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        p = b.add("softmax", b.input("y_pred"), axis=-1)
        weight = b.add("sum", b.add("multiply", b.input("y_true"), p), axis=-1)
        if wrong:
            # The small number keeps the power's gradient finite where the prediction is certain.
            weight = b.add("subtract", b.constant(1.001), weight)
        else:
            weight = b.add("add", weight, b.constant(0.001))
        if frozen:
            weight = b.add("stop_gradient", weight)
        return b.add("multiply", v, b.add("power", weight, b.constant(exponent)))

    return _changed(graph, graph.output, change)


# --- two parents ---------------------------------------------------------------------------------------------------


def mix(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> LossGraph:
    """A weighted sum of two losses."""
    surgeon = Surgeon(first, second)
    b = surgeon.builder
    share = _three_digits(rng.uniform(0.1, 0.9))
    one = b.add("multiply", surgeon.copy(first)[first.output], b.constant(share))
    other = b.add("multiply", surgeon.copy(second)[second.output], b.constant(_three_digits(1.0 - share)))
    return b.graph(b.add("add", one, other))


def graft(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces a computed value of the first loss by one of the same type from the second."""
    pairs = [(v, w) for v in floats(first) for w in floats(second) if first.types[v] == second.types[w]]
    value, donor = _pick(pairs, rng)
    surgeon = Surgeon(first, second)
    donated = surgeon.copy(second)[donor]
    copies = surgeon.copy(first, {value: lambda _, __, ___: donated})
    return surgeon.builder.graph(copies[first.output])


SMALL: dict[str, Mutation] = {
    "jitter": jitter,
    "insert-constant": insert_constant,
    "wrap": wrap,
    "swap": swap,
    "delete": delete,
}
IDEAS: dict[str, Mutation] = {
    "temper": temper,
    "smooth": smooth,
    "power": power,
    "bound": bound,
    "reweight": reweight,
}
CROSSOVERS: dict[str, Crossover] = {"mix": mix, "graft": graft}


def _pick(choices: list[T], rng: np.random.Generator) -> T:
    if not choices:
        raise NotApplicableError
    return choices[rng.integers(len(choices))]


def _number(rng: np.random.Generator, low: float, high: float) -> float:
    """Log-uniform in [low, high]."""
    return _three_digits(float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def _three_digits(value: float) -> float:
    """Enough for a search, and readable in the printed loss."""
    return float(f"{value:.3g}")


def _nodes(graph: LossGraph) -> list[tuple[int, Node]]:
    return list(enumerate(graph.nodes, start=len(graph.inputs)))


def _node(graph: LossGraph, value: int) -> Node:
    return graph.nodes[value - len(graph.inputs)]


def _product_with(graph: LossGraph, total: Node, factors: list[int]) -> bool:
    """Whether a sum is over a product of labels with one of `factors`."""
    node = graph.node(total.args[0])
    return node is not None and node.op == "multiply" and 0 in node.args and any(a in factors for a in node.args)


def _changed(graph: LossGraph, value: int, change: Change) -> LossGraph:
    surgeon = Surgeon(graph)
    copies = surgeon.copy(graph, {value: change})
    return surgeon.builder.graph(copies[graph.output])
