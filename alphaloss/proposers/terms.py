"""Ideas about the value of a loss, or of a term in it: how far it may grow, and how much each sample counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import SAMPLES
from alphaloss.proposers.belief import log_right, needs_classes, right
from alphaloss.proposers.draws import number, pick, three_digits
from alphaloss.proposers.glance import strength
from alphaloss.proposers.ranges import Range, ranges
from alphaloss.proposers.surgery import Surgeon, changed, floats

Form = Callable[[GraphBuilder, int, float], int]
"""From a value and a number to a function of the value."""

_GUARD = 0.001  # keeps a power's gradient finite at 0


def power(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Raises a probability, or another value that cannot be negative, to a power."""
    known = ranges(graph)
    value = pick([v for v in floats(graph) if known[v].low >= 0.0], rng)
    exponent, node = number(rng, 0.1, 3.0), graph.node(value)

    def change(b: GraphBuilder, v: int, copies: Mapping[int, int]) -> int:
        if node is not None and node.op == "softmax":  # finite also where a probability is 0
            log_p = b.add("log_softmax", copies[node.args[0]], **node.kwargs)
            return b.add("exp", b.add("multiply", log_p, b.constant(exponent)))
        guarded = v if known[value].low > 0.0 or exponent > 1.0 else b.add("add", v, b.constant(_GUARD))
        return b.add("power", guarded, b.constant(exponent))

    return changed(graph, {value: change})


def bound(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Lets the loss, or a term that has no bound, level off or grow more slowly."""
    known = ranges(graph)
    choices = [v for v in floats(graph) if graph.types[v] == SAMPLES and not known[v].bounded]
    value = graph.output if not choices or rng.random() < 0.7 else pick(choices, rng)
    form, low, high = pick(_bounds(known[value]), rng)
    c = number(rng, low, high)
    return changed(graph, {value: lambda b, v, _: form(b, v, c)})


def add_bounded(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Adds to the loss a bounded form of itself: easy samples weigh more, and hopeless ones keep a pull."""
    surgeon = Surgeon(graph)
    b = surgeon.builder
    loss = surgeon.copy(graph)[graph.output]
    form, low, high = pick(_bounds(ranges(graph)[graph.output]), rng)
    bounded = form(b, loss, number(rng, low, high))
    weight = number(rng, 0.3, 10.0) * strength(graph) / strength(b.graph(bounded))
    return b.graph(b.add("add", loss, b.add("multiply", bounded, b.constant(three_digits(weight)))))


def fade(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Clips the gradient of hard samples: above a value of the loss it is divided by how far above."""
    c = number(rng, 0.3, 5.0)

    def change(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        over = b.add("maximum", b.add("divide", b.add("abs", v), b.constant(c)), b.constant(1.0))
        return b.add("divide", v, b.add("stop_gradient", over))

    return changed(graph, {graph.output: change})


def reweight(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Weights each sample by a power of how right its prediction is, or of how wrong; the weight may be frozen."""
    exponent, wrong, frozen = number(rng, 0.25, 3.0), rng.random() < 0.5, rng.random() < 0.5

    def change(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        if wrong:
            # The small number keeps the power's gradient finite where the prediction is certain.
            weight = b.add("power", b.add("subtract", b.constant(1.0 + _GUARD), right(b)), b.constant(exponent))
        else:
            weight = b.add("exp", b.add("multiply", log_right(b), b.constant(exponent)))
        return b.add("multiply", v, b.add("stop_gradient", weight) if frozen else weight)

    return changed(graph, {graph.output: change})


def gate(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Lets samples count less on one side of a threshold of how right they are; hard, or as a slope."""
    threshold, rest = number(rng, 0.02, 0.5), number(rng, 0.02, 0.5)
    easy, sloped = rng.random() < 0.6, rng.random() < 0.5

    def change(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        p, t = right(b), b.constant(threshold)
        if sloped:
            distance = b.add("subtract", p, t) if easy else b.add("subtract", t, p)
            on = b.add("sigmoid", b.add("multiply", distance, b.constant(20.0)))
            return b.add("multiply", v, b.add("stop_gradient", b.add("add", on, b.constant(rest))))
        counts = b.add("greater", p, t) if easy else b.add("less", p, t)
        return b.add("where", counts, v, b.add("multiply", v, b.constant(rest)))

    return changed(graph, {graph.output: change})


def penalise(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Adds a penalty on the prediction itself: large logits, or probabilities that are too even or too uneven."""
    surgeon = Surgeon(graph)
    b = surgeon.builder
    loss = surgeon.copy(graph)[graph.output]
    penalty = pick(_PENALTIES[graph.target], rng)(b)
    weight = number(rng, 0.01, 0.5) * strength(graph) / _PENALTY_STRENGTH[graph.target]
    return b.graph(b.add("add", loss, b.add("multiply", penalty, b.constant(three_digits(weight)))))


def weight_by_prior(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Weights each sample by a power of how frequent its class is, below 0: rare classes count more."""
    needs_classes(graph)
    exponent = -number(rng, 0.1, 1.0)

    def change(b: GraphBuilder, v: int, _: Mapping[int, int]) -> int:
        frequency = b.add("sum", b.add("multiply", b.input("y_true"), b.input("class_prior")), axis=-1)
        return b.add("multiply", v, b.add("power", frequency, b.constant(exponent)))

    return changed(graph, {graph.output: change}, inputs=["class_prior"])


def _bounds(reach: Range) -> list[tuple[Form, float, float]]:
    """The ways to bound a value, with the numbers that make sense; more of them if its sign is known."""
    if reach.low >= 0.0:
        return [*_ANY_SIGN, *_POSITIVE]
    if reach.high <= 0.0:
        return [(_mirrored(form), low, high) for form, low, high in (*_ANY_SIGN, *_POSITIVE)]
    return [*_ANY_SIGN, (_clip, 0.5, 5.0)]


def _mirrored(form: Form) -> Form:
    return lambda b, v, c: b.add("negative", form(b, b.add("negative", v), c))


def _ratio(b: GraphBuilder, v: int, c: float) -> int:
    return b.add("divide", v, b.add("add", b.add("abs", v), b.constant(c)))


def _limit(b: GraphBuilder, v: int, c: float) -> int:
    return b.add("minimum", v, b.constant(c))


def _clip(b: GraphBuilder, v: int, c: float) -> int:
    return b.add("clip", v, b.constant(-c), b.constant(c))


def _slope(b: GraphBuilder, v: int, c: float) -> int:
    return b.add("tanh", b.add("multiply", v, b.constant(c)))


def _saturation(b: GraphBuilder, v: int, c: float) -> int:
    return b.add("negative", b.add("expm1", b.add("multiply", v, b.constant(-c))))


def _logarithm(b: GraphBuilder, v: int, c: float) -> int:
    return b.add("log1p", b.add("multiply", v, b.constant(c)))


def _root(b: GraphBuilder, v: int, c: float) -> int:
    return b.add("sqrt", b.add("add", v, b.constant(c)))


_ANY_SIGN: list[tuple[Form, float, float]] = [(_ratio, 0.2, 5.0), (_slope, 0.2, 2.0)]
_POSITIVE: list[tuple[Form, float, float]] = [
    (_limit, 0.5, 5.0),
    (_saturation, 0.2, 2.0),
    (_logarithm, 0.2, 20.0),
    (_root, 0.01, 1.0),
]


def _doubt(b: GraphBuilder) -> int:
    """The entropy of the probabilities."""
    z = b.input("y_pred")
    terms = b.add("multiply", b.add("softmax", z, axis=-1), b.add("log_softmax", z, axis=-1))
    return b.add("negative", b.add("sum", terms, axis=-1))


def _confidence(b: GraphBuilder) -> int:
    """The entropy with a minus sign (Pereyra et al., "Regularizing Neural Networks by Penalizing Confidence", 2017)."""
    return b.add("negative", _doubt(b))


def _size(b: GraphBuilder) -> int:
    """The mean square of the prediction."""
    return b.add("mean", b.add("square", b.input("y_pred")), axis=-1)


_PENALTIES: Mapping[str, list[Callable[[GraphBuilder], int]]] = {
    "classes": [_doubt, _confidence, _size],
    "values": [_size],
}
_PENALTY_STRENGTH: Mapping[str, float] = {"classes": 0.1, "values": 0.7}
"""Of their gradients at typical predictions, over the reference's."""

TERMS = {
    "power": power,
    "bound": bound,
    "add-bounded": add_bounded,
    "fade": fade,
    "reweight": reweight,
    "gate": gate,
    "penalise": penalise,
}
