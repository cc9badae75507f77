"""The type rules of what works element by element: from the types of the arguments to the type of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from alphaloss.losses.types import SCALAR, Dim, DType, NotPerSampleError, ShapeError, Type

Static = float | int | bool | str | None
TypeRule = Callable[[Sequence[Type], Mapping[str, Static]], Type]

MOST_AXES = 3
MIXES = (
    "mixes samples; a loss gives one value a sample, and each may depend on its own row only. "
    "Reduce over the class axis: axis=-1"
)

_HOW_TO_GET: Mapping[DType, str] = {
    "float": "use ops.cast(x, y_pred.dtype) or ops.where",
    "bool": "compare first, as in x > 0.5",
    "int": "indices come from ops.argmax, ops.argmin, ops.argsort, ops.top_k or ops.cast(x, 'int32')",
}


def require(dtype: DType, types: Sequence[Type]) -> None:
    """Refuses a value of another element type."""
    for t in types:
        if t.dtype != dtype:
            raise ShapeError(f"expected {dtype}, got {t}; {_HOW_TO_GET[dtype]}.")


def fitting(dims: tuple[Dim, ...], what: str) -> tuple[Dim, ...]:
    """The dimensions, unless there are too many of them.

    Raises:
        ShapeError: more than two axes beside the batch.
    """
    if len(dims) - dims.count("batch") >= MOST_AXES:
        raise ShapeError(
            f"{what} has more than {MOST_AXES} axes: a value may have the batch and two more, as in "
            "(batch, classes, classes). Reduce one with axis=-1 first."
        )
    return dims


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
    shapes = " and ".join(map(str, types))
    if "batch" in dims[1:]:
        if any(t.dims[-1:] == (1,) for t in types):
            raise NotPerSampleError(
                f"combining {shapes} gives a (batch, batch) table, which mixes samples. Write keepdims in both "
                "reductions or in neither, or use ops.squeeze(x, axis=-1)."
            )
        raise NotPerSampleError(f"combining {shapes} gives a (batch, batch) table, which {MIXES}.")
    return fitting(tuple(dims), f"what combining {shapes} gives")


def elementwise(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Arithmetic: floats in, float out."""
    require("float", args)
    return Type(broadcast(args))


def of_samples(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Arithmetic whose first argument is no plain number, which Keras would refuse."""
    if not args[0].dims:
        raise ShapeError("needs a value that depends on a sample; got a number.")
    return elementwise(args, static)


def clipping(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """A float and its bounds, which may be spread over it, but not it over them."""
    result = of_samples(args, static)
    if result.dims != args[0].dims:
        raise ShapeError(
            f"the bounds {' and '.join(map(str, args[1:]))} have more axes or longer ones than {args[0]}; "
            "use ops.minimum(ops.maximum(x, x_min), x_max) instead."
        )
    return result


def comparison(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Two floats or two ints in, bool out; one of them depends on a sample."""
    if {t.dtype for t in args} != {"int"}:
        require("float", args)
    if all(not t.dims for t in args):
        raise ShapeError("compares two numbers; compare with y_pred or y_true, or with what is computed from them.")
    return Type(broadcast(args), "bool")


def logical(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """Bools in, bool out."""
    require("bool", args)
    return Type(broadcast(args), "bool")


def selection(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """`where(condition, x1, x2)`: a bool and two floats."""
    require("bool", args[:1])
    require("float", args[1:])
    return Type(broadcast(args))


def casting(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """The same dimensions in another type."""
    (x,) = args
    dtype = static["dtype"]
    for known in ("float", "bool", "int"):
        if dtype == known:
            return Type(x.dims, known)
    raise ShapeError(f"cast knows the types 'float', 'bool' and 'int'; got {dtype!r}.")


def number(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """A number without axes."""
    return SCALAR


def indices(args: Sequence[Type], static: Mapping[str, Static]) -> Type:
    """The index of each class."""
    return Type(("classes",), "int")
