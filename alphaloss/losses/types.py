"""What a value inside a loss is: its dimensions and its type, and the errors that say why it cannot be.

A dimension is `"batch"` (always kept), `"classes"` (the symbolic class count), `"outputs"` (the symbolic number of
outputs of a regression) or a number. A loss maps `(batch, classes)` or `(batch, outputs)` to `(batch,)`, so "batch" is
never reduced, reordered or repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Target = Literal["classes", "values"]
"""What a model predicts: logits of classes, or the values of a regression."""

Dim = int | Literal["batch", "classes", "outputs"]
DType = Literal["float", "bool", "int"]
"""`int` is for class indices only (`argmax`, `one_hot`, `take_along_axis`); arithmetic happens in `float`."""


class Type(NamedTuple):
    """Dimensions and element type of a value."""

    dims: tuple[Dim, ...]
    dtype: DType = "float"

    def __str__(self) -> str:
        comma = "," if len(self.dims) == 1 else ""
        return f"{self.dtype} ({', '.join(map(str, self.dims))}{comma})"


SCALAR = Type(())
SAMPLES = Type(("batch",))
_CLASSES = Type(("batch", "classes"))
_OUTPUTS = Type(("batch", "outputs"))

INPUT_TYPES: Mapping[Target, Mapping[str, Type]] = {
    "classes": {"y_true": _CLASSES, "y_pred": _CLASSES, "class_prior": Type(("classes",))},
    "values": {"y_true": _OUTPUTS, "y_pred": _OUTPUTS},
}
"""Every input that a loss may ask for, by target; the first two always, the others by keyword."""


class GraphError(Exception):
    """A graph, or the calls that should become one, broke a rule; the message is meant for the author.

    Not a ValueError, because pydantic would swallow its class.

    Attributes:
        call: which of the recorded calls is at fault, counted from 0; None where it is none of them.
    """

    call: int | None = None


class OperationError(GraphError):
    """An operation that is unknown, or used with arguments that it does not take."""


class ShapeError(GraphError):
    """Values whose dimensions or types do not fit."""


class NotPerSampleError(GraphError):
    """A computation that mixes samples, or a result that is not one value a sample."""
