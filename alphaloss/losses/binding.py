"""From raw calls, as the sandbox recorded them, to a loss graph.

The recorder in the sandbox only writes down names and arguments. What they mean (parameters, defaults, types, axes) is
decided here, from the operation table.
"""

from __future__ import annotations

import difflib

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.operations import ALIASES, OPERATIONS, Operation, Param
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import OperationError
from alphaloss.sandbox import RawCall, RawTrace, RawValue, Ref

_TAKE_BOOL = {"cast", "expand_dims", "squeeze"}


def bind(trace: RawTrace) -> LossGraph:
    """The graph that the recorded calls describe, in canonical form.

    Raises:
        GraphError: an unknown operation (with the nearest known ones), wrong arguments, dimensions that do not fit, a
            computation that mixes samples, or a result that is not one float a sample.
    """
    return _Binder(trace).run()


class _Binder:
    def __init__(self, trace: RawTrace) -> None:
        self.trace = trace
        self.builder = GraphBuilder(trace.inputs)
        constants = [self.builder.constant(value, name) for name, value in trace.constants.items()]
        self.values = [*(self.builder.input(name) for name in trace.inputs), *constants]

    def run(self) -> LossGraph:
        for call in self.trace.calls:
            self.values.append(self._call(call))
        output = self.trace.output
        if not isinstance(output, Ref):
            received = "nothing" if output is None else f"a {type(output).__name__}"
            raise OperationError(
                f"the loss returns {received}; expected one float a sample, computed with keras.ops from y_true and "
                "y_pred."
            )
        return self.builder.graph(self.values[output.index])

    def _call(self, call: RawCall) -> int:
        name = call.op.removeprefix("nn.")
        name = ALIASES.get(name, name)
        if name == "class_count":
            return self.builder.class_count()
        operation = OPERATIONS.get(name)
        if operation is None or name == "constant":
            raise OperationError(_unknown(call.op))
        args, static = self._arguments(operation, call)
        if name not in _TAKE_BOOL:
            # Keras counts True as 1 in arithmetic; the graph says so with a cast. A condition stays bool.
            first = 1 if name == "where" else 0
            args = [*args[:first], *(self._as_float(a) for a in args[first:])]
        return self.builder.add(name, *args, **static)

    def _arguments(self, operation: Operation, call: RawCall) -> tuple[list[int], dict[str, Static]]:
        if len(call.args) > len(operation.params):
            raise OperationError(
                f"`ops.{operation.signature}` takes {len(operation.params)} arguments; got {len(call.args)}."
            )
        given = {p.name: value for p, value in zip(operation.params, call.args, strict=False)}
        for keyword, value in call.kwargs.items():
            if keyword in given or keyword not in {p.name for p in operation.params}:
                fault = "got twice" if keyword in given else "unknown"
                raise OperationError(f"`ops.{operation.signature}`: argument `{keyword}` is {fault}.")
            given[keyword] = value
        args: list[int] = []
        static: dict[str, Static] = {}
        for param in operation.params:
            if param.name not in given:
                if param.required:
                    raise OperationError(f"`ops.{operation.signature}`: argument `{param.name}` is missing.")
            elif param.kind == "value":
                args.append(self._value(operation, param, given[param.name]))
            else:
                static[param.name] = _static(operation, param, given[param.name])
        return args, static

    def _value(self, operation: Operation, param: Param, value: RawValue) -> int:
        if isinstance(value, Ref):
            return self.values[value.index]
        if isinstance(value, int | float):
            return self.builder.constant(float(value))
        raise OperationError(
            f"`ops.{operation.signature}`: `{param.name}` must be a tensor or a number; got {value!r}."
        )

    def _as_float(self, value: int) -> int:
        if self.builder.types[value].dtype == "bool":
            return self.builder.add("cast", value, dtype="float")
        return value


def _static(operation: Operation, param: Param, value: RawValue) -> Static:
    if isinstance(value, Ref):
        raise OperationError(
            f"`ops.{operation.signature}`: `{param.name}` must be a plain value, known before training; got a tensor."
        )
    if isinstance(value, tuple):
        if param.kind == "axis" and len(value) == 1:
            return _static(operation, param, value[0])
        raise OperationError(f"`ops.{operation.signature}`: `{param.name}` must be one axis; got {value!r}.")
    if not isinstance(value, int | str | None):
        raise OperationError(f"`ops.{operation.signature}`: `{param.name}` must be one axis; got {value!r}.")
    return _dtype(value) if param.kind == "dtype" else value


def _dtype(value: Static) -> str:
    if isinstance(value, str) and value.startswith(("float", "bfloat")):
        return "float"
    if value == "bool":
        return "bool"
    raise OperationError(f"cast to {value!r}: a loss computes with floats and bools only; use y_pred.dtype.")


def _unknown(op: str) -> str:
    if op == "getitem":
        return "indexing a tensor (x[...]) is not among the operations of a loss; multiply by a one-hot y_true and sum."
    near = difflib.get_close_matches(op.removeprefix("nn."), [*OPERATIONS, *ALIASES], n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(f'`ops.{n}`' for n in near)}?" if near else f"Known: {', '.join(OPERATIONS)}."
    return f"`ops.{op}` is not among the operations of a loss. {hint}"
