"""What changes the form of a value but not its numbers: axes of size one come and go, class axes change places.

The batch stays in front in every form, so that samples stay apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.lowering.expression import Expression, converted, op
from alphaloss.losses.lowering.signature import Axes
from alphaloss.losses.lowering.values import CLASS_FREE, Bound, Size, dimension, show, tensor
from alphaloss.losses.types import Dim, DType, NotPerSampleError, OperationError, ShapeError, Type

_MIXES = "mixes samples: the batch axis must stay first and whole"


def tensor_of(
    builder: GraphBuilder, x: Bound, dtype: DType | None = None, sparse: Bound = None, ragged: Bound = None
) -> Bound:
    """The value itself; a size stays a size, a shape a shape."""
    if isinstance(x, tuple) and x and all(isinstance(v, Size | Expression) for v in x):
        return x
    return cast(builder, x, dtype)


def array(builder: GraphBuilder, x: Bound, dtype: DType | None = None) -> Bound:
    """The value itself."""
    return cast(builder, x, dtype)


def copy(builder: GraphBuilder, x: Bound) -> Bound:
    """The value itself."""
    return cast(builder, x, None)


def stop_gradient(builder: GraphBuilder, variable: Bound) -> Bound:
    """The value without its gradient; a number has none."""
    if isinstance(variable, Size):
        return variable
    x = tensor(builder, variable)
    return op("stop_gradient", x) if x.dims else x


def cast(builder: GraphBuilder, x: Bound, dtype: DType | None) -> Bound:
    """Floats of any precision are one type, so are integers of any size; a size is an integer until it is computed."""
    if isinstance(x, Size) and (x.dim == "batch" or dtype != "float"):
        return x
    return converted(tensor(builder, x), dtype)


def like(name: str) -> Callable[..., Bound]:
    """`zeros_like` and `ones_like`; of a number, a number."""

    def lowered(x: Expression, dtype: DType | None = None) -> Expression:
        if not x.dims:
            return Expression(x.builder, x.builder.constant(float(name == "ones_like")))
        result = op(name, x)
        return converted(result, dtype)

    return lowered


def expand_dims(x: Expression, axis: Axes) -> Expression:
    """One new axis, or several, counted in the result."""
    if axis is None:
        raise OperationError("needs an axis, such as axis=-1; got None.")
    added = axis if isinstance(axis, tuple) else (axis,)
    rank = len(x.dims) + len(added)
    if len(added) == 1:
        return op("expand_dims", x, axis=added[0])
    places = sorted({a % rank for a in added if -rank <= a < rank})
    if len(places) != len(added):
        raise ShapeError(f"expected new axes within the {rank} of the result, each once; got {axis}.")
    for place in places:
        x = op("expand_dims", x, axis=place)
    return x


def squeeze(x: Expression, axis: Axes = None) -> Expression:
    """Drops axes of size one: all of them, or those given."""
    rank = len(x.dims)
    given = axis if isinstance(axis, tuple) else (axis,)
    places = [i for i, dim in enumerate(x.dims) if dim == 1] if axis is None else []
    for a in given:
        if a is None:
            continue
        if not -rank <= a < rank or x.dims[a] != 1 or a % rank in places:
            raise ShapeError(f"squeeze needs an axis of size 1; got {x.type} and axis={a}.")
        places.append(a % rank)
    for place in sorted(places, reverse=True):
        x = op("squeeze", x, axis=place)
    return x


def reshape(x: Expression, newshape: Bound) -> Expression:
    """A shape that only adds or drops axes of size one."""
    return reformed(x, _inferred(x.type, dims_of(x.builder, newshape)))


def reformed(x: Expression, target: Sequence[Dim]) -> Expression:
    """The value with these dimensions, which are its own but for those of size one.

    Raises:
        ShapeError, NotPerSampleError: they are not.
    """
    kept = [dim for dim in x.dims if dim != 1]
    if kept != [dim for dim in target if dim != 1]:
        given = ", ".join(map(str, target))
        if "batch" in kept and (not target or target[0] != "batch"):
            raise NotPerSampleError(f"reshaping {x.type} to ({given}) {_MIXES}.")
        raise ShapeError(f"cannot reshape {x.type} to ({given}): only axes of size 1 may come and go. {CLASS_FREE}.")
    place = 0
    while place < max(len(target), len(x.dims)):
        here = x.dims[place] if place < len(x.dims) else None
        wanted = target[place] if place < len(target) else None
        if here == wanted:
            place += 1
        elif here == 1:
            x = op("squeeze", x, axis=place)
        else:
            x = op("expand_dims", x, axis=place)
    return x


def dims_of(builder: GraphBuilder, given: Bound) -> list[Dim]:
    """The dimensions that a shape argument means, -1 as written.

    Raises:
        OperationError: an entry is neither a number nor a size.
    """
    entries = given if isinstance(given, tuple) else (given,)
    if len(entries) > 8:
        raise ShapeError(f"a value has at most 3 axes; got a shape of {len(entries)}.")
    dims: list[Dim] = []
    for entry in entries:
        dim = dimension(builder, entry)
        if dim is None or (isinstance(dim, int) and not (dim == -1 or 1 <= dim < 10_000)):
            raise OperationError(
                f"expected a shape of numbers and of sizes such as y_pred.shape[-1]; got {show(entry)} in it."
            )
        dims.append(dim)
    return dims


def _inferred(source: Type, target: list[Dim]) -> list[Dim]:
    """The shape with -1 replaced by the one axis that it can be."""
    if target.count(-1) > 1:
        raise ShapeError("a shape can leave one axis open with -1, not several.")
    if -1 not in target:
        return target
    rest = [dim for dim in source.dims if dim != 1]
    for dim in target:
        if dim in rest:
            rest.remove(dim)
        elif dim not in (1, -1):
            raise ShapeError(f"cannot reshape {source}: it has no axis of {dim}. {CLASS_FREE}.")
    if len(rest) > 1:
        raise NotPerSampleError(f"reshaping {source} so that {' and '.join(map(str, rest))} become one axis {_MIXES}.")
    return [(rest[0] if rest else 1) if dim == -1 else dim for dim in target]


def ravel(x: Expression) -> Expression:
    """A value that has a single axis already."""
    if len([dim for dim in x.dims if dim != 1]) > 1 or not x.dims:
        raise NotPerSampleError(f"flattening {x.type} {_MIXES}. Reduce over the class axis: axis=-1.")
    return reformed(x, [next((dim for dim in x.dims if dim != 1), 1)])


def permuted(x: Expression, order: Sequence[int]) -> Expression:
    """The axes in this order: the batch first, the class axes exchanged or not."""
    rank = len(x.dims)
    places = [a % rank for a in order if -rank <= a < rank]
    if sorted(places) != list(range(rank)) or len(places) != len(order):
        raise ShapeError(f"expected the axes of {x.type}, each once; got {show(tuple(order))}.")
    if places == list(range(rank)):
        return x
    if "batch" in x.dims and places[0] != 0:
        raise NotPerSampleError(
            f"transposing {x.type} {_MIXES}. For the inner product of each sample write ops.sum(a * b, axis=-1); for "
            "all pairs of classes x[:, :, None] - x[:, None, :]."
        )
    return op("swapaxes", x)


def transpose(x: Expression, axes: Axes = None) -> Expression:
    """The class axes of (batch, A, B) change places; None turns all axes around."""
    rank = len(x.dims)
    if axes is None:
        return permuted(x, range(rank - 1, -1, -1))
    return permuted(x, axes if isinstance(axes, tuple) else (axes,))


def swapaxes(x: Expression, axis1: int, axis2: int) -> Expression:
    """Two axes change places."""
    rank = len(x.dims)
    order = list(range(rank))
    if not (-rank <= axis1 < rank and -rank <= axis2 < rank):
        raise ShapeError(f"expected axes of {x.type}; got {show(axis1)} and {show(axis2)}.")
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return permuted(x, order)


def moveaxis(x: Expression, source: int | None, destination: int | None) -> Expression:
    """One axis goes to another place."""
    rank = len(x.dims)
    if source is None or destination is None or not (-rank <= source < rank and -rank <= destination < rank):
        raise ShapeError(f"expected one axis of {x.type} and its new place; got {show(source)}, {show(destination)}.")
    order = [a for a in range(rank) if a != source % rank]
    order.insert(destination % rank, source % rank)
    return permuted(x, order)


def fliplr(x: Expression) -> Expression:
    """Axis 1 turned around."""
    return op("flip", x, axis=1)


FORMS: Mapping[str, Callable[..., Bound]] = {
    "convert_to_tensor": tensor_of,
    "array": array,
    "copy": copy,
    "stop_gradient": stop_gradient,
    "cast": cast,
    "astype": cast,
    "saturate_cast": cast,
    "zeros_like": like("zeros_like"),
    "ones_like": like("ones_like"),
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "reshape": reshape,
    "ravel": ravel,
    "flatten": ravel,
    "transpose": transpose,
    "swapaxes": swapaxes,
    "moveaxis": moveaxis,
    "fliplr": fliplr,
}
