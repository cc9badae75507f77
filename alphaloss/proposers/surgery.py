"""Cutting and joining loss graphs: the tools of the offline operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.shapes import Static

Change = Callable[[GraphBuilder, int, Mapping[int, int]], int]
"""What the users of a value get instead of it: from the builder, the copied value, and the copies made so far."""


class Surgeon:
    """Copies graphs into one builder, with changes on the way."""

    def __init__(self, *graphs: LossGraph) -> None:
        extra = dict.fromkeys(name for g in graphs for name in g.inputs[2:])
        self.builder = GraphBuilder(("y_true", "y_pred", *extra), target=graphs[0].target)
        self._names: dict[str, float] = {}

    def copy(self, graph: LossGraph, changes: Mapping[int, Change] | None = None) -> dict[int, int]:
        """Copies a whole graph.

        Args:
            graph: what is copied.
            changes: for values of `graph`, what their users get instead.

        Returns:
            For every value of `graph` the number of its copy (changed, where a change was asked for).
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


def computed(graph: LossGraph) -> list[int]:
    """The values that an operation computes from others: all but inputs, constants and the class count."""
    first = len(graph.inputs)
    return [first + i for i, node in enumerate(graph.nodes) if node.operation.arity > 0]


def floats(graph: LossGraph) -> list[int]:
    """Computed values of type float that depend on a sample."""
    return [v for v in computed(graph) if graph.types[v].dtype == "float" and graph.types[v].dims]
