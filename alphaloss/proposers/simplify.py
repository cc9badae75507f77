"""The same loss in fewer and simpler operations: what a search leaves behind, as a person would have written it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaloss.losses.cost import elements
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import compute, value_and_gradient
from alphaloss.losses.types import SCALAR, GraphError
from alphaloss.proposers.small import with_constants
from alphaloss.proposers.surgery import changed, constants, replaced
from alphaloss.proposers.tidy import tidy

Inputs = Mapping[str, NDArray[Any]]
Results = list[tuple[NDArray[Any], NDArray[Any]]]

_SAME = 1e-8
"""Relative change that a pass may make; a hundred of them, more than are ever needed, stay below 1e-6."""
_DIGITS = (1, 2, 3, 4, 5)
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
_WIDEST = 100
_ROWS = 160
_MOST_KEPT = 2_000_000
"""Numbers that one probe may keep at once."""
_FAR = (0.0, 20.0, -20.0, 20.0, -20.0, 100.0, -100.0, 100.0, -100.0, 1000.0, -1000.0, 1000.0, -1000.0)
"""How much the true class's logit is above the others, in the extreme; else in fine steps from -12 to 12."""


def simplify(graph: LossGraph, width: int, class_prior: tuple[float, ...] = ()) -> LossGraph:
    """The same loss, as small as removing, replacing and rounding can make it.

    Tries in the place of every operation one of its arguments, or of theirs, 0 or 1; in the place of every number a
    neutral one, or one with fewer digits. A change is kept if values and gradients stay the same, up to 1e-8 of their
    size, on float64 probes: a true class from hopeless to certain, in fine steps and in the extreme, with one-hot and
    soft labels, at 2, 10 and the task's number of classes (at most 100).

    Args:
        graph: the loss.
        width: the task's class count, or its number of outputs.
        class_prior: the task's, shape (classes,); a long tail if it is empty.

    Returns:
        A loss with at most as many operations; what cannot be made smaller comes back as it is.
    """
    widths = [w for w in sorted({2, 10, min(width, _WIDEST)}) if w >= graph.least_classes] or [graph.least_classes]
    probes = [_probe(graph, w, class_prior) for w in widths]
    current = tidy(graph)
    while (smaller := tidy(_one_pass(current, probes))) != current:
        current = smaller
    return current


def _one_pass(graph: LossGraph, probes: list[Inputs]) -> LossGraph:
    """Goes through the values from the last to the first, and takes every change that changes nothing."""
    results = [value_and_gradient(graph, probe) for probe in probes]
    value = len(graph.types) - 1
    while value >= len(graph.inputs):
        for other in _alternatives(graph, value, probes[-1]):
            if _weight(other) < _weight(graph) and _behaves(other, probes, results):
                graph = other
                break
        value = min(value, len(graph.types)) - 1
    return graph


def _alternatives(graph: LossGraph, value: int, probe: Inputs) -> Iterator[LossGraph]:
    """The loss with something simpler in the place of a value, wherever that leaves its values as they are."""
    with np.errstate(all="ignore"):
        values = compute(graph, probe)
        form = np.shape(values[value])

        def changes_nothing(instead: Any) -> bool:
            output = compute(graph, probe, {value: np.broadcast_to(instead, form) if form else instead})[graph.output]
            return _equal(np.asarray(output), values[graph.output])

        for n in _numbers_for(graph, value):
            if changes_nothing(n):
                yield from _if_valid(lambda n=n: _with_number(graph, value, n))  # type: ignore[misc]
        near = dict.fromkeys(a for v in (value, *_arguments(graph, value)) for a in _arguments(graph, v))
        for a in near:
            if graph.types[a] in (graph.types[value], SCALAR) and changes_nothing(values[a]):
                yield from _if_valid(lambda a=a: replaced(graph, value, a))  # type: ignore[misc]


def _numbers_for(graph: LossGraph, value: int) -> list[float]:
    """What may stand for a value: for an operation 0 or 1; a number that is compared with stays, whatever is seen."""
    node = graph.node(value)
    if node is None or graph.types[value].dtype != "float":
        return []
    if node.op != "constant":
        return [0.0, 1.0]
    if any(user.op in _COMPARISONS for user in graph.nodes if value in user.args):
        return []
    number = constants(graph)[value]
    shorter = [0.0, 1.0, -1.0, *(float(f"{number:.{digits}g}") for digits in _DIGITS)]
    return [n for n in shorter if len(repr(n)) < len(repr(number))]


def _with_number(graph: LossGraph, value: int, number: float) -> LossGraph:
    if value in constants(graph):
        return with_constants(graph, {value: number})
    return changed(graph, {value: lambda b, _, __: b.constant(number)})


def _if_valid(change: Callable[[], LossGraph]) -> Iterator[LossGraph]:
    try:
        yield change()
    except GraphError:
        return


def _weight(graph: LossGraph) -> tuple[int, int, int]:
    """What is made smaller: operations, then all nodes, then digits."""
    return graph.size, len(graph.nodes), sum(len(repr(n)) for n in constants(graph).values())


def _behaves(graph: LossGraph, probes: list[Inputs], results: Results) -> bool:
    """Whether a loss has the same values and gradients."""
    for probe, (values, gradients) in zip(probes, results, strict=True):
        found = value_and_gradient(graph, probe)
        if not (_equal(found[0], values) and _equal(found[1], gradients)):
            return False
    return True


def _equal(found: NDArray[Any], known: NDArray[Any]) -> bool:
    """Up to rounding: relative to a sample's largest number, and to a thousandth of what is usual."""
    if found.shape != known.shape:
        return False
    rows, wanted = found.reshape(len(known), -1), known.reshape(len(known), -1)
    size = np.abs(wanted).max(axis=-1, keepdims=True)
    usual = np.median(size[np.isfinite(size)]) if np.isfinite(size).any() else 0.0
    with np.errstate(all="ignore"):
        near = np.abs(rows - wanted) <= _SAME * (size + 1e-3 * usual)
    return bool((near & np.isfinite(wanted) | (rows == wanted) | (np.isnan(rows) & np.isnan(wanted))).all())


def _arguments(graph: LossGraph, value: int) -> tuple[int, ...]:
    node = graph.node(value)
    return node.args if node else ()


def _probe(graph: LossGraph, width: int, class_prior: tuple[float, ...]) -> Inputs:
    rows = max(len(_FAR), min(_ROWS, _MOST_KEPT // max(1, elements(graph, width, width))))
    gaps = np.concatenate([_FAR, np.linspace(-12.0, 12.0, rows - len(_FAR))])
    rng = np.random.default_rng(width)
    y_true, y_pred = rng.normal(size=(rows, width)), rng.normal(size=(rows, width))
    if graph.target == "values":
        return {"y_true": y_true, "y_pred": y_true + gaps[:, None] * y_pred}
    y_true = np.eye(width)[rng.integers(0, width, rows)]
    y_pred += gaps[:, None] * y_true
    y_true[::3] = 0.8 * y_true[::3] + 0.2 * rng.dirichlet(np.ones(width), len(y_true[::3]))
    tail = np.geomspace(1.0, 0.1, width)
    prior = class_prior if len(class_prior) == width else tail / tail.sum()
    return {"y_true": y_true, "y_pred": y_pred, "class_prior": np.asarray(prior)}
