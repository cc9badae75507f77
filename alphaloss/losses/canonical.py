"""Building graphs, and their canonical form.

The canonical form promises to merge spellings that differ only in: unused computations, repeated computations, folded
constants, the order of the arguments of commutative operations, a number on the left of a comparison, keywords given
as their defaults, and -0 for 0. It promises no algebra: `square(x)` and `x * x` are different graphs (the gate's
duplicate check compares behaviour).
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping

from alphaloss.losses.graph import LossGraph, Node, node_type
from alphaloss.losses.operations import OPERATIONS
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import INPUT_TYPES, SCALAR, OperationError, Type

_AXES_THAT_MEAN_LAST = {"sum", "mean", "max", "min", "logsumexp", "softmax", "log_softmax", "expand_dims", "squeeze"}

_MIRRORED = {"less": "greater", "less_equal": "greater_equal", "greater": "less", "greater_equal": "less_equal"}


class GraphBuilder:
    """Adds operations one by one; equal operations share one value, constants fold.

    Methods take and return value numbers. Types are checked as each operation is added.

    Args:
        inputs: what the loss asks for.
        keep_overflows: leave operations on numbers whose result is not finite as they are, instead of refusing them.
    """

    def __init__(self, inputs: tuple[str, ...] = ("y_true", "y_pred"), *, keep_overflows: bool = False) -> None:
        self.inputs = inputs
        self._keep_overflows = keep_overflows
        self.nodes: list[Node] = []
        self.types: list[Type] = [INPUT_TYPES[name] for name in inputs]
        self._digests = [hashlib.sha256(name.encode()).digest() for name in inputs]
        self._known: dict[bytes, int] = {}
        self._numbers: dict[int, float] = {}  # values that are numbers
        self._named: set[int] = set()  # those of them that depend on a named one, and stay

    def input(self, name: str) -> int:
        """The value of an input."""
        return self.inputs.index(name)

    def constant(self, value: float, name: str | None = None) -> int:
        """A number, optionally a named one (a tunable default of the printed function).

        Raises:
            OperationError: it is NaN or infinite.
        """
        if not math.isfinite(value):
            raise OperationError(f"a loss cannot hold the number {value}; use a large finite one, such as 1e9.")
        kwargs: dict[str, Static] = {"value": float(value) + 0.0}
        if name is not None:
            kwargs["name"] = name
        constant = self._add(Node(op="constant", kwargs=kwargs))
        self._numbers[constant] = float(value)
        if name is not None:
            self._named.add(constant)
        return constant

    def class_count(self) -> int:
        """The symbolic number of classes."""
        return self._add(Node(op="class_count"))

    def add(self, op: str, *args: int, **static: Static) -> int:
        """Adds an operation and returns its value.

        Raises:
            GraphError: unknown operation, wrong arguments, types that do not fit.
        """
        node = Node(op=op, args=args, kwargs=static)
        node_type(node, self.types)  # before defaults are dropped, so that messages show what was asked
        operation = OPERATIONS[op]
        if op == "cast" and static["dtype"] == self.types[args[0]].dtype:
            return args[0]
        kwargs = {p.name: static[p.name] for p in operation.statics if p.name in static}
        if op in _AXES_THAT_MEAN_LAST:
            kwargs["axis"] = -1
        kwargs = {
            p.name: kwargs[p.name]
            for p in operation.statics
            if p.required or kwargs.get(p.name, p.default) != p.default
        }
        if op in _MIRRORED and not self.types[args[0]].dims:
            op, args = _MIRRORED[op], args[::-1]
            operation = OPERATIONS[op]
        if operation.commutative:
            args = tuple(sorted(args, key=self._order))
        number = self._number(op, args, kwargs)
        if number is not None and not self._named.intersection(args):
            return self.constant(number)
        value = self._add(Node(op=op, args=args, kwargs=kwargs))
        if number is not None:
            self._numbers[value] = number
            self._named.add(value)
        return value

    def graph(self, output: int) -> LossGraph:
        """The finished graph, in canonical form.

        Raises:
            GraphError: the output is not one float a sample, or the graph is too large.
        """
        return canonical(LossGraph(inputs=self.inputs, nodes=tuple(self.nodes), output=output))

    def _add(self, node: Node) -> int:
        content = [node.op.encode(), *(self._digests[a] for a in node.args), repr(sorted(node.kwargs.items())).encode()]
        digest = hashlib.sha256(b"\0".join(content)).digest()
        if digest not in self._known:
            self.types.append(node_type(node, self.types))
            self.nodes.append(node)
            self._digests.append(digest)
            self._known[digest] = len(self.types) - 1
        return self._known[digest]

    def _node(self, value: int) -> Node | None:
        index = value - len(self.inputs)
        return self.nodes[index] if index >= 0 else None

    def _order(self, value: int) -> tuple[int, int, bytes]:
        """Inputs first, then computed values, numbers last; among equals by content, never by position."""
        node = self._node(value)
        if node is None:
            return (0, value, b"")
        if node.operation.arity > 0:
            return (1, 0, self._digests[value])
        return (2, 0, self._digests[value])

    def _number(self, op: str, args: tuple[int, ...], kwargs: Mapping[str, Static]) -> float | None:
        """The number that an operation on numbers gives, named or not; None if it is none.

        Raises:
            OperationError: the number is not finite, unless overflows are kept.
        """
        numbers = [self._numbers[a] for a in args if a in self._numbers]
        if not args or len(numbers) < len(args) or op in ("cast", "stop_gradient"):
            return None
        if OPERATIONS[op].result([self.types[a] for a in args], kwargs) != SCALAR:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the result is looked at instead
            result = float(OPERATIONS[op].numpy(*numbers, **kwargs))
        if math.isfinite(result):
            return result
        if self._keep_overflows:
            return None
        raise OperationError(f"`ops.{op}` of {', '.join(map(repr, numbers))} is {result}, not a finite number.")


def canonical(graph: LossGraph, *, keep_names: bool = True) -> LossGraph:
    """The same loss with its values in canonical order; `keep_names=False` also drops the names of constants."""
    ordered = _rebuild(graph, keep_names)
    # Numbering follows a walk from the output, so that what was written first does not matter.
    used = _reachable(ordered)
    inputs = ordered.inputs
    number = {i: i for i in range(len(inputs))}
    nodes: list[Node] = []
    for value in used:
        node = ordered.node(value)
        if node is not None:
            number[value] = len(inputs) + len(nodes)
            nodes.append(Node(op=node.op, args=tuple(number[a] for a in node.args), kwargs=node.kwargs))
    return LossGraph(inputs=inputs, nodes=tuple(nodes), output=number[ordered.output])


def _rebuild(graph: LossGraph, keep_names: bool) -> LossGraph:
    needed = set(_reachable(graph))
    inputs = tuple(name for i, name in enumerate(graph.inputs) if i < 2 or i in needed)
    # Without names more numbers fold; one that overflows then is a number that the gate refuses by its behaviour.
    builder = GraphBuilder(inputs, keep_overflows=not keep_names)
    value = {i: builder.input(name) for i, name in enumerate(graph.inputs) if name in inputs}
    for position, node in enumerate(graph.nodes, start=len(graph.inputs)):
        if position not in needed:
            continue
        if node.op == "constant":
            static = node.static
            name = static["name"] if keep_names else None
            value[position] = builder.constant(float(static["value"]), str(name) if name else None)  # type: ignore[arg-type]
        elif node.op == "class_count":
            value[position] = builder.class_count()
        else:
            value[position] = builder.add(node.op, *(value[a] for a in node.args), **node.kwargs)
    return LossGraph(inputs=inputs, nodes=tuple(builder.nodes), output=value[graph.output])


def _reachable(graph: LossGraph) -> list[int]:
    """The values that the output needs, each after the values that it uses."""
    order: list[int] = []
    seen: set[int] = set()
    stack = [(graph.output, False)]
    while stack:
        value, expanded = stack.pop()
        if expanded:
            order.append(value)
            continue
        if value in seen:
            continue
        seen.add(value)
        stack.append((value, True))
        node = graph.node(value)
        if node is not None:
            stack.extend((a, False) for a in reversed(node.args))
    return order
