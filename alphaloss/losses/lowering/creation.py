"""Values that are made from sizes: zeros, ones, class indices, the identity matrix, one-hot labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.lowering import forms
from alphaloss.losses.lowering.expression import Expression, converted, op
from alphaloss.losses.lowering.values import (
    CLASS_FREE,
    Bound,
    class_dim,
    dimension,
    integer,
    is_class_count,
    show,
    tensor,
)
from alphaloss.losses.types import Dim, DType, OperationError, ShapeError


def ones(builder: GraphBuilder, dims: Sequence[Dim]) -> Expression:
    """Ones with these dimensions, each of which is the batch, the classes or 1.

    Raises:
        ShapeError: another dimension.
    """
    classes = class_dim(builder)
    y_pred = Expression(builder, builder.input("y_pred"))
    result: Expression | None = None
    if tuple(dims[:2]) == ("batch", classes):
        result = forms.reformed(op("ones_like", y_pred), ["batch", classes, *[1] * (len(dims) - 2)])
        start = 2
    elif dims[:1] == ["batch"]:
        result = op("ones_like", op("sum", y_pred, axis=-1))
        result = forms.reformed(result, ["batch", *[1] * (len(dims) - 1)])
        start = 1
    else:
        start = 0
    for place in range(start, len(dims)):
        if dims[place] == 1:
            continue
        if dims[place] != classes:
            raise ShapeError(f"cannot make an axis of {show(dims[place])}: expected sizes of y_pred. {CLASS_FREE}.")
        line = op("ones_like", _class_index(builder))
        line = forms.reformed(line, [classes, *[1] * (len(dims) - place - 1)])
        result = line if result is None else result * line
    if result is None:
        return Expression(builder, builder.constant(1.0))
    return result if result.dims == tuple(dims) else forms.reformed(result, dims)


def full(builder: GraphBuilder, shape: Bound, fill_value: Expression | float, dtype: DType | None = None) -> Expression:
    """One number everywhere."""
    if fill_value == 0.0:
        return zeros(builder, shape, dtype)
    result = ones(builder, _shape(builder, shape)) * fill_value
    return converted(result, dtype)


def ones_of(builder: GraphBuilder, shape: Bound, dtype: DType | None = None) -> Expression:
    """Ones everywhere."""
    result = ones(builder, _shape(builder, shape))
    return converted(result, dtype)


def zeros(builder: GraphBuilder, shape: Bound, dtype: DType | None = None) -> Expression:
    """Zeros everywhere."""
    result = ones(builder, _shape(builder, shape))
    if not result.dims:
        return Expression(builder, builder.constant(0.0))
    same = result.argument_of("ones_like") or result
    return converted(op("zeros_like", same), dtype)


def full_like(x: Expression, fill_value: Expression | float, dtype: DType | None = None) -> Expression:
    """One number in the form of a value."""
    result = op("ones_like", x) * fill_value if x.dims else tensor(x.builder, fill_value)
    return converted(result, dtype)


def arange(
    builder: GraphBuilder, start: Bound, stop: Bound = None, step: Bound = None, dtype: DType | None = None
) -> Expression:
    """The class indices 0 ... K-1, or, from a number a up to K + a, those plus a."""
    if stop is None:
        start, stop = 0, start
    first = integer(start)
    if first is None or abs(first) > 1000 or (step is not None and integer(step) != 1) or not _is_end(stop, first):
        raise OperationError(
            f"expected ops.arange(K), or ops.arange(a, K + a), with the class count K = y_pred.shape[-1]; got "
            f"{show(stop)} as its end. {CLASS_FREE}."
        )
    index = _class_index(builder)
    result = index + float(first) if first else index
    return converted(result, dtype)


def _is_end(stop: Bound, first: int) -> bool:
    if first == 0:
        return is_class_count(stop)
    if not isinstance(stop, Expression):
        return False
    builder = stop.builder
    ends = [builder.add("add", builder.class_count(), builder.constant(float(first)))]
    if first < 0:
        ends.append(builder.add("subtract", builder.class_count(), builder.constant(float(-first))))
    return stop.value in ends


def linspace(
    builder: GraphBuilder,
    start: Expression | float,
    stop: Expression | float,
    num: Bound = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType | None = None,
    axis: int = 0,
) -> Expression:
    """A number a class, at equal distances."""
    if not is_class_count(num) or retstep or axis not in (0, -1):
        raise OperationError(f"expected num=y_pred.shape[-1], a number a class; got {show(num)}. {CLASS_FREE}.")
    low, high = tensor(builder, start), tensor(builder, stop)
    if low.dims or high.dims:
        raise ShapeError(f"expected two numbers; got {low.type} and {high.type}.")
    last = Expression(builder, builder.class_count())
    return converted(low + (high - low) * (_class_index(builder) / (last - 1.0 if endpoint else last)), dtype)


def eye(
    builder: GraphBuilder,
    N: Bound,  # noqa: N803  # as Keras calls them
    M: Bound = None,  # noqa: N803
    k: int = 0,
    dtype: DType | None = None,
) -> Expression:
    """The identity matrix of the classes."""
    if not is_class_count(N) or (M is not None and not is_class_count(M)) or abs(k) > 1000:
        raise OperationError(f"expected ops.eye(y_pred.shape[-1]); got {show(N)}. {CLASS_FREE}.")
    index = _class_index(builder)
    row = op("expand_dims", index, axis=-1)
    same = op("equal", row + float(k), index) if k else op("equal", row, index)
    return converted(same, dtype or "float")


def square_identity(builder: GraphBuilder, n: Bound, dtype: DType | None = None) -> Expression:
    """The identity matrix of the classes."""
    return eye(builder, n, dtype=dtype)


def one_hot(
    x: Expression, num_classes: Bound, axis: int = -1, dtype: DType | None = None, sparse: bool = False
) -> Expression:
    """Class indices as one-hot labels over a new last axis."""
    if not is_class_count(num_classes):
        raise OperationError(
            f"expected ops.one_hot(x, y_pred.shape[-1]); got {show(num_classes)} as the number of classes. "
            f"{CLASS_FREE}."
        )
    if axis not in (-1, len(x.dims)) or sparse:
        raise OperationError("expected the classes in a new last axis: leave out `axis` and `sparse`.")
    result = op("one_hot", x)
    return converted(result, dtype)


def triangle(lower: bool) -> Callable[..., Bound]:
    """`tril` and `triu`: of the two class axes."""

    def lowered(x: Expression, k: int = 0) -> Expression:
        classes = class_dim(x.builder)
        if x.dims[-2:] != (classes, classes) or abs(k) > 1000:
            raise ShapeError(f"expected (batch, classes, classes), as of x[:, :, None] - x[:, None, :]; got {x.type}.")
        index = _class_index(x.builder)
        row = op("expand_dims", index, axis=-1)
        row = row + float(k) if k else row
        return op("where", row >= index if lower else row <= index, x, 0.0)

    return lowered


def tile(x: Expression, repeats: Bound) -> Expression:
    """Axes of size one repeated as often as there are classes; other repetitions have no place in a loss."""
    counts = repeats if isinstance(repeats, tuple) else (repeats,)
    if len(counts) > len(x.dims):
        raise ShapeError(f"expected at most one number of repeats for each axis of {x.type}; got {len(counts)}.")
    first = len(x.dims) - len(counts)
    for place, count in enumerate(counts, start=first):
        x = repeat(x, count, place)
    return x


def repeat(x: Expression, repeats: Bound, axis: int | None = None) -> Expression:
    """An axis of size one repeated as often as there are classes."""
    count = dimension(x.builder, repeats)
    if axis is None or not -len(x.dims) <= axis < len(x.dims):
        raise ShapeError(f"needs an axis of {x.type}, such as axis=-1; got axis={show(axis)}.")
    if count == 1:
        return x
    if x.dims[axis] != 1 or not is_class_count(repeats):
        raise ShapeError(
            f"repeating {x.type} {show(repeats)} times: only an axis of size 1 can be repeated, once a class. "
            "Values of size 1 spread by themselves in arithmetic, so leave it out."
        )
    dims = list(x.dims)
    dims[axis] = class_dim(x.builder)
    return spread(x, dims)


def spread(x: Expression, dims: Sequence[Dim]) -> Expression:
    """The value with its axes of size one spread to these dimensions."""
    result = x if x.dims == tuple(dims) else x * ones(x.builder, dims)
    if result.dims != tuple(dims):
        raise ShapeError(f"cannot spread {x.type} to ({', '.join(map(str, dims))}).")
    return result


def broadcast_to(x: Expression, shape: Bound) -> Expression:
    """The value with its axes of size one spread to a shape."""
    return spread(x, forms.dims_of(x.builder, shape))


def _class_index(builder: GraphBuilder) -> Expression:
    return Expression(builder, builder.add("class_index"))


def _shape(builder: GraphBuilder, given: Bound) -> list[Dim]:
    dims = forms.dims_of(builder, given)
    if -1 in dims:
        raise ShapeError("expected a shape without -1.")
    return dims


CREATION: Mapping[str, Callable[..., Bound]] = {
    "zeros": zeros,
    "ones": ones_of,
    "full": full,
    "full_like": full_like,
    "arange": arange,
    "linspace": linspace,
    "eye": eye,
    "identity": square_identity,
    "one_hot": one_hot,
    "tril": triangle(lower=True),
    "triu": triangle(lower=False),
    "tile": tile,
    "repeat": repeat,
    "broadcast_to": broadcast_to,
}
