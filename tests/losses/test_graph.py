from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from losses.graphs import ALL, cross_entropy, gce

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import MAX_NODES, LossGraph
from alphaloss.losses.types import NotPerSampleError, OperationError, ShapeError

# Written once by hand from the format's description; it must be readable for ever.
VERSION_1 = (
    '{"format":"alphaloss.graph","version":1,"kind":"loss","target":"classes","inputs":["y_true","y_pred"],"nodes":['
    '{"op":"log_softmax","args":[1],"kwargs":{}},{"op":"multiply","args":[0,2],"kwargs":{}},'
    '{"op":"sum","args":[3],"kwargs":{"axis":-1}},{"op":"negative","args":[4],"kwargs":{}}],"output":5}'
)


def test_a_version_1_file_is_read_and_written_back_unchanged():
    assert LossGraph.from_json(VERSION_1).to_json() == VERSION_1
    assert LossGraph.from_json(VERSION_1) == cross_entropy()


def test_the_key_of_a_version_1_file_never_changes():
    # Stored programs are found by this hash: a change of the canonical form is a migration.
    assert LossGraph.from_json(VERSION_1).key == "f9ffaab2b8d237de048e231885905e4dcb21ff64ce6b1bc88ff27a205ac58525"


@pytest.mark.parametrize("graph", ALL.values(), ids=ALL)
def test_json_gives_the_same_graph_and_key(graph: LossGraph):
    again = LossGraph.from_json(graph.to_json())
    assert again == graph
    assert again.key == graph.key


def test_a_constant_is_written_in_its_shortest_form():
    assert '"value":0.1,' in gce(0.1).to_json()
    assert '"value":1e-07' in gce(1e-7).to_json()


def test_the_key_does_not_see_the_name_of_a_constant_but_equality_does():
    assert gce(0.7, "q").key == gce(0.7, None).key
    assert gce(0.7, "q") != gce(0.7, None)
    assert gce(0.7).key != gce(0.71).key


def test_named_constants_can_be_read():
    assert gce(0.7).constants == {"q": 0.7}


def test_a_graph_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        cross_entropy().output = 2


def _broken(change: Any) -> str:
    tree = copy.deepcopy(json.loads(VERSION_1))
    change(tree)
    return json.dumps(tree)


def _node(index: int, **values: Any) -> Any:
    return lambda tree: tree["nodes"][index].update(values)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (_node(0, op="log_sofmax"), OperationError, "unknown operation `log_sofmax`"),
        (_node(0, args=[1, 0]), OperationError, "takes 1 values; got 2"),
        (_node(0, op="constant", args=[], kwargs={"name": "a"}), OperationError, "needs the keyword value"),
        (_node(0, kwargs={"name": "a"}), OperationError, "no keyword name"),
        (_node(0, op="constant", args=[], kwargs={"value": 10**400}), OperationError, "not a valid number"),
        (_node(0, args=[True]), OperationError, "nodes.0.args.0"),
        (_node(0, args=[-1]), OperationError, "uses value -1"),
        (_node(1, args=[0, 5]), OperationError, "uses value 5"),
        (_node(2, kwargs={"axis": 0}), NotPerSampleError, "mixes samples"),
        (_node(2, kwargs={}), NotPerSampleError, "axis=None"),
        (_node(2, kwargs={"axis": -3}), ShapeError, "axis -3 does not exist"),
        (_node(2, kwargs={"axis": -1, "dtype": "int"}), OperationError, "no keyword dtype"),
        (_node(2, kwargs={"axis": 1.5}), OperationError, "not a valid axis"),
        (_node(2, kwargs={"axis": -1, "keepdims": 1}), OperationError, "not a valid flag"),
        (lambda t: t.update(output=3), ShapeError, "reduce over the classes"),
        (lambda t: t.update(output=99), OperationError, "output 99 is not a value"),
        (lambda t: t.update(version=2), OperationError, "version"),
        (lambda t: t.update(inputs=["y_pred", "y_true"]), OperationError, "y_true and y_pred first"),
        (lambda t: t.update(inputs=["y_true", "y_pred", "weights"]), OperationError, "unknown input `weights`"),
        (lambda t: t.update(nodes=[]), OperationError, "1 to 400 operations"),
        (lambda t: t.update(extra=1), OperationError, "extra"),
        (lambda t: t.pop("output"), OperationError, "output"),
    ],
)
def test_a_wrong_graph_is_refused_with_the_field(change: Any, error: type[Exception], says: str):
    with pytest.raises(error, match=says):
        LossGraph.from_json(_broken(change))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a": NaN}', '{"a": Infinity}', '{"format": 1, "format": 1}', "[" * 100_000, '{"a": 1e999}'],
)
def test_text_that_is_no_strict_json_graph_is_refused(text: str):
    with pytest.raises(OperationError):
        LossGraph.from_json(text)


def test_a_graph_has_a_largest_size():
    b = GraphBuilder()
    value = b.add("sum", b.input("y_pred"), axis=-1)
    for i in range(MAX_NODES):
        value = b.add("tanh", value) if i % 2 else b.add("sin", value)
    with pytest.raises(OperationError, match="400 operations"):
        b.graph(value)


def test_samples_cannot_be_mixed_by_broadcasting():
    b = GraphBuilder()
    column = b.add("sum", b.input("y_pred"), axis=-1, keepdims=True)
    row = b.add("sum", b.input("y_pred"), axis=-1)
    with pytest.raises(NotPerSampleError, match=r"\(batch, batch\)"):
        b.add("add", column, row)
    with pytest.raises(ShapeError, match="keepdims=True"):
        b.add("multiply", b.input("y_true"), row)
