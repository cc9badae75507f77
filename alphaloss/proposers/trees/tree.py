"""A tree of operators and leaves: DEAP's, whose text is read without `eval`."""

from __future__ import annotations

import math
import re
from typing import Any

from deap import gp

_TOKEN = re.compile(r"[^\s(),]+")

Node = Any
"""DEAP's `Primitive` (an operator) or `Terminal` (a leaf); it has no types."""


class Tree(gp.PrimitiveTree):  # type: ignore[misc]  # DEAP has no types
    """Nodes in prefix order; `str(tree)` reads as in `multiply(y_true, log(p))`."""

    @classmethod
    def from_string(cls, string: str, pset: gp.PrimitiveSet) -> Tree:
        """The tree that `str(tree)` wrote.

        Args:
            string: of a tree.
            pset: names its operators and leaves.

        Raises:
            ValueError: it is no tree of these operators and leaves.
        """
        nodes = [_node(token, pset) for token in _TOKEN.findall(string)]
        missing = 1
        for place, node in enumerate(nodes):
            if missing == 0:
                raise ValueError(f"`{string}` is no tree: it ends after {place} of {len(nodes)} nodes.")
            missing += node.arity - 1
        if missing:
            raise ValueError(f"`{string}` is no tree: it lacks {missing} leaves.")
        return cls(nodes)

    @property
    def names(self) -> frozenset[str]:
        """Of the leaves that are no numbers."""
        return frozenset(node.value for node in self if node.arity == 0 and not is_number(node))

    def children(self, place: int) -> list[list[Node]]:
        """The subtrees below a node, in order."""
        found, at = [], place + 1
        for _ in range(self[place].arity):
            below = self.searchSubtree(at)
            found.append(self[below])
            at = below.stop
        return found


def number_leaf(value: float) -> Node:
    """A number as a leaf."""
    return gp.Terminal(value, False, object)


def is_number(node: Node) -> bool:
    """Whether a node is a number."""
    return node.arity == 0 and isinstance(node.value, float)


def _node(token: str, pset: gp.PrimitiveSet) -> Node:
    node = pset.mapping.get(token)
    if isinstance(node, gp.Primitive | gp.Terminal):
        return node
    value = float(token)  # a ValueError names the token
    if not math.isfinite(value):
        raise ValueError(f"`{token}` is no finite number.")
    return number_leaf(value)
