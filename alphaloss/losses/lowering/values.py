"""What an argument of a recorded call is, once the references in it are resolved."""

from __future__ import annotations

import math
from types import EllipsisType
from typing import Literal, NamedTuple, TypeAlias, Union

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.lowering.expression import Expression
from alphaloss.losses.types import Dim, NotPerSampleError, OperationError


class Size(NamedTuple):
    """The length of an axis, as `x.shape` gives it: a number in arithmetic, and an axis in a shape."""

    dim: Literal["batch", "classes", "outputs"]


Bound: TypeAlias = Union[  # noqa: UP007
    Expression, Size, slice, EllipsisType, bool, int, float, str, tuple["Bound", ...], None
]
"""An argument or a result: a value of the graph, a size, a plain value, or a tuple of them."""

CLASS_FREE = (
    "A loss must work for any number of classes: use y_pred.shape[-1] for their number, and `class_prior` or "
    "ops.arange(y_pred.shape[-1]) for what differs between them"
)


def show(value: object) -> str:
    """A value in a message: never long, and safe for any nesting."""
    match value:
        case Expression():
            text = f"a tensor {value.type}"
        case Size():
            text = f"the {'batch size' if value.dim == 'batch' else 'class count'}"
        case tuple():
            text = f"a tuple of {len(value)}"
        case slice():
            text = "a slice"
        case str():
            text = ascii(value[:40])
        case _:
            text = str(value)
    return text


def tensor(builder: GraphBuilder, value: Bound) -> Expression:
    """The value as one of the graph: a number becomes a constant, the class count its operation.

    Raises:
        NotPerSampleError: it is the batch size.
        OperationError: it is neither a tensor nor a finite number.
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, Size):
        if value.dim == "batch":
            raise NotPerSampleError(
                "the batch size is used as a number; a loss gives one value a sample, whatever the batch. Leave it "
                "out: Keras takes the mean over the batch itself."
            )
        return Expression(builder, builder.class_count())
    return Expression(builder, builder.constant(number(value)))


def number(value: Bound) -> float:
    """The float that a plain number is.

    Raises:
        OperationError: it is none, or not finite as a float.
    """
    if isinstance(value, tuple):
        raise OperationError(f"expected a tensor or a number; got a list of {len(value)} values. {CLASS_FREE}.")
    if isinstance(value, str | slice | EllipsisType | None | Expression | Size):
        raise OperationError(f"expected a tensor or a number; got {show(value)}.")
    if not math.isfinite(value):
        raise OperationError(f"expected a finite number; got {show(value)}; use a large one, such as 1e9.")
    return float(value)


def integer(value: Bound) -> int | None:
    """The integer that a plain value or a constant is, or None. A named constant is then fixed, no longer tunable."""
    if isinstance(value, Expression):
        constant = value.constant
        return int(constant) if constant is not None and constant.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def class_dim(builder: GraphBuilder) -> Dim:
    """What the last axis of `y_pred` is called in this graph."""
    return builder.types[builder.input("y_pred")].dims[-1]


def is_class_count(value: Bound) -> bool:
    """Whether it is the number of classes (of outputs, in a regression), in any spelling."""
    if isinstance(value, Expression):
        return (value.argument_of("cast") or value).value == value.builder.class_count()
    return isinstance(value, Size) and value.dim != "batch"


def dimension(builder: GraphBuilder, value: Bound) -> Dim | None:
    """What an entry of a shape means: a number (-1 included), or the axis that a size belongs to; None if neither."""
    if is_class_count(value):
        return class_dim(builder)
    return "batch" if isinstance(value, Size) else integer(value)
