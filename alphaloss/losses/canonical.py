"""Building graphs, and their canonical form.

The canonical form promises to merge spellings that differ only in: unused computations, repeated computations, folded
constants, the order of the arguments of commutative operations, a number on the left of a comparison, keywords given
as their defaults, the end from which an axis is counted, and -0 for 0. It promises no algebra: `square(x)` and `x * x`
are different graphs (the gate's duplicate check compares behaviour).
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping, Sequence

from alphaloss.losses.graph import LossGraph, Node, node_type
from alphaloss.losses.operations import OPERATIONS
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import INPUT_TYPES, SCALAR, OperationError, Target, Type

_MIRRORED = {"less": "greater", "less_equal": "greater_equal", "greater": "less", "greater_equal": "less_equal"}


class GraphBuilder:
    """Adds operations one by one; equal operations share one value, constants fold.

    Methods take and return value numbers. Types are checked as each operation is added.

    Args:
        inputs: what the loss asks for.
        target: what the model predicts.
        keep_overflows: leave operations on numbers whose result is not finite as they are, instead of refusing them.
    """

    def __init__(
        self,
        inputs: tuple[str, ...] = ("y_true", "y_pred"),
        *,
        target: Target = "classes",
        keep_overflows: bool = False,
    ) -> None:
        self.inputs = inputs
        self.target = target
        self._keep_overflows = keep_overflows
        self.nodes: list[Node] = []
        self.additions = 0  # asked for, whether or not they gave a new node
        self.types: list[Type] = [INPUT_TYPES[target][name] for name in inputs]
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
        self._numbers[constant] = float(value) + 0.0
        if name is not None:
            self._named.add(constant)
        return constant

    def class_count(self) -> int:
        """The symbolic number of classes."""
        return self.add("class_count")

    def add(self, op: str, *args: int, **static: Static) -> int:
        """Adds an operation and returns its value.

        Raises:
            GraphError: unknown operation, wrong arguments, types that do not fit.
        """
        self.additions += 1
        node = Node(op=op, args=args, kwargs=static)
        result = node_type(node, self.types)  # before defaults are dropped, so that messages show what was asked
        operation = OPERATIONS[op]
        if op in ("cast", "slice") and result == self.types[args[0]]:
            return args[0]  # a slice of known length that takes all
        if op == "index" and self.types[args[0]].dims[-1] == 1:
            return self.add("squeeze", *args, axis=-1)
        kwargs = self._statics(node)
        if op in _MIRRORED and not self.types[args[0]].dims:
            op, args = _MIRRORED[op], args[::-1]
            operation = OPERATIONS[op]
        if operation.commutative:
            args = tuple(sorted(args, key=self._order))
        number = None if result.dims else self._number(op, args, kwargs)
        named = bool(self._named.intersection(args))
        if number is not None and not named and result == SCALAR:
            return self.constant(number)
        value = self._add(Node(op=op, args=args, kwargs=kwargs))
        if number is not None:
            self._numbers[value] = number
            if named:
                self._named.add(value)
        return value

    def graph(self, output: int) -> LossGraph:
        """The finished graph, in canonical form.

        Raises:
            GraphError: the output is not one float a sample, or the graph is too large.
        """
        return canonical(_in_order(self, output))

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

    def _statics(self, node: Node) -> dict[str, Static]:
        """What is fixed in a valid node, in one spelling: axes are counted from the end, places on an axis of known
        length from its start, and defaults are left out."""  # fmt: skip
        static = node.static
        for name, value in static.items():
            if not isinstance(value, int):
                continue
            if name == "axis" and value >= 0:
                static["axis"] = value - len(self.types[node.args[0]].dims) - (node.op == "expand_dims")
            elif name in ("at", "start") and isinstance(length := self.types[node.args[0]].dims[-1], int):
                static[name] = value % length
                if name == "start" and static["stop"] is None:
                    static["stop"] = length
        return {p.name: static[p.name] for p in node.operation.statics if p.required or static[p.name] != p.default}

    def _order(self, value: int) -> tuple[int, int, bytes]:
        """Inputs first, then computed values, numbers last; among equals by content, never by position."""
        node = self._node(value)
        if node is None:
            return (0, value, b"")
        if node.operation.arity > 0:
            return (1, 0, self._digests[value])
        return (2, 0, self._digests[value])

    def _number(self, op: str, args: tuple[int, ...], kwargs: Mapping[str, Static]) -> float | None:
        """The number that an operation on numbers gives, named or not; None if an argument is none.

        Raises:
            OperationError: the number is not finite, unless overflows are kept.
        """
        numbers = [self._numbers[a] for a in args if a in self._numbers]
        if not args or len(numbers) < len(args):
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
    needed = set(_reachable(graph.output, graph.inputs, graph.nodes))
    inputs = tuple(name for i, name in enumerate(graph.inputs) if i < 2 or i in needed)
    # Without names more numbers fold; one that overflows then is a number that the gate refuses by its behaviour.
    builder = GraphBuilder(inputs, target=graph.target, keep_overflows=not keep_names)
    value = {i: builder.input(name) for i, name in enumerate(graph.inputs) if name in inputs}
    for position, node in enumerate(graph.nodes, start=len(graph.inputs)):
        if position not in needed:
            continue
        if node.op == "constant":
            static = node.static
            name = static["name"] if keep_names else None
            value[position] = builder.constant(float(static["value"]), str(name) if name else None)  # type: ignore[arg-type]
        else:
            value[position] = builder.add(node.op, *(value[a] for a in node.args), **node.kwargs)
    return _in_order(builder, value[graph.output])


def _in_order(builder: GraphBuilder, output: int) -> LossGraph:
    """What the output needs, numbered by a walk from it: what was written first, or in vain, does not matter."""
    inputs = builder.inputs
    number = {i: i for i in range(len(inputs))}
    nodes: list[Node] = []
    for value in _reachable(output, inputs, builder.nodes):
        if value >= len(inputs):
            node = builder.nodes[value - len(inputs)]
            number[value] = len(inputs) + len(nodes)
            nodes.append(Node(op=node.op, args=tuple(number[a] for a in node.args), kwargs=node.kwargs))
    return LossGraph(target=builder.target, inputs=inputs, nodes=tuple(nodes), output=number[output])


def _reachable(output: int, inputs: Sequence[str], nodes: Sequence[Node]) -> list[int]:
    """The values that an output needs, each after the values that it uses."""
    order: list[int] = []
    seen: set[int] = set()
    stack = [(output, False)]
    while stack:
        value, expanded = stack.pop()
        if expanded:
            order.append(value)
            continue
        if value in seen:
            continue
        seen.add(value)
        stack.append((value, True))
        if value >= len(inputs):
            stack.extend((a, False) for a in reversed(nodes[value - len(inputs)].args))
    return order
