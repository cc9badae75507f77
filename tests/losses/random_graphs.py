"""Random loss graphs for property tests."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.operations import OPERATIONS, Operation
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import GraphError, Target

_TAKES: dict[str, Sequence[str]] = {
    **dict.fromkeys(("logical_and", "logical_or"), ("bool", "bool")),
    **dict.fromkeys(("logical_not", "any", "all"), ("bool",)),
    **dict.fromkeys(("expand_dims", "squeeze", "swapaxes", "cast", "flip", "index", "slice"), ("any",)),
    "where": ("bool", "float", "float"),
    "take_along_axis": ("any", "int"),
    "one_hot": ("int",),
}
"""Element types of the arguments; float for all other operations."""

_NUMBERS = st.floats(-4, 4).map(lambda v: round(v, 3))
_SLICES: list[dict[str, Static]] = [{"start": 0, "stop": 2}, {"start": 1, "stop": 2}, {"start": -1}, {"start": -2}]
_STATIC: dict[str, Sequence[Static]] = {
    "axis": (-1, -1, -2, 1),
    "keepdims": (False, True),
    "dtype": ("float", "bool", "int"),
    "k": (1, 2, 3),
    "at": (0, 1, -1),
}


@st.composite
def random_graphs(draw: st.DrawFn, most: int = 14, targets: Sequence[Target] = ("classes",)) -> LossGraph:
    """A valid graph of up to `most` random operations; its output is a sum over what was computed."""
    target = draw(st.sampled_from(targets))
    b = GraphBuilder(target=target)
    pairs = b.add("subtract", b.add("expand_dims", 1, axis=-1), b.add("expand_dims", 0, axis=-2))
    values = [*range(len(b.inputs)), b.class_count(), pairs, b.add("argmax", 1, axis=-1), b.add("less", 0, 1)]
    values += [b.constant(v) for v in draw(st.lists(_NUMBERS, min_size=1, max_size=3))]
    if target == "classes":
        values += [b.add("class_index")]
    given = len(values)
    names = sorted(name for name, operation in OPERATIONS.items() if operation.arity)
    for _ in range(draw(st.integers(1, most))):
        operation = OPERATIONS[draw(st.sampled_from(names))]
        takes = _TAKES.get(operation.name, ["float"] * operation.arity)
        args = [draw(st.sampled_from([v for v in values if b.types[v].dtype == t or t == "any"])) for t in takes]
        try:
            values.append(b.add(operation.name, *args, **_statics(draw, operation)))
        except GraphError:
            continue
    output = b.add("sum", b.input("y_pred"), axis=-1)
    for computed in values[given:]:
        value = computed
        if b.types[value].dtype != "float":
            value = b.add("cast", value, dtype="float")
        while b.types[value].dims not in ((), ("batch",)):
            value = b.add("sum", value, axis=-1)
        output = b.add("add", output, value)
    return b.graph(output)


def _statics(draw: st.DrawFn, operation: Operation) -> dict[str, Static]:
    if operation.name == "slice":
        return draw(st.sampled_from(_SLICES))
    return {p.name: draw(st.sampled_from(_STATIC[p.name])) for p in operation.statics}
