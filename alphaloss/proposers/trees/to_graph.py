"""From a tree to the loss graph that it stands for, which is then printed as a candidate file."""

from __future__ import annotations

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.proposers.ranges import ranges
from alphaloss.proposers.surgery import Change, changed, nodes
from alphaloss.proposers.trees.meanings import LARGEST_EXPONENT, LEAVES, Meaning
from alphaloss.proposers.trees.primitives import PER_SAMPLE, Primitives
from alphaloss.proposers.trees.tree import Node, Tree, is_number


def to_graph(tree: Tree, primitives: Primitives, target: Target, reduction: str) -> LossGraph:
    """The loss of a sample: the tree's value, reduced over the classes (or outputs) unless it has one number a sample.

    Args:
        tree: of these primitives.
        primitives: its operators' meanings.
        target: of the task.
        reduction: `mean` or `sum`.

    Raises:
        GraphError: a number in it overflows, or the loss depends on no sample.
    """
    b = GraphBuilder(target=target)
    rows = not tree.names <= PER_SAMPLE
    stack: list[int] = []
    for node in reversed(tree):
        args = [stack.pop() for _ in range(node.arity)]
        if node.arity:
            meaning: Meaning = primitives.pset.context[node.name]
            stack.append(meaning(b, *args))
        else:
            stack.append(_leaf(b, node, keepdims=rows))
    [value] = stack
    if b.types[value].dims[-1:] in (("classes",), ("outputs",)):
        value = b.add(reduction, value, axis=-1)
    elif b.types[value].dims[-1:] == (1,):
        value = b.add("squeeze", value, axis=-1)
    return without_idle_guards(b.graph(value))


def without_idle_guards(graph: LossGraph) -> LossGraph:
    """Leaves out the absolute value of what cannot be negative, and the bound of an exponent that cannot reach it."""
    reach = ranges(graph)
    idle = {
        value: node.args[0]
        for value, node in nodes(graph)
        if (node.op == "abs" and reach[node.args[0]].low >= 0.0)
        or (node.op == "minimum" and reach[node.args[0]].high <= LARGEST_EXPONENT)
    }
    return changed(graph, {value: _copy_of(inner) for value, inner in idle.items()})


def _leaf(b: GraphBuilder, leaf: Node, *, keepdims: bool) -> int:
    return b.constant(leaf.value) if is_number(leaf) else LEAVES[leaf.value](b, keepdims)


def _copy_of(value: int) -> Change:
    return lambda b, _, copies: copies[value]
