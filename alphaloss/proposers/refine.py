"""Tuning the constants of a loss: small steps whose size follows success, and a direction that worked is tried again.

A (1+1) evolution strategy with the 1/5 success rule (Rechenberg, "Evolutionsstrategie", 1973; in the form of Auger,
"Benchmarking the (1+1) evolution strategy with one-fifth success rule", GECCO 2009) on the logarithms of the constants,
one for every structure of a loss. Success is told by the search, so a step may be in training while the next is drawn.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alphaloss.losses.graph import LossGraph
from alphaloss.proposers.draws import NotApplicableError, three_digits
from alphaloss.proposers.small import with_constants
from alphaloss.proposers.surgery import constants, nodes

Step = tuple[float, ...]
"""Factors as logarithms, one a constant, in the order of `structure`."""

_FIRST_SIZE, _SMALLEST_SIZE, _LARGEST_SIZE = 0.4, 0.05, 1.0
_GROWTH = 1.5
"""A success grows the step by it; four failures in a row undo that."""


@dataclass
class _State:
    size: float = _FIRST_SIZE
    direction: Step | None = None


def _random_step(constants: int, movable: Sequence[int], size: float, rng: np.random.Generator) -> Step:
    """Moves one constant, or two or three at once."""
    chosen = rng.permutation(movable)[: int(rng.choice([1, 1, 2, 3]))]
    step = [0.0] * constants
    for i in chosen.tolist():
        step[i] = float(rng.normal(0.0, size))
    return tuple(step)


class Tuner:
    """Steps of constants, remembered by structure."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}

    def propose(self, graph: LossGraph, rng: np.random.Generator) -> tuple[LossGraph, Step]:
        """The loss with one to three of its constants moved, and the step.

        Raises:
            NotApplicableError: it has no constants to move.
        """
        name, order = structure(graph)
        numbers = constants(graph)
        movable = [i for i, value in enumerate(order) if numbers[value] != 0.0]
        if not movable:
            raise NotApplicableError
        state = self._states.get(name, _State())
        again = state.direction is not None and rng.random() < 0.7
        step = state.direction if again and state.direction else _random_step(len(order), movable, state.size, rng)
        moved = {value: three_digits(numbers[value] * math.exp(s)) for value, s in zip(order, step, strict=True) if s}
        return with_constants(graph, moved), step

    def learn(self, graph: LossGraph, step: Step, *, success: bool) -> None:
        """Tells what a step that led to `graph` came to."""
        name, order = structure(graph)
        if len(order) != len(step):
            return  # the step made two constants equal, and they are one now
        state = self._states.setdefault(name, _State())
        state.size *= _GROWTH if success else _GROWTH**-0.25
        state.size = min(max(state.size, _SMALLEST_SIZE), _LARGEST_SIZE)
        if success:
            state.direction = step
        elif step == state.direction:
            state.direction = None


def structure(graph: LossGraph) -> tuple[str, list[int]]:
    """What a loss is apart from its numbers, and its constants in an order that does not depend on them.

    Returns:
        A hash that losses share which differ in numbers only, and the value numbers of the constants.
    """
    blind: list[bytes] = [name.encode() for name in graph.inputs]
    for _, node in nodes(graph):
        static = [] if node.op == "constant" else sorted(node.kwargs.items())
        parts = [blind[a] for a in node.args]
        if node.operation.commutative:
            parts.sort()
        blind.append(hashlib.sha256(b"\0".join([node.op.encode(), repr(static).encode(), *parts])).digest())
    order: dict[int, None] = {}
    walk: list[str] = []
    seen: set[int] = set()
    stack = [graph.output]
    while stack:
        value = stack.pop()
        at = graph.node(value)
        if at is not None and at.op == "constant":
            order.setdefault(value)
            walk.append(str(list(order).index(value)))
        elif at is not None and value not in seen:
            seen.add(value)
            args = sorted(at.args, key=lambda a: blind[a]) if at.operation.commutative else at.args
            stack.extend(reversed(args))
    return hashlib.sha256(blind[graph.output] + ",".join(walk).encode()).hexdigest(), list(order)
