"""Variation of two losses: their sum, one with a part of the other, one as a weight of the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from alphaloss.losses.graph import LossGraph
from alphaloss.proposers.belief import right
from alphaloss.proposers.draws import NotApplicableError, number, pick, three_digits
from alphaloss.proposers.glance import strength
from alphaloss.proposers.ranges import ranges
from alphaloss.proposers.small import with_constants
from alphaloss.proposers.surgery import Surgeon, constants, floats, nodes

Crossover = Callable[[LossGraph, LossGraph, np.random.Generator], LossGraph]


def mix(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> LossGraph:
    """The first loss and a multiple of the second, so that each has a share in the gradients."""
    surgeon = Surgeon(first, second)
    b = surgeon.builder
    weight = b.constant(_weight(first, second, rng))
    other = b.add("multiply", surgeon.copy(second)[second.output], weight)
    return b.graph(b.add("add", surgeon.copy(first)[first.output], other))


def graft(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Replaces a computed value of the first loss by one of the same type from the second."""
    known, other = ranges(first), ranges(second)
    pairs = [(v, w) for v in floats(first) for w in floats(second) if first.types[v] == second.types[w]]
    alike = [(v, w) for v, w in pairs if (known[v].low >= 0.0) == (other[w].low >= 0.0)]
    value, donor = pick(alike if alike and rng.random() < 0.8 else pairs, rng)
    surgeon = Surgeon(first, second)
    donated = surgeon.copy(second)[donor]
    copies = surgeon.copy(first, {value: lambda _, __, ___: donated})
    return surgeon.builder.graph(copies[first.output])


def weigh(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> LossGraph:
    """The second loss, frozen, weights the samples of the first: the larger it is, the more or the less they count."""
    if ranges(second)[second.output].low < 0.0:
        raise NotApplicableError
    surgeon = Surgeon(first, second)
    b = surgeon.builder
    weight = surgeon.copy(second)[second.output]
    if rng.random() < 0.7:
        fall = b.constant(-three_digits(number(rng, 0.3, 3.0)))
        weight = b.add("exp", b.add("multiply", weight, fall))
    return b.graph(b.add("multiply", surgeon.copy(first)[first.output], b.add("stop_gradient", weight)))


def gate_between(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> LossGraph:
    """The first loss where the prediction is right enough, a multiple of the second where it is not."""
    surgeon = Surgeon(first, second)
    b = surgeon.builder
    easy = b.add("greater", right(b), b.constant(number(rng, 0.02, 0.5)))
    hard = b.add("multiply", surgeon.copy(second)[second.output], b.constant(_weight(first, second, rng)))
    return b.graph(b.add("where", easy, surgeon.copy(first)[first.output], hard))


def take_constants(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Gives a constant of the first loss a number that the second has in the same place.

    A place is an operation and a position among its arguments.
    """
    numbers = constants(first)
    offers = {
        (value, number)
        for place, value in _places(first)
        for there, other in _places(second)
        if place == there and (number := constants(second)[other]) != numbers[value]
    }
    value, new = pick(sorted(offers), rng)
    return with_constants(first, {value: new})


CROSSOVERS: dict[str, Crossover] = {
    "mix": mix,
    "graft": graft,
    "weigh": weigh,
    "gate-between": gate_between,
    "take-constants": take_constants,
}


def _weight(first: LossGraph, second: LossGraph, rng: np.random.Generator) -> float:
    """A factor for the second loss that makes its gradients a share of both, 10 % to 90 %."""
    share = rng.uniform(0.1, 0.9)
    return three_digits(share / (1.0 - share) * strength(first) / strength(second))


def _places(graph: LossGraph) -> list[tuple[tuple[str, int], int]]:
    """Every use of a constant, by operation and position, with the constant's value number."""
    known = constants(graph)
    return [((node.op, at), a) for _, node in nodes(graph) for at, a in enumerate(node.args) if a in known]
