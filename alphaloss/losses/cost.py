"""What a graph takes: memory and time a sample, counted from its types before anything is computed."""

from __future__ import annotations

from math import prod

from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Type


def elements(graph: LossGraph, classes: int, outputs: int = 1) -> int:
    """Numbers that training keeps for a sample, until the gradient is computed: the sizes of all computed values.

    Args:
        graph: the loss.
        classes: the class count.
        outputs: the number of outputs, for a loss of values.
    """
    return sum(_size(graph.types[value], classes, outputs) for value in _computed(graph))


def cost(graph: LossGraph, classes: int, outputs: int = 1) -> int:
    """Time for a sample, in additions of two numbers: each operation costs its row's `cost` an element.

    An operation works on as many elements as the largest of its arguments and its result has.
    """
    total = 0
    for value in _computed(graph):
        node = graph.nodes[value - len(graph.inputs)]
        sizes = [_size(graph.types[v], classes, outputs) for v in (value, *node.args)]
        total += node.operation.cost * max(sizes)
    return total


def _computed(graph: LossGraph) -> range:
    return range(len(graph.inputs), len(graph.types))


def _size(t: Type, classes: int, outputs: int) -> int:
    length = {"batch": 1, "classes": classes, "outputs": outputs}
    return prod(dim if isinstance(dim, int) else length[dim] for dim in t.dims)
