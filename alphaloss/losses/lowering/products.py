"""Products and sums over class axes: `einsum`, `matmul`, `dot` and their kin, written out as multiply and sum.

A contraction is described by a letter for each axis, as in `einsum`. The batch has one letter, which comes first in the
result and is never summed.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence

from alphaloss.losses.lowering.expression import Expression, op
from alphaloss.losses.lowering.forms import permuted
from alphaloss.losses.lowering.values import Bound, show
from alphaloss.losses.types import Dim, NotPerSampleError, OperationError, ShapeError

_INNER = "For the inner product of each sample write ops.sum(a * b, axis=-1)"
_LETTERS = 3


def contraction(operands: Sequence[Expression], letters: Sequence[str], output: str) -> Expression:
    """The sum over all letters that `output` does not have of the product of the operands.

    Args:
        operands: one or more values.
        letters: for each operand, one letter an axis.
        output: the letters of the result.

    Raises:
        NotPerSampleError: samples meet each other, or are summed.
        ShapeError: axes that do not fit, or a table that is too large.
    """
    sizes = _sizes(operands, letters)
    batch = [letter for letter, dim in sizes.items() if dim == "batch"]
    if len(batch) > 1 or (batch and output[:1] != batch[0]):
        raise NotPerSampleError(f"a product over the batch axis mixes samples. {_INNER}.")
    if len(set(output)) != len(output) or not set(output) <= set(sizes):
        raise ShapeError(f"expected each axis of the result once; got {output[:20]!r}.")
    summed = [letter for letter in sizes if letter not in output and sizes[letter] != 1]
    order = [letter for letter in output if sizes[letter] != 1] + summed
    if len(order) > _LETTERS:
        raise ShapeError(f"a product over {len(order)} axes is too large; at most the batch and two more. {_INNER}.")
    result, *others = [_aligned(x, axes, order) for x, axes in zip(operands, letters, strict=True)]
    for other in others:
        result = result * other
    for _ in summed:
        result = op("sum", result, axis=-1)
    for place, letter in enumerate(output):
        if sizes[letter] == 1:
            result = op("expand_dims", result, axis=place)
    return result


def _sizes(operands: Sequence[Expression], letters: Sequence[str]) -> dict[str, Dim]:
    sizes: dict[str, Dim] = {}
    for x, axes in zip(operands, letters, strict=True):
        if len(axes) != len(x.dims) or len(set(axes)) != len(axes):
            raise ShapeError(f"expected a different letter for each of the {len(x.dims)} axes of {x.type}.")
        for letter, dim in zip(axes, x.dims, strict=True):
            if sizes.setdefault(letter, dim) != dim:
                meeting = sorted({str(sizes[letter]), str(dim)})
                if "batch" in meeting:
                    other = dim if sizes[letter] == "batch" else sizes[letter]
                    raise NotPerSampleError(f"the batch axis meets an axis of {other}: it mixes samples. {_INNER}.")
                raise ShapeError(f"axes of {' and '.join(meeting)} meet in a product. {_INNER}.")
    return sizes


def _aligned(x: Expression, axes: str, order: Sequence[str]) -> Expression:
    """The operand with its axes in this order, and axes of size one for the letters between that it does not have."""
    kept = [letter for letter in axes if letter in order]
    for place in reversed(range(len(axes))):
        if axes[place] not in order:
            x = _without(x, place)
    wanted = [letter for letter in order if letter in kept]
    x = permuted(x, [kept.index(letter) for letter in wanted])
    leading = order.index(wanted[0]) if wanted else len(order)
    for place, letter in enumerate(order[leading:]):
        if letter not in wanted:
            x = op("expand_dims", x, axis=place)
    return x


def _without(x: Expression, place: int) -> Expression:
    """The value without an axis of size one; where it has just got it, the value before."""
    before = x.argument_of("expand_dims")
    if before is not None and before.dims == (*x.dims[:place], *x.dims[place + 1 :]):
        return before
    return op("squeeze", x, axis=place)


def einsum(subscripts: Bound, *operands: Expression) -> Expression:
    """Einstein's summation with letters for axes, such as `ops.einsum('bi,bj->bij', p, p)`."""
    if not isinstance(subscripts, str) or len(subscripts) > 60 or not 1 <= len(operands) <= 4:
        raise OperationError("expected a string such as 'bi,bi->b' and one to four tensors.")
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    letters = inputs.split(",")
    if len(letters) != len(operands):
        raise OperationError(f"{show(text)} names {len(letters)} tensors; got {len(operands)}.")
    if not arrow:
        output = "".join(sorted(c for c in set(inputs) - {",", "."} if inputs.count(c) == 1))
        output = "..." + output if "..." in inputs else output
    if "." in text:
        letters, output = _without_dots(letters, output, operands)
    if not set("".join(letters)) <= set(string.ascii_letters) or not set(output) <= set(string.ascii_letters):
        raise OperationError(f"expected letters, commas and ->, such as 'bi,bi->b'; got {show(text)}.")
    return contraction(operands, letters, output)


def _without_dots(letters: list[str], output: str, operands: Sequence[Expression]) -> tuple[list[str], str]:
    """The same with letters for `...`."""
    free = [c for c in string.ascii_uppercase if c not in "".join(letters) + output]
    replaced, longest = [], ""
    for axes, x in zip(letters, operands, strict=True):
        count = len(x.dims) - len(axes.replace("...", ""))
        dots = "".join(free[:count]) if count > 0 else ""
        longest = max(longest, dots, key=len)
        replaced.append(axes.replace("...", dots))
    return replaced, output.replace("...", longest)


def matmul(x1: Expression, x2: Expression) -> Expression:
    """The matrix product over the class axes; of (batch, A, B) for each sample."""
    left, right = len(x1.dims), len(x2.dims)
    if not left or not right:
        raise ShapeError("expected two tensors with axes; multiply numbers with *.")
    if right == 1:
        return contraction((x1, x2), ("abc"[:left], "abc"[left - 1]), "abc"[: left - 1])
    if left == 3 and right == 3:
        return contraction((x1, x2), ("abc", "acd"), "abd")
    if right == 3:
        axes = "bc" if left == 2 else "c"
        return contraction((x1, x2), (axes, "acd"), "abd" if left == 2 else "ad")
    return dot(x1, x2)


def dot(x1: Expression, x2: Expression) -> Expression:
    """The sum over the last axis of the first and the second to last of the second."""
    left, right = len(x1.dims), len(x2.dims)
    if not left or not right:
        return x1 * x2
    if right == 3:
        raise ShapeError(f"expected at most two axes in the second value; got {x2.type}. {_INNER}.")
    axes = "abc"[:left]
    if right == 1:
        return contraction((x1, x2), (axes, axes[-1]), axes[:-1])
    return contraction((x1, x2), (axes, axes[-1] + "z"), axes[:-1] + "z")


def inner(x1: Expression, x2: Expression) -> Expression:
    """The sum over the last axis of both."""
    left, right = len(x1.dims), len(x2.dims)
    if not left or not right:
        return x1 * x2
    first, second = "abc"[:left], "xyz"[: right - 1] + "abc"[left - 1]
    return contraction((x1, x2), (first, second), first[:-1] + second[:-1])


def vdot(x1: Expression, x2: Expression) -> Expression:
    """The sum of the products of all elements: of values without a batch."""
    if "batch" in (*x1.dims, *x2.dims):
        raise NotPerSampleError(f"vdot sums over the whole batch, which mixes samples. {_INNER}.")
    return inner(x1, x2)


def outer(x1: Expression, x2: Expression) -> Expression:
    """All products of two vectors without a batch."""
    if "batch" in (*x1.dims, *x2.dims):
        raise NotPerSampleError(
            "outer flattens the batch, which mixes samples. For all pairs of classes write "
            "a[:, :, None] * b[:, None, :]."
        )
    if len(x1.dims) > 1 or len(x2.dims) > 1:
        raise ShapeError(f"expected two vectors; got {x1.type} and {x2.type}.")
    first, second = "a"[: len(x1.dims)], "b"[: len(x2.dims)]
    return contraction((x1, x2), (first, second), first + second)


PRODUCTS: Mapping[str, Callable[..., Bound]] = {
    "einsum": einsum,
    "matmul": matmul,
    "dot": dot,
    "inner": inner,
    "vdot": vdot,
    "outer": outer,
}
