"""The type rules: what each family of operations gives, and with which sentence it refuses."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph, Node, node_type
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import INPUT_TYPES, GraphError, NotPerSampleError, OperationError, ShapeError, Type

# B batch, C classes, O outputs; f, b and i: float, bool, int.
_AXES = {"B": "batch", "C": "classes", "O": "outputs"}
_TYPES = {"f": "float", "b": "bool", "i": "int"}


def _type(text: str) -> Type:
    """`f BC1` is float (batch, classes, 1)."""
    dtype, _, dims = text.partition(" ")
    return Type(tuple(int(d) if d.isdigit() else _AXES[d] for d in dims), _TYPES[dtype])  # type: ignore[misc, arg-type]


def _result(op: str, args: Sequence[str], static: dict[str, Static], target: str = "classes") -> Type:
    types = [*INPUT_TYPES[target].values(), *map(_type, args)]  # type: ignore[index]
    first = len(types) - len(args)
    return node_type(Node(op=op, args=tuple(range(first, len(types))), kwargs=static), types)


@pytest.mark.parametrize(
    ("op", "args", "static", "gives"),
    [
        ("add", ["f BC", "f C"], {}, "f BC"),
        ("multiply", ["f BC1", "f B1C"], {}, "f BCC"),
        ("subtract", ["f B", "f "], {}, "f B"),
        ("arctan2", ["f BC", "f B1"], {}, "f BC"),
        ("exp", ["f BCC"], {}, "f BCC"),
        ("less", ["f BC", "f "], {}, "b BC"),
        ("equal", ["i B1", "i C"], {}, "b BC"),
        ("logical_or", ["b BC", "b B1"], {}, "b BC"),
        ("where", ["b B1", "f BC", "f "], {}, "f BC"),
        ("clip", ["f BC", "f ", "f B1"], {}, "f BC"),
        ("sum", ["f BC"], {"axis": -1}, "f B"),
        ("sum", ["f BC"], {"axis": 1, "keepdims": True}, "f B1"),
        ("sum", ["f C"], {}, "f "),
        ("max", ["f BCC"], {"axis": -2}, "f BC"),
        ("std", ["f BC3"], {"axis": -2, "keepdims": True}, "f B13"),
        ("norm", ["f BC3"], {"axis": 2}, "f BC"),
        ("any", ["b BC"], {"axis": -1}, "b B"),
        ("argmax", ["f BC"], {"axis": -1}, "i B"),
        ("softmax", ["f BCC"], {"axis": -2}, "f BCC"),
        ("cumsum", ["f BC"], {"axis": -1}, "f BC"),
        ("argsort", ["f BC"], {}, "i BC"),
        ("flip", ["i BC"], {"axis": -1}, "i BC"),
        ("top_k", ["f BC"], {"k": 3}, "f B3"),
        ("top_k_indices", ["f BCC"], {"k": 1}, "i BC1"),
        ("index", ["b BC"], {"at": -1}, "b B"),
        ("index", ["f B3"], {"at": 2}, "f B"),
        ("slice", ["f BC"], {"start": 1, "stop": 3}, "f B2"),
        ("slice", ["f BCC"], {"start": -2}, "f BC2"),
        ("take_along_axis", ["f BC", "i B2"], {"axis": -1}, "f B2"),
        ("take_along_axis", ["b BC", "i BC"], {"axis": 1}, "b BC"),
        ("one_hot", ["i B"], {}, "f BC"),
        ("one_hot", ["i B2"], {}, "f B2C"),
        ("expand_dims", ["f BC"], {"axis": -1}, "f BC1"),
        ("expand_dims", ["i BC"], {"axis": 1}, "i B1C"),
        ("expand_dims", ["f C"], {"axis": -2}, "f 1C"),
        ("squeeze", ["f B1C"], {"axis": 1}, "f BC"),
        ("swapaxes", ["f B2C"], {}, "f BC2"),
        ("cast", ["f BC"], {"dtype": "int"}, "i BC"),
        ("cast", ["i B"], {"dtype": "float"}, "f B"),
        ("ones_like", ["f BC"], {}, "f BC"),
        ("class_index", [], {}, "i C"),
    ],
)
def test_a_rule_gives_the_type_of_the_result(op: str, args: list[str], static: dict[str, Static], gives: str):
    assert _result(op, args, static) == _type(gives)


@pytest.mark.parametrize(
    ("op", "args", "static", "error", "says"),
    [
        ("add", ["f BC", "f B"], {}, ShapeError, "a batch and a classes axis meet.*keepdims=True"),
        ("add", ["f BC", "f B3"], {}, ShapeError, "a 3 and a classes axis meet. Check the axes"),
        ("add", ["f B1", "f B"], {}, NotPerSampleError, r"gives a \(batch, batch\) table"),
        ("add", ["f B1C", "f BC"], {}, NotPerSampleError, "each may depend on its own row only"),
        ("exp", ["b BC"], {}, ShapeError, r"expected float, got bool .*use ops.cast\(x, y_pred.dtype\)"),
        ("add", ["i B", "f B"], {}, ShapeError, r"expected float, got int \(batch,\)"),
        ("less", ["i B", "f B"], {}, ShapeError, "expected float, got int"),
        ("less", ["f ", "f "], {}, ShapeError, "compares two numbers"),
        ("logical_not", ["f BC"], {}, ShapeError, "expected bool, got float .*compare first, as in x > 0.5"),
        ("where", ["f BC", "f BC", "f BC"], {}, ShapeError, "expected bool"),
        ("clip", ["f B1", "f ", "f BC"], {}, ShapeError, r"longer ones than float \(batch, 1\); use ops.minimum"),
        ("clip", ["f ", "f BC", "f BC"], {}, ShapeError, "depends on a sample; got a number"),
        ("sum", ["f BC"], {"axis": 0}, NotPerSampleError, "over axis 0 mixes samples.*axis=-1"),
        ("sum", ["f BC"], {"axis": -2}, NotPerSampleError, "over axis -2 mixes samples"),
        ("sum", ["f BC"], {}, NotPerSampleError, r"over all axes \(axis=None\)"),
        ("mean", ["f BCC"], {"axis": 3}, ShapeError, "axis 3 does not exist"),
        ("var", ["f "], {"axis": -1}, ShapeError, "it has no axis"),
        ("any", ["f BC"], {"axis": -1}, ShapeError, "expected bool"),
        ("sort", ["f B"], {}, NotPerSampleError, "over axis -1 mixes samples"),
        ("cumsum", ["f BC"], {}, NotPerSampleError, "axis=None"),
        ("top_k", ["f B"], {"k": 2}, NotPerSampleError, "the batch axis"),
        ("top_k", ["f B2"], {"k": 3}, ShapeError, "a last axis of at least 3"),
        ("top_k", ["f BC"], {"k": 0}, OperationError, "k=0 is not a valid count"),
        ("top_k", ["f BC"], {"k": 10**9}, OperationError, "not a valid count"),
        ("index", ["f B"], {"at": 0}, NotPerSampleError, "picking from the batch axis"),
        ("index", ["f B2"], {"at": -3}, ShapeError, "a last axis of at least 3"),
        ("index", ["f BC"], {"at": True}, OperationError, "not a valid index"),
        ("slice", ["f BC"], {"start": 1}, ShapeError, r"1:None has no known length.*x\[..., 0:2\]"),
        ("slice", ["f BC"], {"start": 0, "stop": -1}, ShapeError, "no known length"),
        ("slice", ["f BC"], {"start": 2, "stop": 2}, ShapeError, "no known length"),
        ("take_along_axis", ["f BC", "f BC"], {"axis": -1}, ShapeError, "expected int.*ops.argmax"),
        ("take_along_axis", ["f BC", "i B"], {"axis": -1}, ShapeError, "keepdims=True"),
        ("take_along_axis", ["f BCC", "i BCC"], {"axis": -2}, ShapeError, "along the last axis only"),
        ("take_along_axis", ["f BC", "i BC"], {}, NotPerSampleError, "axis=None"),
        ("one_hot", ["f BC"], {}, ShapeError, "expected int"),
        ("one_hot", ["i BCC"], {}, ShapeError, "more than 3 axes"),
        ("expand_dims", ["f BC"], {"axis": 0}, NotPerSampleError, "in front of the batch"),
        ("expand_dims", ["f B"], {"axis": -2}, NotPerSampleError, "in front of the batch"),
        ("expand_dims", ["f BCC"], {"axis": -1}, ShapeError, "more than 3 axes"),
        ("expand_dims", ["f CC"], {"axis": -1}, ShapeError, "more than 3 axes"),
        ("expand_dims", ["f "], {"axis": -1}, ShapeError, "got a number"),
        ("squeeze", ["f BC"], {}, ShapeError, "needs an axis of size 1"),
        ("squeeze", ["f B1"], {"axis": 0}, ShapeError, "needs an axis of size 1"),
        ("swapaxes", ["f BC"], {}, NotPerSampleError, "swaps the two class axes"),
        ("cast", ["f BC"], {"dtype": "float16"}, OperationError, "not a valid dtype"),
    ],
)
def test_a_rule_refuses_with_a_sentence(
    op: str, args: list[str], static: dict[str, Static], error: type[GraphError], says: str
):
    with pytest.raises(error, match=says) as refusal:
        _result(op, args, static)
    assert f"`ops.{op}`" in str(refusal.value)


def test_a_loss_of_values_has_outputs_and_no_classes():
    assert _result("sum", ["f BO"], {"axis": -1}, "values") == _type("f B")
    assert _result("subtract", ["f BO1", "f B1O"], {}, "values") == _type("f BOO")
    for op, args in (("class_index", []), ("one_hot", ["i B"])):
        with pytest.raises(ShapeError, match=f"`ops.{op}` needs classes; this loss is for values"):
            _result(op, args, {}, "values")


def test_an_axis_is_stored_counted_from_the_end():
    b = GraphBuilder()
    pairs = b.add("expand_dims", b.input("y_pred"), axis=1)
    assert pairs == b.add("expand_dims", b.input("y_pred"), axis=-2)
    assert b.add("sum", pairs, axis=2) == b.add("sum", pairs, axis=-1)
    assert b.add("squeeze", pairs, axis=1) == b.add("squeeze", pairs, axis=-2)
    assert b.add("softmax", b.input("y_pred"), axis=1) == b.add("softmax", b.input("y_pred"))


def _least(op: str, **static: Static) -> int:
    b = GraphBuilder()
    value = b.add(op, b.input("y_pred"), **static)
    output = b.add("sum", value, axis=-1) if len(b.types[value].dims) == 2 else value
    return b.graph(b.add("add", output, b.add("sum", b.input("y_pred"), axis=-1))).least_classes


def test_a_graph_knows_how_many_classes_it_needs():
    assert _least("exp") == 2
    assert _least("top_k", k=5) == 5
    assert _least("index", at=6) == 7
    assert _least("index", at=-8) == 8
    assert _least("slice", start=2, stop=9) == 9
    assert _least("slice", start=-4) == 4


def test_picking_from_a_known_length_needs_no_classes_and_outputs_may_be_one():
    b = GraphBuilder(target="values")
    assert b.graph(b.add("index", b.input("y_pred"), at=0)).least_classes == 1
    b = GraphBuilder()
    last = b.add("index", b.add("top_k", b.input("y_pred"), k=4), at=3)
    assert b.graph(last).least_classes == 4
    assert LossGraph.from_json(b.graph(last).to_json()) == b.graph(last)
