"""Calls of `keras.ops` as trees, to be recorded as a candidate's calls would be, or computed by Keras itself."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

from alphaloss.sandbox import RawCall, RawTrace, RawValue, Ref, Slice

_OPERATORS = {"getitem": operator.getitem, "matmul": operator.matmul}


class Leaf(NamedTuple):
    """An input, or a size as `x.shape` gives it."""

    name: str


class Call(NamedTuple):
    """A call whose arguments may be leaves, calls, slices, tuples and plain values."""

    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


Y, Z = Leaf("y_true"), Leaf("y_pred")
K, BATCH = Leaf("class_count"), Leaf("batch_size")
PRIOR = Leaf("class_prior")


def call(op: str, *args: Any, **kwargs: Any) -> Call:
    return Call(op, args, kwargs)


def recorded(output: Any, inputs: tuple[str, ...] = ("y_true", "y_pred")) -> RawTrace:
    """What a guest records of the tree."""
    calls: list[RawCall] = []

    def value(given: Any) -> RawValue:
        if isinstance(given, Leaf) and given.name in inputs:
            return Ref(inputs.index(given.name))
        if isinstance(given, Leaf):
            given = Call(given.name, (), {})
        if isinstance(given, Call):
            args = tuple(value(a) for a in given.args)
            calls.append(RawCall(given.op, args, {k: value(v) for k, v in given.kwargs.items()}))
            return Ref(len(inputs) + len(calls) - 1)
        if isinstance(given, slice):
            return Slice(*(value(v) for v in (given.start, given.stop, given.step)))
        if isinstance(given, tuple | list):
            return tuple(value(v) for v in given)
        return given

    result = value(output)
    return RawTrace(inputs, {}, tuple(calls), result)


def computed(given: Any, values: dict[str, Any]) -> Any:
    """What Keras gives for the tree."""
    import keras  # noqa: PLC0415  # only the tests that compare need it

    if isinstance(given, Leaf):
        sizes = {"class_count": values["y_pred"].shape[-1], "batch_size": values["y_pred"].shape[0]}
        return {**values, **sizes}[given.name]
    if isinstance(given, Call):
        args = [computed(a, values) for a in given.args]
        kwargs = {k: computed(v, values) for k, v in given.kwargs.items()}
        return (_OPERATORS.get(given.op) or getattr(keras.ops, given.op))(*args, **kwargs)
    if isinstance(given, slice):
        return slice(*(computed(v, values) for v in (given.start, given.stop, given.step)))
    if isinstance(given, tuple | list):
        return type(given)(computed(v, values) for v in given)
    return given
