"""What a value inside a loss is: its dimensions and its type, and the errors that say why it cannot be.

A dimension is `"batch"` (one or more leading axes, always kept), `"classes"` (the symbolic class count) or a number.
A loss maps `(batch, classes)` to `(batch,)`, so "batch" is never reduced, reordered or repeated.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Dim = int | Literal["batch", "classes"]
DType = Literal["float", "bool"]


class Type(NamedTuple):
    """Dimensions and element type of a value."""

    dims: tuple[Dim, ...]
    dtype: DType = "float"

    def __str__(self) -> str:
        comma = "," if len(self.dims) == 1 else ""
        return f"{self.dtype} ({', '.join(map(str, self.dims))}{comma})"


SCALAR = Type(())
CLASSES = Type(("batch", "classes"))
SAMPLES = Type(("batch",))

INPUT_TYPES: dict[str, Type] = {
    "y_true": CLASSES,
    "y_pred": CLASSES,
    "class_prior": Type(("classes",)),
}
"""Every input that a loss may ask for; the first two always, the others by keyword."""


class GraphError(Exception):
    """A graph, or the calls that should become one, broke a rule; the message is meant for the author.

    Not a ValueError, because pydantic would swallow its class.
    """


class OperationError(GraphError):
    """An operation that is unknown, or used with arguments that it does not take."""


class ShapeError(GraphError):
    """Values whose dimensions or types do not fit."""


class NotPerSampleError(GraphError):
    """A computation that mixes samples, or a result that is not one value a sample."""
