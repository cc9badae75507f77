"""A lowering: what a name of `keras.ops` means in rows of the operation table, with the parameters it takes.

A lowering is a Python function with the parameters of its Keras counterpart. Their annotations say what may be given:

    Expression           a tensor or a number, as a value of the graph
    Expression | float   the same, but a plain number stays one
    int | None           an axis
    Axes                 an axis, several, or None
    int, bool            fixed in the graph: a plain value, or a named constant, which then is no longer tunable
    DType | None         an element type
    Bound                anything
    GraphBuilder         no parameter of the author's: the graph that is being built
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_type_hints

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.lowering.expression import Expression, op
from alphaloss.losses.lowering.values import Bound, integer, number, show, tensor
from alphaloss.losses.operations import Operation
from alphaloss.losses.types import DType, OperationError

Axes: TypeAlias = int | tuple[int, ...] | None

_INSTEAD = {
    "initial": "leave it out, or use ops.maximum or ops.minimum with the result",
    "where": "use ops.where, or multiply by the mask",
    "weights": "multiply by the weights",
    "dtype": "leave it out: a loss computes in float",
    "name": "leave it out",
    "dim": "write axis=-1",
    "axes": "write axis=-1",
    "keepdim": "write keepdims=True",
    "keep_dims": "write keepdims=True",
}
"""What to do without a keyword that other libraries have."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: `kind` is its annotation."""

    name: str
    kind: Any
    default: Any = None
    required: bool = True


@dataclass(frozen=True)
class Lowering:
    """A name that a loss may call.

    Attributes:
        name: the name in `keras.ops`.
        parameters: in their order.
        function: takes them, converted, by position; before them the graph where `takes_graph`.
        rest: the kind of any further arguments by position, if it takes them.
    """

    name: str
    parameters: tuple[Parameter, ...]
    function: Callable[..., Bound]
    takes_graph: bool = False
    rest: Any = None

    @classmethod
    def of_function(cls, name: str, function: Callable[..., Bound]) -> Lowering:
        """The lowering that a function is."""
        kinds = get_type_hints(function)
        parameters, takes_graph, rest = [], False, None
        for p in inspect.signature(function).parameters.values():
            if kinds[p.name] is GraphBuilder:
                takes_graph = True
            elif p.kind is p.VAR_POSITIONAL:
                rest = kinds[p.name]
            else:
                required = p.default is p.empty
                parameters.append(Parameter(p.name, kinds[p.name], None if required else p.default, required))
        return cls(name, tuple(parameters), function, takes_graph, rest)

    @classmethod
    def of_row(cls, row: Operation) -> Lowering:
        """A row that is called as it is."""
        kinds: Mapping[str, Any] = {"value": Expression, "axis": int | None, "flag": bool}
        parameters = tuple(Parameter(p.name, kinds.get(p.kind, int), p.default, p.required) for p in row.params)
        values, statics = len(row.values), [p.name for p in row.statics]

        def function(*args: Any) -> Bound:
            return op(row.name, *args[:values], **dict(zip(statics, args[values:], strict=True)))

        return cls(row.name, parameters, function)

    @property
    def signature(self) -> str:
        """How it is called, for messages."""
        given = [p.name if p.required else f"{p.name}={p.default!r}" for p in self.parameters]
        return f"ops.{self.name}({', '.join([*given, *(['*operands'] if self.rest else [])])})"

    def __call__(self, builder: GraphBuilder, args: tuple[Bound, ...], kwargs: Mapping[str, Bound]) -> Bound:
        """Writes the call into the graph.

        Raises:
            GraphError: wrong arguments, or a computation that a loss cannot contain.
        """
        positional = self._matched(args, kwargs)
        converted = []
        for parameter in self.parameters:
            if parameter.name in positional:
                try:
                    converted.append(_convert(builder, parameter.kind, positional[parameter.name]))
                except OperationError as error:
                    raise OperationError(f"`{self.signature}`: `{parameter.name}`: {error}") from None
            else:
                converted.append(parameter.default)
        converted.extend(_convert(builder, self.rest, value) for value in args[len(self.parameters) :])
        return self.function(*([builder] if self.takes_graph else []), *converted)

    def _matched(self, args: tuple[Bound, ...], kwargs: Mapping[str, Bound]) -> dict[str, Bound]:
        if len(args) > len(self.parameters) and self.rest is None:
            count = len(self.parameters)
            raise OperationError(f"`{self.signature}` takes {count} argument{'s' * (count != 1)}; got {len(args)}.")
        given = {p.name: value for p, value in zip(self.parameters, args, strict=False)}
        names = {p.name for p in self.parameters}
        for keyword, value in kwargs.items():
            if keyword in given:
                raise OperationError(f"`{self.signature}`: argument `{keyword}` is given twice.")
            if keyword not in names:
                hint = f"; {_INSTEAD[keyword]}" if keyword in _INSTEAD else ""
                raise OperationError(f"`{self.signature}`: argument `{keyword}` is unknown{hint}.")
            given[keyword] = value
        for parameter in self.parameters:
            if parameter.required and parameter.name not in given:
                raise OperationError(f"`{self.signature}`: argument `{parameter.name}` is missing.")
        return given


def _convert(builder: GraphBuilder, kind: Any, value: Bound) -> Any:
    if kind == Expression:
        return tensor(builder, value)
    if kind == Expression | float:
        return number(value) if isinstance(value, int | float) else tensor(builder, value)
    converters: Mapping[Any, Callable[[Bound], Any]] = {
        int | None: _axis,
        Axes: _axes,
        int: _integer,
        bool: _flag,
        DType | None: _dtype,
    }
    return converters[kind](value) if kind in converters else value


def _integer(value: Bound) -> int:
    found = integer(value)
    if found is None:
        raise OperationError(f"expected an integer, known before training; got {show(value)}.")
    return found


def _axis(value: Bound) -> int | None:
    if isinstance(value, tuple) and len(value) == 1:
        return _axis(value[0])
    found = integer(value)
    if found is None and value is not None:
        raise OperationError(f"expected one axis, such as -1; got {show(value)}.")
    return found


def _axes(value: Bound) -> Axes:
    if not isinstance(value, tuple) or len(value) == 1:
        return _axis(value)
    if len(value) > 3:
        raise OperationError(f"expected an axis or a few of them; got {show(value)}.")
    return tuple(_integer(v) for v in value)


def _flag(value: Bound) -> bool:
    if isinstance(value, bool):
        return value
    found = integer(value)
    if found in (0, 1):
        return bool(found)
    raise OperationError(f"expected True or False; got {show(value)}.")


def _dtype(value: Bound) -> DType | None:
    if value is None:
        return None
    starts: Mapping[str, DType] = {"float": "float", "bfloat": "float", "int": "int", "uint": "int", "bool": "bool"}
    for start, dtype in starts.items():
        if isinstance(value, str) and value.startswith(start):
            return dtype
    raise OperationError(f"expected a type such as y_pred.dtype, 'float32' or 'bool'; got {show(value)}.")
