"""Cutting and joining loss graphs: the tools of the offline operators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.shapes import Static

Change = Callable[[GraphBuilder, int, Mapping[int, int]], int]
"""What the users of a value get instead of it: from the builder, the copied value, and the copies made so far."""

Y_TRUE, Y_PRED = 0, 1
"""The first two values of every graph."""

_LINEAR = frozenset(("negative", "sum", "mean", "add", "subtract", "squeeze", "expand_dims"))


class Surgeon:
    """Copies graphs into one builder, with changes on the way.

    Args:
        graphs: what is copied; their inputs are the builder's.
        inputs: further inputs.
    """

    def __init__(self, *graphs: LossGraph, inputs: Iterable[str] = ()) -> None:
        extra = dict.fromkeys([*(name for g in graphs for name in g.inputs[2:]), *inputs])
        self.builder = GraphBuilder(("y_true", "y_pred", *extra), target=graphs[0].target)
        self._names: dict[str, float] = {}

    def copy(self, graph: LossGraph, changes: Mapping[int, Change] | None = None) -> dict[int, int]:
        """Copies a whole graph.

        Args:
            graph: what is copied.
            changes: for values of `graph`, what their users get instead.

        Returns:
            For every value of `graph` the number of its copy (changed, where a change was asked for).

        Raises:
            GraphError: after a change, types do not fit.
        """
        changes = changes or {}
        copies: dict[int, int] = {}
        for value in range(len(graph.types)):
            node = graph.node(value)
            if node is None:
                copies[value] = self.builder.input(graph.inputs[value])
            elif value in changes and node.op == "constant":
                copies[value] = value  # not copied: a named constant has one value, and this one is replaced
            else:
                copies[value] = self._copy_node(node, [copies[a] for a in node.args])
            if value in changes:
                copies[value] = changes[value](self.builder, copies[value], copies)
        return copies

    def _copy_node(self, node: Node, args: list[int]) -> int:
        if node.op == "constant":
            return self.builder.constant(*self._unique(node.static))
        return self.builder.add(node.op, *args, **node.kwargs)

    def _unique(self, static: Mapping[str, Static]) -> tuple[float, str | None]:
        """Two parents may use one name for different numbers; the second one loses its name."""
        value, name = float(static["value"]), static["name"]  # type: ignore[arg-type]
        if isinstance(name, str) and self._names.setdefault(name, value) == value:
            return value, name
        return value, None


def changed(graph: LossGraph, changes: Mapping[int, Change], inputs: Iterable[str] = ()) -> LossGraph:
    """The graph with some of its values replaced for all who use them.

    Raises:
        GraphError: types do not fit any more.
    """
    surgeon = Surgeon(graph, inputs=inputs)
    return surgeon.builder.graph(surgeon.copy(graph, changes)[graph.output])


def replaced(graph: LossGraph, value: int, by: int) -> LossGraph:
    """The graph with an earlier value in the place of another."""
    return changed(graph, {value: lambda _, __, copies: copies[by]})


def computed(graph: LossGraph) -> list[int]:
    """The values that an operation computes from others: all but inputs, constants and the class count."""
    return [value for value, node in nodes(graph) if node.operation.arity > 0]


def floats(graph: LossGraph) -> list[int]:
    """Computed values of type float that depend on a sample."""
    return [v for v in computed(graph) if graph.types[v].dtype == "float" and graph.types[v].dims]


def constants(graph: LossGraph) -> dict[int, float]:
    """The constants: their values in the graph, and their numbers."""
    return {v: float(node.kwargs["value"]) for v, node in nodes(graph) if node.op == "constant"}  # type: ignore[arg-type]


def nodes(graph: LossGraph) -> list[tuple[int, Node]]:
    """All operations with the values that they compute."""
    return list(enumerate(graph.nodes, start=len(graph.inputs)))


def below(graph: LossGraph, value: int) -> list[int]:
    """The values that a value is computed from, directly or not, in order."""
    found: set[int] = set()
    stack = [value]
    while stack:
        node = graph.node(stack.pop())
        for arg in node.args if node else ():
            if arg not in found:
                found.add(arg)
                stack.append(arg)
    return sorted(found)


def shell(graph: LossGraph) -> set[int]:
    """Values whose multiples only multiply the loss, up to an offset: scaling one of them changes nothing."""
    uses = [a for node in graph.nodes for a in node.args]
    found: set[int] = set()
    value = graph.output
    while True:
        found.add(value)
        node = graph.node(value)
        if node is None:
            return found
        inner = [a for a in node.args if graph.types[a].dims]
        by_number = node.op == "multiply" or (node.op == "divide" and node.args[0] in inner)
        if len(inner) != 1 or not (by_number or node.op in _LINEAR) or uses.count(inner[0]) > 1:
            return found
        value = inner[0]
