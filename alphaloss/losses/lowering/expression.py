"""Values of a graph that is being built, with Python's operators: a lowering reads like the formula that it is."""

from __future__ import annotations

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.lowering.promotion import promoted
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import Dim, DType, OperationError, Type

MOST_VALUES = 8_000
"""Operations that one trace may write, unused and repeated ones included; a loss has far fewer. It bounds the time."""


class Expression:
    """A value of a graph. Operators write operations; what Keras would promote is cast."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: GraphBuilder, value: int) -> None:
        self.builder = builder
        self.value = value

    @property
    def type(self) -> Type:
        """Its dimensions and element type."""
        return self.builder.types[self.value]

    @property
    def dims(self) -> tuple[Dim, ...]:
        """Its dimensions."""
        return self.type.dims

    @property
    def constant(self) -> float | None:
        """The number that it is, where it is a constant, named or not."""
        index = self.value - len(self.builder.inputs)
        if index < 0 or self.builder.nodes[index].op != "constant":
            return None
        value = self.builder.nodes[index].kwargs["value"]
        assert isinstance(value, float)
        return value

    def argument_of(self, operation: str) -> Expression | None:
        """What the operation of this name was applied to, if this is its result."""
        index = self.value - len(self.builder.inputs)
        if index < 0 or self.builder.nodes[index].op != operation:
            return None
        return Expression(self.builder, self.builder.nodes[index].args[0])

    def __add__(self, other: Expression | float) -> Expression:
        return op("add", self, other)

    def __radd__(self, other: float) -> Expression:
        return op("add", other, self)

    def __sub__(self, other: Expression | float) -> Expression:
        return op("subtract", self, other)

    def __rsub__(self, other: float) -> Expression:
        return op("subtract", other, self)

    def __mul__(self, other: Expression | float) -> Expression:
        return op("multiply", self, other)

    def __rmul__(self, other: float) -> Expression:
        return op("multiply", other, self)

    def __truediv__(self, other: Expression | float) -> Expression:
        return op("divide", self, other)

    def __rtruediv__(self, other: float) -> Expression:
        return op("divide", other, self)

    def __pow__(self, other: Expression | float) -> Expression:
        return op("power", self, other)

    def __rpow__(self, other: float) -> Expression:
        return op("power", other, self)

    def __neg__(self) -> Expression:
        return op("negative", self)

    def __lt__(self, other: Expression | float) -> Expression:
        return op("less", self, other)

    def __le__(self, other: Expression | float) -> Expression:
        return op("less_equal", self, other)

    def __gt__(self, other: Expression | float) -> Expression:
        return op("greater", self, other)

    def __ge__(self, other: Expression | float) -> Expression:
        return op("greater_equal", self, other)


def op(name: str, *args: Expression | float, **static: Static) -> Expression:
    """Writes a row of the operation table; at least one argument is an expression.

    Raises:
        GraphError: types that do not fit, or too many operations.
    """
    builder = next(a.builder for a in args if isinstance(a, Expression))
    if builder.additions >= MOST_VALUES:
        raise OperationError(f"the loss computes more than {MOST_VALUES} values; write it with fewer operations.")
    values = [a.value if isinstance(a, Expression) else builder.constant(a) for a in args]
    return Expression(builder, builder.add(name, *promoted(builder, name, values), **static))


def converted(x: Expression, dtype: DType | None) -> Expression:
    """The value in another element type, as the author wrote it; None leaves it."""
    if dtype is None or x.type.dtype == dtype:
        return x
    return Expression(x.builder, x.builder.add("cast", x.value, dtype=dtype))
