"""The raw trace: what a candidate did with its arguments, call by call, before anyone says what the calls mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import TypeAlias, Union


@dataclass(frozen=True, slots=True)
class Ref:
    """A value of the trace by its number: the inputs first, then the constants, then the calls, each in their order."""

    index: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice inside the brackets of `getitem`, as it was written."""

    start: "RawValue"
    stop: "RawValue"
    step: "RawValue"


RawValue: TypeAlias = Union[Ref, Slice, EllipsisType, bool, int, float, str, tuple["RawValue", ...], None]  # noqa: UP007
"""An argument as the candidate wrote it; lists and ranges have become tuples. Floats may be infinite or NaN."""


@dataclass(frozen=True, slots=True)
class RawCall:
    """One recorded call.

    Attributes:
        op: The name after `ops.`, of the method, or of the operation that the operator stands for. Any identifier:
            whether it exists is not known here. `class_count` and `batch_size` (no arguments) are the sizes that
            `x.shape` gives; `getitem` has two arguments, the value and what stands in the brackets.
        args: The positional arguments.
        kwargs: The keyword arguments, by name in alphabetical order.
    """

    op: str
    args: tuple[RawValue, ...] = ()
    kwargs: Mapping[str, RawValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawTrace:
    """What one call of `loss` did.

    Attributes:
        inputs: The names of the inputs; input i is `Ref(i)`.
        constants: The named constants with their defaults; they are numbered after the inputs, in this order.
        calls: The calls in their order; the first has the number `len(inputs) + len(constants)`. A call refers only
            to values with lower numbers. Calls that the output does not need are included.
        output: What `loss` returned.
    """

    inputs: tuple[str, ...]
    constants: Mapping[str, float]
    calls: tuple[RawCall, ...]
    output: RawValue
