"""From a loss graph to a tree, for parents that were not printed from one; where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import chain

from deap import gp

from alphaloss.losses.graph import LossGraph, Node
from alphaloss.proposers.ranges import ranges
from alphaloss.proposers.surgery import Y_PRED, Y_TRUE
from alphaloss.proposers.trees.primitives import Primitives
from alphaloss.proposers.trees.tree import Node as TreeNode
from alphaloss.proposers.trees.tree import Tree, number_leaf

_LAST = (("classes",), ("outputs",))

Nodes = list[TreeNode]


class NotATreeError(Exception):
    """An operation or an input of the graph is none of the primitives, or the tree would be too large."""


def from_graph(graph: LossGraph, primitives: Primitives, most_nodes: int) -> Tree | None:
    """The tree whose loss is a multiple of the graph's, up to the guards of protected operators.

    The last sum or mean over the classes (or outputs) is what the reduction of trees stands for, so that signs and
    factors outside of it go inside; a loss without one is read as it is. Operations are taken one to one, but for
    powers, which become products, or exponentials of logarithms. Constants lose their names.

    Args:
        graph: of a loss.
        primitives: operators and leaves that the tree may have.
        most_nodes: that it may have.

    Returns:
        None where there is no such tree.
    """
    reader = _Reader(graph, primitives, most_nodes)
    for read in (reader.reduced, reader.read):
        with suppress(NotATreeError):
            nodes = read(graph.output)
            if len(nodes) > 1:
                return Tree(nodes)
    return None


class _Reader:
    """Reads values of a graph as the nodes of a tree, depth first. All methods raise `NotATreeError`."""

    def __init__(self, graph: LossGraph, primitives: Primitives, most_nodes: int) -> None:
        self.graph = graph
        self.known = primitives.pset.mapping
        self.most_nodes = most_nodes
        self.ranges = ranges(graph)
        self._special: Mapping[str, Callable[[Node], Nodes]] = {
            "constant": self._constant,
            "square": self._square,
            "power": self._power,
            "log1p": self._log1p,
            "where": self._choice,
            "mean": self._mean,
            "squeeze": self._column,
            "expand_dims": self._column,
        }

    def reduced(self, value: int) -> Nodes:
        """What is reduced, with the signs and factors around the reduction."""
        node = self._node(value)
        if self._is_reduction(node, "sum", "mean"):
            return self.read(node.args[0])
        if node.op == "negative":
            return self._joined("negative", self.reduced(node.args[0]))
        if node.op in ("multiply", "divide") and not self.graph.types[node.args[1]].dims:
            return self._joined(node.op, self.reduced(node.args[0]), self.read(node.args[1]))
        raise NotATreeError

    def read(self, value: int) -> Nodes:
        """The value itself."""
        if value < len(self.graph.inputs):
            return self._leaf(self.graph.inputs[value])
        node = self._node(value)
        name = self._name(node)
        if name == "log_p":
            return self._joined("log", self._leaf("p"))
        if name:
            return self._leaf(name)
        special = self._special.get(node.op)
        return special(node) if special else self._joined(node.op, *map(self.read, node.args))

    def _name(self, node: Node) -> str:
        """What the leaves call it, or `log_p`; empty if it is none of them."""
        if node.op in ("softmax", "log_softmax") and node.args == (Y_PRED,):
            return {"softmax": "p", "log_softmax": "log_p"}[node.op]
        if node.op == "exp":
            inner = self.graph.node(node.args[0])
            return "p" if inner is not None and self._name(inner) == "log_p" else ""
        if self._is_reduction(node, "sum"):
            product = self.graph.node(node.args[0])
            if product is not None and product.op == "multiply" and product.args[0] == Y_TRUE:
                other = self.graph.node(product.args[1])
                name = self._name(other) if other is not None else ""
                return f"{name}_true" if name in ("p", "log_p") else ""
        return ""

    def _constant(self, node: Node) -> Nodes:
        return [number_leaf(float(node.kwargs["value"]))]  # type: ignore[arg-type]  # checked to be a number

    def _square(self, node: Node) -> Nodes:
        nodes = self.read(node.args[0])
        return self._joined("square", nodes) if "square" in self.known else self._joined("multiply", nodes, nodes)

    def _power(self, node: Node) -> Nodes:
        base, exponent = node.args
        power = self.read(exponent)
        if power[0].arity == 0 and power[0].value == 2.0:
            return self._square(node)
        if self.ranges[base].low < 0.0:
            raise NotATreeError
        return self._joined("exp", self._joined("multiply", power, self._joined("log", self.read(base))))

    def _log1p(self, node: Node) -> Nodes:
        [arg] = node.args
        inner = arg if self.ranges[arg].low >= 0.0 else self._node(arg, "abs").args[0]
        return self._joined("log1p_abs", self.read(inner))

    def _choice(self, node: Node) -> Nodes:
        condition, yes, no = node.args
        comparison = self._node(condition, "greater", "less")
        more, less = comparison.args if comparison.op == "greater" else comparison.args[::-1]
        return self._joined("if_greater", *map(self.read, (more, less, yes, no)))

    def _mean(self, node: Node) -> Nodes:
        if not self._is_reduction(node, "mean"):
            raise NotATreeError
        return self._joined("mean", self.read(node.args[0]))

    def _column(self, node: Node) -> Nodes:
        """An axis of length 1 comes or goes."""
        if self.graph.types[node.args[0]].dims[1:] in _LAST:
            raise NotATreeError
        return self.read(node.args[0])

    def _is_reduction(self, node: Node, *ops: str) -> bool:
        """Over the classes, or the outputs."""
        return node.op in ops and self.graph.types[node.args[0]].dims[1:] in _LAST

    def _node(self, value: int, *ops: str) -> Node:
        node = self.graph.node(value)
        if node is None or (ops and node.op not in ops):
            raise NotATreeError
        return node

    def _leaf(self, name: str) -> Nodes:
        leaf = self.known.get(name)
        if not isinstance(leaf, gp.Terminal):
            raise NotATreeError
        return [leaf]

    def _joined(self, operator: str, *args: Nodes) -> Nodes:
        head = self.known.get(operator)
        nodes = [head, *chain(*args)]
        if not isinstance(head, gp.Primitive) or len(nodes) > self.most_nodes:
            raise NotATreeError
        return nodes
