"""From raw calls, as the sandbox recorded them, to a loss graph.

The recorder in the sandbox only writes down names and arguments, and what it wrote is not trusted. What the names mean
(parameters, defaults, types, axes) is decided here, from the lowerings.
"""

from __future__ import annotations

import difflib
import re
from typing import Never

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.lowering import LOWERINGS
from alphaloss.losses.lowering.expression import Expression
from alphaloss.losses.lowering.refused import REFUSED
from alphaloss.losses.lowering.values import Bound, Size, class_dim, number, show, tensor
from alphaloss.losses.types import INPUT_TYPES, GraphError, OperationError, Target
from alphaloss.sandbox import RawCall, RawTrace, RawValue, Ref, Slice

_DEEPEST = 10
_LONGEST = 100
_LARGEST = 2**63
_OPERATION = re.compile(r"^`ops\.\w+`: ")
_SPELT = {"getitem": "x[...]", "get_item": "x[...]", "matmul": "a @ b"}


def bind(trace: RawTrace, target: Target = "classes") -> LossGraph:
    """The graph that the recorded calls describe, in canonical form.

    Args:
        trace: what was recorded; any trace gives a graph or a GraphError.
        target: what the model predicts.

    Raises:
        GraphError: an unknown operation (with the nearest known ones), wrong arguments, dimensions that do not fit, a
            computation that mixes samples, or a result that is not one float a sample. Its `call` is the number of the
            call in `trace.calls`; None where the inputs or the result are at fault.
    """
    binder = _Binder(trace, target)
    for position, call in enumerate(trace.calls):
        try:
            binder.add(call)
        except GraphError as error:
            error.call = position
            raise
    return binder.graph(trace.output)


class _Binder:
    def __init__(self, trace: RawTrace, target: Target) -> None:
        for name in trace.inputs:
            if name not in INPUT_TYPES[target]:
                known = ", ".join(INPUT_TYPES[target])
                raise OperationError(f"unknown input {show(name)} of a loss for {target}; expected one of {known}.")
        self._builder = GraphBuilder(trace.inputs, target=target)
        self._values: list[Bound] = [self._expression(self._builder.input(name)) for name in trace.inputs]
        for name, value in trace.constants.items():
            try:
                self._values.append(self._expression(self._builder.constant(number(self._resolved(value)), name)))
            except OperationError as error:
                raise OperationError(f"the named constant {show(name)}: {error}") from None

    def add(self, call: RawCall) -> None:
        """The next call."""
        args = tuple(self._resolved(value) for value in call.args)
        kwargs = {name: self._resolved(value) for name, value in call.kwargs.items()}
        if call.op == "class_count":
            classes = class_dim(self._builder)
            assert not isinstance(classes, int)
            result: Bound = Size(classes)
        elif call.op == "batch_size":
            result = Size("batch")
        else:
            result = self._lowered(call.op, args, kwargs)
        self._values.append(result)

    def graph(self, output: RawValue) -> LossGraph:
        """The finished graph."""
        result = self._resolved(output)
        if isinstance(result, Size):
            result = tensor(self._builder, result)
        if not isinstance(result, Expression):
            received = "nothing" if result is None else show(result)
            raise OperationError(
                f"the loss returns {received}; expected one float a sample, computed with keras.ops from y_true and "
                "y_pred."
            )
        return self._builder.graph(result.value)

    def _lowered(self, op: str, args: tuple[Bound, ...], kwargs: dict[str, Bound]) -> Bound:
        lowering = LOWERINGS.get(op)
        if lowering is None:
            _refuse(op)
        try:
            return lowering(self._builder, args, kwargs)
        except GraphError as error:
            message = str(error)
            if message.startswith(f"`{lowering.signature}`"):
                raise
            spelling = _SPELT.get(op, f"ops.{op}")
            raise type(error)(f"`{spelling}`: {_OPERATION.sub('', message)}") from None

    def _resolved(self, value: RawValue, depth: int = 0) -> Bound:
        """The argument with what its references denote."""
        if depth > _DEEPEST:
            raise OperationError(f"an argument is nested more than {_DEEPEST} deep.")
        if isinstance(value, Ref):
            if not 0 <= value.index < len(self._values):
                raise OperationError("an argument refers to a value that does not exist.")
            return self._values[value.index]
        if isinstance(value, Slice):
            return slice(*(self._resolved(v, depth + 1) for v in (value.start, value.stop, value.step)))
        if isinstance(value, tuple) and len(value) > _LONGEST:
            raise OperationError(f"an argument has {len(value)} entries; expected at most {_LONGEST}.")
        if isinstance(value, tuple):
            return tuple(self._resolved(v, depth + 1) for v in value)
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise OperationError("expected a finite number; got a huge integer; use a float, such as 1e9.")
        return value

    def _expression(self, value: int) -> Expression:
        return Expression(self._builder, value)


def _refuse(op: str) -> Never:
    """The sentence about a name that a loss cannot call."""
    if op in REFUSED:
        error, sentence = REFUSED[op]
        raise error(f"`ops.{op}` {sentence}.")
    near = difflib.get_close_matches(op[:64], LOWERINGS, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(f'`ops.{n}`' for n in near)}?" if near else "See the functions of keras.ops."
    raise OperationError(f"`ops.{op[:64]}` is not among the operations of a loss. {hint}")
