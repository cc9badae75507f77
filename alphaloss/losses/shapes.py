"""The shape rules of the operation table: from the types of the arguments to the type of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from alphaloss.losses.types import SCALAR, Dim, NotPerSampleError, ShapeError, Type

Static = float | int | bool | str | None
TypeRule = Callable[[Sequence[Type], Mapping[str, Static]], Type]

MOST_AXES = 3
_MIXES = (
    "mixes samples; a loss gives one value a sample, and each may depend on its own row only. "
    "Reduce over the class axis: axis=-1"
)


def broadcast(types: Sequence[Type]) -> tuple[Dim, ...]:
    """Dimensions of several values combined element by element, aligned at the right as numpy does.

    Raises:
        ShapeError: two dimensions differ and neither is 1.
        NotPerSampleError: a per-sample value would be spread over the batch axis of another.
    """
    rank = max(len(t.dims) for t in types)
    dims: list[Dim] = []
    for position in range(rank):
        found: set[Dim] = set()
        for t in types:
            index = position - (rank - len(t.dims))
            if index >= 0 and t.dims[index] != 1:
                found.add(t.dims[index])
        if len(found) > 1:
            shapes = " and ".join(str(t) for t in types)
            hint = "Keep the class axis when you reduce (keepdims=True)" if "batch" in found else "Check the axes"
            raise ShapeError(f"cannot combine {shapes}: a {' and a '.join(sorted(map(str, found)))} axis meet. {hint}.")
        dims.append(found.pop() if found else 1)
    if "batch" in dims[1:]:
        shapes = " and ".join(str(t) for t in types)
        raise NotPerSampleError(f"combining {shapes} gives a (batch, batch) table, which {_MIXES}.")
    if dims.count("classes") > 1:
        raise ShapeError(
            f"combining {' and '.join(map(str, types))} gives a table of classes x classes, which is too large."
        )
    return tuple(dims)


def elementwise(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Arithmetic: floats in, float out."""
    require("float", args)
    return Type(broadcast(args))


def comparison(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Floats in, bool out; one of them depends on a sample."""
    require("float", args)
    if all(not t.dims for t in args):
        raise ShapeError("compares two numbers; compare with y_pred or y_true, or with what is computed from them.")
    return Type(broadcast(args), "bool")


def selection(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """`where(condition, x1, x2)`: a bool and two floats."""
    require("bool", args[:1])
    require("float", args[1:])
    return Type(broadcast(args))


def reduction(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Over the last axis, which must not be the batch."""
    (x,) = args
    require("float", args)
    last_axis(x, static["axis"])
    return Type((*x.dims[:-1], 1) if static["keepdims"] else x.dims[:-1])


def along_classes(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Normalisation along the last axis (softmax): the dimensions stay."""
    (x,) = args
    require("float", args)
    last_axis(x, static["axis"])
    return x


def expansion(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """A new last axis of size one."""
    (x,) = args
    if static["axis"] not in (-1, len(x.dims)):
        raise NotPerSampleError(f"a new axis at {static['axis']} of {x} {_MIXES}.")
    if len(x.dims) == MOST_AXES:
        raise ShapeError(f"{x} cannot have another axis; a value has at most {MOST_AXES}, the batch included.")
    return Type((*x.dims, 1), x.dtype)


def squeezing(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Drops a last axis of size one."""
    (x,) = args
    if not x.dims or x.dims[-1] != 1 or static["axis"] not in (-1, len(x.dims) - 1):
        raise ShapeError(f"squeeze needs a last axis of size 1 and axis=-1; got {x} and axis={static['axis']}.")
    return Type(x.dims[:-1], x.dtype)


def casting(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """The same dimensions in another type."""
    (x,) = args
    dtype = static["dtype"]
    if dtype == "float":
        return Type(x.dims, "float")
    if dtype == "bool":
        return Type(x.dims, "bool")
    raise ShapeError(f"cast knows the types 'float' and 'bool'; got {dtype!r}.")


def of_samples(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Arithmetic whose first argument is no plain number, which Keras would refuse."""
    if not args[0].dims:
        raise ShapeError("needs a value that depends on a sample; got a number.")
    return elementwise(args, static)


def like(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """A float of the same dimensions."""
    return of_samples(args, static)


def scalar(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """A number without axes."""
    return SCALAR


def require(dtype: Literal["float", "bool"], types: Sequence[Type]) -> None:
    """Refuses a value of another element type."""
    for t in types:
        if t.dtype != dtype:
            other = "a comparison gives bool: use ops.cast or ops.where" if dtype == "float" else "compare first"
            raise ShapeError(f"expected {dtype}, got {t} ({other}).")


def last_axis(x: Type, axis: Static) -> None:
    """Refuses a reduction over anything but the class axis.

    Raises:
        NotPerSampleError: the axis is, or includes, the batch.
        ShapeError: there is no such axis.
    """
    rank = len(x.dims)
    if rank == 0:
        raise ShapeError(f"cannot reduce {x}: it has no axis.")
    if axis is None:
        if rank > 1 or x.dims[0] == "batch":
            raise NotPerSampleError(f"a reduction of {x} over all axes (axis=None) {_MIXES}.")
        return
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ShapeError(f"axis {axis!r} does not exist in {x}; use axis=-1.")
    if x.dims[axis] == "batch":
        raise NotPerSampleError(f"a reduction of {x} over axis {axis} {_MIXES}.")
    if axis % rank != rank - 1:
        raise ShapeError(f"axis {axis} of {x} is not the last one; only axis=-1 can be reduced.")
