"""The type rules of the operation table for what works along an axis: reductions, order, picking, forms.

A class axis is any axis but the batch; a value has at most two. An axis may be written as in Keras, from either end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alphaloss.losses.shapes import MIXES, Static, TypeRule, fitting, require
from alphaloss.losses.types import DType, NotPerSampleError, ShapeError, Type


def class_axis(x: Type, axis: Static) -> int:
    """The axis that an operation works along, counted from the end.

    Raises:
        NotPerSampleError: the axis is, or includes, the batch.
        ShapeError: there is no such axis.
    """
    rank = len(x.dims)
    if rank == 0:
        raise ShapeError(f"cannot reduce {x}: it has no axis.")
    if axis is None:
        if rank > 1 or x.dims[0] == "batch":
            if x.dims == ("batch",):
                raise NotPerSampleError(
                    f"a reduction of {x}, which has one value a sample already, mixes samples. Return these values: "
                    "Keras takes their mean itself."
                )
            raise NotPerSampleError(f"a reduction of {x} over all axes (axis=None) {MIXES}.")
        return -1
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ShapeError(f"axis {axis!r} does not exist in {x}; use axis=-1.")
    if x.dims[axis] == "batch":
        raise NotPerSampleError(f"a reduction of {x} over axis {axis} {MIXES}.")
    return axis % rank - rank


def last_axis(x: Type) -> None:
    """Refuses a value whose last axis is no class axis.

    Raises:
        NotPerSampleError: the last axis is the batch.
        ShapeError: there is no axis.
    """
    if not x.dims:
        raise ShapeError(f"needs a value with a class axis; got {x}.")
    if x.dims[-1] == "batch":
        raise NotPerSampleError(f"picking from the batch axis of {x} {MIXES}.")


def least_length(static: Mapping[str, Static]) -> int:
    """How long the last axis must be for what is fixed in `top_k`, `index` or `slice`; 1 for all others."""
    needed = 1
    for name, value in static.items():
        if not isinstance(value, int):
            continue
        if name in ("k", "stop"):
            needed = max(needed, value)
        elif name in ("at", "start"):
            needed = max(needed, value + 1 if value >= 0 else -value)
    return needed


def _long_enough(x: Type, static: Mapping[str, Static]) -> None:
    length = x.dims[-1]
    if isinstance(length, int) and length < least_length(static):
        raise ShapeError(f"needs a last axis of at least {least_length(static)}; got {x}.")


def reduction(takes: DType = "float", gives: DType = "float") -> TypeRule:
    """Over a class axis, which goes or stays with size one."""

    def rule(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
        (x,) = args
        require(takes, args)
        axis = class_axis(x, static["axis"])
        dims = list(x.dims)
        dims[axis:] = [*([1] if static["keepdims"] else []), *dims[len(dims) + axis + 1 :]]
        return Type(tuple(dims), gives)

    return rule


def along(takes: DType | None = "float", gives: DType | None = None) -> TypeRule:
    """Along a class axis; the dimensions stay. `takes=None` is any type, `gives=None` that of the argument."""

    def rule(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
        (x,) = args
        require(takes or x.dtype, args)
        class_axis(x, static["axis"])
        return Type(x.dims, gives or x.dtype)

    return rule


def largest(gives: DType) -> TypeRule:
    """The `k` largest along the last axis."""

    def rule(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
        (x,) = args
        require("float", args)
        last_axis(x)
        _long_enough(x, static)
        k = static["k"]
        assert isinstance(k, int)
        return Type((*x.dims[:-1], k), gives)

    return rule


def indexing(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """`x[..., at]`: the last axis goes."""
    (x,) = args
    last_axis(x)
    _long_enough(x, static)
    return Type(x.dims[:-1], x.dtype)


def slicing(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """`x[..., start:stop]` with a length that is known: from the start up to a stop, or the last few."""
    (x,) = args
    last_axis(x)
    _long_enough(x, static)
    start, stop = static["start"], static["stop"]
    assert isinstance(start, int)
    if start < 0 and stop is None:
        return Type((*x.dims[:-1], -start), x.dtype)
    if isinstance(stop, int) and 0 <= start < stop:
        return Type((*x.dims[:-1], stop - start), x.dtype)
    raise ShapeError(
        f"the slice {start}:{stop} has no known length at every class count; expected x[..., 0:2], which counts from "
        "the first class, or x[..., -2:], the last ones."
    )


def picking(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """`take_along_axis`: values by index along the last axis, for each sample its own."""
    x, indices = args
    require("int", args[1:])
    axis = class_axis(x, static["axis"])
    if axis != -1:
        raise ShapeError(f"picks along the last axis only; got axis={static['axis']} for {x}.")
    if x.dims[:-1] != indices.dims[:-1] or len(x.dims) != len(indices.dims):
        raise ShapeError(
            f"the indices {indices} must have the axes of {x}, but for the length of the last one; "
            "reduce with keepdims=True or use ops.expand_dims(indices, axis=-1)."
        )
    return Type(indices.dims, x.dtype)


def one_hot(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """A new last axis, of the classes."""
    (x,) = args
    require("int", args)
    return Type(fitting((*x.dims, "classes"), f"ops.one_hot of {x}"))


def expansion(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """A new axis of size one, last or in front of the last class axis."""
    (x,) = args
    axis, rank = static["axis"], len(x.dims) + 1
    if not x.dims:
        raise ShapeError("needs a value that depends on a sample; got a number.")
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ShapeError(f"axis {axis!r} does not exist in {x} with a new axis; use axis=-1.")
    place = axis % rank
    if "batch" in x.dims[place:]:
        raise NotPerSampleError(f"a new axis at {axis} of {x}, in front of the batch, {MIXES}.")
    return Type(fitting((*x.dims[:place], 1, *x.dims[place:]), f"{x} with another axis"), x.dtype)


def squeezing(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Drops an axis of size one."""
    (x,) = args
    axis, rank = static["axis"], len(x.dims)
    if not isinstance(axis, int) or not -rank <= axis < rank or x.dims[axis] != 1:
        raise ShapeError(f"squeeze needs an axis of size 1, as in axis=-1 of (batch, 1); got {x} and axis={axis}.")
    place = axis % rank
    return Type((*x.dims[:place], *x.dims[place + 1 :]), x.dtype)


def swapping(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """The two class axes change places."""
    (x,) = args
    if len(x.dims) < 2 or "batch" in x.dims[-2:]:
        raise NotPerSampleError(f"swaps the two class axes of (batch, classes, classes); with {x} it {MIXES}.")
    return Type((*x.dims[:-2], x.dims[-1], x.dims[-2]), x.dtype)
