"""Element types as Keras promotes them: what it does by itself, the graph says with casts.

Arithmetic happens in float. An integer or a condition that meets it becomes a float with the same value, so integer
results of Keras (`argmax(x) + 1`) are the same numbers here; where an index is needed, they become integers again.
"""

from __future__ import annotations

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.operations import OPERATIONS
from alphaloss.losses.types import DType

_ANY_TYPE = frozenset({"cast", "expand_dims", "squeeze", "swapaxes", "index", "slice", "flip"})
_LOGICAL = frozenset({"logical_and", "logical_or", "logical_not", "any", "all"})
_COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})
_INDICES = frozenset({("one_hot", "x"), ("take_along_axis", "indices")})


def promoted(builder: GraphBuilder, name: str, values: list[int]) -> list[int]:
    """The values in the element types that an operation computes with."""
    operation = OPERATIONS.get(name)
    if operation is None or name in _ANY_TYPE:
        return values
    if name in _COMPARISONS and all(builder.types[v].dtype == "int" for v in values):
        return values
    result = []
    for param, value in zip(operation.values, values, strict=True):
        wanted: DType = "float"
        if name in _LOGICAL or param.name == "condition":
            wanted = "bool"
        elif (name, param.name) in _INDICES:
            wanted = "int"
        elif (name, param.name) == ("take_along_axis", "x"):
            wanted = builder.types[value].dtype
        result.append(_cast(builder, value, wanted))
    return result


def _cast(builder: GraphBuilder, value: int, dtype: DType) -> int:
    if builder.types[value].dtype == dtype:
        return value
    return builder.add("cast", _origin(builder, value) if dtype == "float" else value, dtype=dtype)


def _origin(builder: GraphBuilder, value: int) -> int:
    """What an integer was cast from, if that is a condition or a whole number and so has the same value."""
    index = value - len(builder.inputs)
    if index < 0 or builder.nodes[index].op != "cast" or builder.types[value].dtype != "int":
        return value
    origin = builder.nodes[index].args[0]
    node = builder.nodes[origin - len(builder.inputs)] if origin >= len(builder.inputs) else None
    number = node.kwargs["value"] if node is not None and node.op == "constant" else None
    whole = isinstance(number, float) and number.is_integer()
    return origin if whole or builder.types[origin].dtype == "bool" else value
