"""Random loss graphs for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.operations import OPERATIONS
from alphaloss.losses.types import GraphError

_SKIPPED = {"constant", "class_count", "cast", "expand_dims", "squeeze"}


@st.composite
def random_graphs(draw: st.DrawFn, most: int = 14) -> LossGraph:
    """A valid graph of up to `most` random operations; its output is a sum over what was computed."""
    b = GraphBuilder()
    values = [b.input("y_true"), b.input("y_pred"), b.class_count()]
    numbers = st.floats(-4, 4, allow_nan=False).map(lambda v: float(f"{v:.3g}"))
    values += [b.constant(v) for v in draw(st.lists(numbers, min_size=1, max_size=3))]
    names = sorted(set(OPERATIONS) - _SKIPPED)
    for _ in range(draw(st.integers(1, most))):
        operation = OPERATIONS[draw(st.sampled_from(names))]
        args = [draw(st.sampled_from(values)) for _ in operation.values]
        static = {"axis": -1} if operation.statics else {}
        if any(p.name == "keepdims" for p in operation.statics) and draw(st.booleans()):
            static["keepdims"] = True
        try:
            values.append(b.add(operation.name, *args, **static))
        except GraphError:
            continue
    output = b.add("sum", b.input("y_pred"), axis=-1)
    for computed in values[3:]:
        wide = b.types[computed].dtype == "float" and b.types[computed].dims == ("batch", "classes")
        value = b.add("sum", computed, axis=-1) if wide else computed
        if b.types[value].dtype == "float" and b.types[value].dims in ((), ("batch",)):
            output = b.add("add", output, value)
    return b.graph(output)
