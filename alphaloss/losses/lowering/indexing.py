"""Indexing: what stands in the brackets of `x[...]`, and the functions that pick by position.

Every sample is treated alike, so the batch axis takes `:` only. What is cut out of a class axis has the same length at
every class count, so the first few or the last few classes can be had, but not all from the second on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType

from alphaloss.losses.lowering.expression import Expression, op
from alphaloss.losses.lowering.forms import permuted
from alphaloss.losses.lowering.values import Bound, dimension, integer, show
from alphaloss.losses.types import Dim, NotPerSampleError, OperationError, ShapeError

_FULL = slice(None)
_FARTHEST = 10_000
_PER_SAMPLE = "a loss gives one value a sample, and each may depend on its own row only"


def getitem(x: Bound, key: Bound) -> Bound:
    """`x[key]`, of a tensor or of a pair of results.

    Raises:
        NotPerSampleError: it picks samples.
        OperationError, ShapeError: the result has no known length, or there is no such axis or position.
    """
    if isinstance(x, tuple):
        place = integer(key)
        if place is None or not -len(x) <= place < len(x):
            raise OperationError(f"expected an index of the {len(x)} results; got {show(key)}.")
        return x[place]
    if not isinstance(x, Expression):
        raise OperationError(f"{show(x)} cannot be indexed; index y_true, y_pred or what is computed from them.")
    items = _without_ellipsis(key if isinstance(key, tuple) else (key,), x)
    added: list[int] = []  # where new axes go, counted in the result
    axis = 0
    for item in items:
        if item is None:
            added.append(axis + len(added))
            continue
        before = len(x.dims)
        x = _taken(x, axis, item)
        axis += 1 + len(x.dims) - before
    for place in added:
        x = op("expand_dims", x, axis=place)
    return x


def _without_ellipsis(items: Sequence[Bound], x: Expression) -> list[Bound]:
    """The items with `...`, and what is missing at the end, written as `:`."""
    named = [item for item in items if item is not None and not isinstance(item, EllipsisType)]
    missing = len(x.dims) - len(named)
    dots = [i for i, item in enumerate(items) if isinstance(item, EllipsisType)]
    if missing < 0 or len(dots) > 1 or len(items) > 8:
        raise ShapeError(f"{x.type} has {len(x.dims)} axes; got {len(named)} indices.")
    place = dots[0] if dots else len(items)
    return [*items[:place], *[_FULL] * missing, *items[place + 1 :]]


def _taken(x: Expression, axis: int, item: Bound) -> Expression:
    """One item of the brackets, applied to one axis."""
    if isinstance(item, slice):
        return _cut(x, axis, item)
    place = integer(item)
    if place is not None:
        return _picked(x, axis, place)
    if isinstance(item, Expression) and item.type.dtype == "bool":
        raise OperationError(
            "a mask in brackets keeps a number of values that differs from sample to sample; use "
            "ops.where(mask, x, 0.0), or multiply by the mask."
        )
    if isinstance(item, Expression) and item.type.dtype == "int" and len(x.dims) == 1:
        return looked_up(x, item)
    raise OperationError(
        f"{show(item)} cannot stand in brackets; to pick by class index use ops.take_along_axis(x, "
        "ops.expand_dims(index, axis=-1), axis=-1), or multiply by one-hot labels and sum."
    )


def _picked(x: Expression, axis: int, place: int) -> Expression:
    if x.dims[axis] == "batch":
        raise NotPerSampleError(f"x[{show(place)}] picks one sample; {_PER_SAMPLE}. For a class write x[:, {place}].")
    if abs(place) > _FARTHEST:
        raise ShapeError(f"there is no class {show(place)}.")
    return op("index", _last(x, axis), at=place)


def _cut(x: Expression, axis: int, item: slice) -> Expression:
    dim = x.dims[axis]
    start = 0 if item.start is None else integer(item.start)
    step = 1 if item.step is None else integer(item.step)
    to_end = item.stop is None or (not isinstance(dim, int) and dimension(x.builder, item.stop) == dim)
    if start == 0 and to_end and step == 1:
        return x
    if dim == "batch":
        raise NotPerSampleError(f"a slice of the batch axis picks samples; {_PER_SAMPLE}. Write x[:, ...].")
    if step == -1 and item.start is None and item.stop is None:
        return op("flip", x, axis=axis)
    stop = None if item.stop is None else integer(item.stop)
    if start is None or step != 1 or (stop is None and item.stop is not None):
        raise OperationError("expected a slice of plain numbers without a step, such as x[:, :2] or x[:, -2:].")
    found = _slices(dim, start, stop)
    result = _last(x, axis)
    for first, end in found:
        result = op("slice", result, start=first, stop=end)
    return _last(result, axis)


def _slices(dim: Dim, start: int, stop: int | None) -> list[tuple[int, int | None]]:
    """The slices of known length that make up `start:stop`, one after the other."""
    near = max(abs(start), abs(stop or 0)) < _FARTHEST
    fits = not isinstance(dim, int) or dim >= max(abs(start), stop or 0)
    if near and fits and (start < 0 if stop is None else 0 <= start < stop):
        return [(start, stop)]
    if isinstance(dim, int):
        first, end, _ = slice(start, stop).indices(dim)
        if first < end:
            return [(first, end)]
    elif near and stop is not None and start < stop < 0:
        return [(start, None), (0, stop - start)]
    text = f"{start or ''}:{'' if stop is None else stop}" if near else ":"
    raise ShapeError(
        f"x[..., {text}] of an axis of {dim} has no known length. Cut a number of classes from either end, as in "
        "x[:, :2] or x[:, -2:], or keep all of them and use ops.where(ops.arange(y_pred.shape[-1]) >= 1, x, 0.0)."
    )


def _last(x: Expression, axis: int) -> Expression:
    """The value with this class axis last; applied twice, the value again."""
    if axis == len(x.dims) - 1:
        return x
    return permuted(x, [*range(len(x.dims) - 2), len(x.dims) - 1, len(x.dims) - 2])


def looked_up(x: Expression, indices: Expression) -> Expression:
    """A value for each class, (classes,), at the class index of each sample."""
    classes = op("one_hot", indices)
    if x.dims != classes.dims[-1:]:
        raise ShapeError(f"expected a value for each class, such as class_prior, to look up; got {x.type}.")
    return op("sum", x * classes, axis=-1)


def take(x: Expression, indices: Bound, axis: int | None = None) -> Expression:
    """One class by its number, or a value for each class at the class index of each sample."""
    if axis is None and len(x.dims) != 1:
        raise NotPerSampleError(f"take without an axis flattens {x.type}, which mixes samples; use axis=-1.")
    if axis is not None and not -len(x.dims) <= axis < len(x.dims):
        raise ShapeError(f"{x.type} has no axis {show(axis)}; use axis=-1.")
    return _taken(x, (axis or 0) % len(x.dims), indices)


def slice_of(inputs: Expression, start_indices: Bound, shape: Bound) -> Expression:
    """`ops.slice`: from one index for each axis, so many along each."""
    starts = start_indices if isinstance(start_indices, tuple) else (start_indices,)
    lengths = shape if isinstance(shape, tuple) else (shape,)
    if not len(starts) == len(lengths) == len(inputs.dims):
        raise ShapeError(f"expected a start and a length for each axis of {inputs.type}.")
    x = inputs
    for axis, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        first, count = integer(start), dimension(x.builder, length)
        if count == x.dims[axis] and first == 0:
            continue
        if first is None or not isinstance(count, int):
            raise ShapeError(f"expected plain numbers along the axis of {x.dims[axis]}; x[:, :2] is simpler.")
        x = _cut(x, axis, slice(first, first + count))
    return x


INDEXING: Mapping[str, Callable[..., Bound]] = {
    "getitem": getitem,
    "get_item": getitem,
    "take": take,
    "slice": slice_of,
}
