from __future__ import annotations

from typing import Any

import pytest
from losses.calls import BATCH, PRIOR, Call, K, Y, Z, call, recorded
from losses.graphs import cross_entropy, gce, label_smoothing

from alphaloss.losses.binding import bind
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import GraphError, NotPerSampleError, OperationError, ShapeError
from alphaloss.sandbox import RawCall, RawTrace, RawValue, Ref

INPUTS = ("y_true", "y_pred", "class_prior")


def _bind(*calls: RawCall, output: RawValue = None, constants: dict[str, float] | None = None) -> LossGraph:
    constants = constants or {}
    last = Ref(1 + len(constants) + len(calls)) if output is None else output
    return bind(RawTrace(inputs=("y_true", "y_pred"), constants=constants, calls=calls, output=last))


def column(x: Any) -> Call:
    """(batch,) as (batch, 1)."""
    return call("expand_dims", x, -1)


def _total(x: Any) -> LossGraph:
    """The graph of a (batch, classes) value, summed over the classes."""
    return bind(recorded(call("sum", x, axis=-1), INPUTS))


def test_positional_keyword_and_default_arguments_mean_the_same():
    for log_softmax in (RawCall("log_softmax", (Ref(1),)), RawCall("log_softmax", (), {"x": Ref(1), "axis": 1})):
        for total in (
            RawCall("sum", (Ref(3), -1)),
            RawCall("sum", (Ref(3),), {"axis": (-1,), "keepdims": False}),
        ):
            product = RawCall("multiply", (Ref(2), Ref(0)))
            assert _bind(log_softmax, product, total, RawCall("negative", (Ref(4),))) == cross_entropy()


def test_constants_and_the_class_count_become_values():
    graph = _bind(
        RawCall("softmax", (Ref(1),)),
        RawCall("multiply", (Ref(0), Ref(3))),
        RawCall("sum", (Ref(4), -1)),
        RawCall("power", (Ref(5), Ref(2))),
        RawCall("subtract", (1, Ref(6))),
        RawCall("true_divide", (Ref(7), Ref(2))),
        constants={"q": 0.7},
    )
    assert graph == gce(0.7)
    labels = call("add", call("multiply", 0.9, Y), call("divide", 0.1, K))
    smoothed = call("negative", call("sum", call("multiply", labels, call("log_softmax", Z)), axis=-1))
    assert bind(recorded(smoothed)) == label_smoothing(0.1)


def test_a_named_constant_that_fixes_the_form_is_taken_by_its_value():
    graph = _bind(
        RawCall("top_k", (Ref(1),), {"k": Ref(2)}),
        RawCall("getitem", (Ref(4), 0)),
        RawCall("sum", (Ref(5), Ref(3))),
        constants={"k": 2, "axis": -1},
    )
    assert [node.op for node in graph.nodes] == ["top_k", "sum"]
    assert graph.constants == {}
    with pytest.raises(OperationError, match="as k"):
        _bind(RawCall("top_k", (Ref(1), Ref(2))), constants={"k": 2.5})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            call("expand_dims", call("take", Z, 1, axis=-1), -1),
            call("expand_dims", call("getitem", Z, (slice(None), 1)), -1),
        ),
        (call("getitem", call("take", Z, 1, axis=1), (..., None)), call("getitem", Z, (..., 1, None))),
        (call("expand_dims", call("sum", Z, axis=-1), 1), call("reshape", call("sum", Z, axis=-1), (-1, 1))),
        (call("getitem", Z, (slice(None), slice(0, K))), Z),
        (call("reshape", Z, (BATCH, K)), Z),
        (call("stop_gradient", call("cast", K, "float32")), K),
        (call("multiply", call("cast", call("greater", Z, 0), "int32"), Z), call("multiply", call("greater", Z, 0), Z)),
        (
            call("one_hot", call("argmax", Z, -1), call("convert_to_tensor", K)),
            call("one_hot", call("argmax", Z, 1), K),
        ),
        (column(call("matmul", Z, PRIOR)), column(call("dot", Z, PRIOR))),
        (column(call("dot", Z, PRIOR)), column(call("einsum", "bc,c->b", Z, PRIOR))),
        (column(call("sum", Z, axis=-1)), column(call("einsum", "ij->i", Z))),
        (call("multiply", Z, call("ones", (BATCH, K))), call("multiply", Z, call("ones_like", Z))),
        (call("arange", K), call("arange", 0, K, 1)),
        (call("multiply", True, Z), call("multiply", 1.0, Z)),
        (call("broadcast_to", Z, (BATCH, K)), Z),
    ],
)
def test_spellings_of_one_computation_give_one_graph(one: Any, other: Any):
    def loss(x: Any) -> Call:
        return call("sum", call("multiply", call("add", Z, x), Y), axis=-1)

    graphs = [bind(recorded(loss(x), INPUTS)) for x in (one, other)]
    assert graphs[0] == graphs[1]


def test_a_comparison_counts_as_a_number_in_arithmetic():
    graph = _total(call("multiply", call("less", Z, 0.5), Z))
    assert [node.op for node in graph.nodes].count("cast") == 1
    conditions = call("logical_and", call("less", Z, 0.5), call("logical_not", call("equal", Y, 0)))
    assert "cast" not in [node.op for node in _total(call("where", conditions, Z, Y)).nodes]


def test_class_indices_compare_with_each_other_and_with_numbers():
    labels, guesses = call("argmax", Y, axis=-1), call("argmax", Z, axis=-1)
    assert "cast" not in [n.op for n in _total_of(call("where", call("equal", labels, guesses), 1.0, 2.0)).nodes]
    assert "cast" in [n.op for n in _total_of(call("where", call("equal", labels, 0), 1.0, 2.0)).nodes]


def _total_of(x: Any) -> LossGraph:
    return bind(recorded(call("multiply", x, call("sum", Z, axis=-1))))


def test_a_regression_has_outputs_where_a_classification_has_classes():
    error = call("square", call("subtract", Y, Z))
    graph = bind(recorded(call("mean", call("reshape", error, (BATCH, K)), axis=-1)), target="values")
    assert [node.op for node in graph.nodes] == ["subtract", "square", "mean"]
    with pytest.raises(ShapeError, match="outputs"):
        bind(recorded(call("sum", call("one_hot", call("argmax", Y, -1), K), axis=-1)), target="values")


WRONG: list[tuple[Any, type[GraphError], str]] = [
    # Names.
    (call("log_sofmax", Z), OperationError, "Did you mean `ops.log_softmax`"),
    (call("qqqqqq", Z), OperationError, "not among the operations of a loss"),
    (call("normal", Z), OperationError, "draws random numbers"),
    (call("resize", Z), OperationError, "one axis of classes"),
    (call("nan_to_num", Z), OperationError, "write the loss so that it stays finite"),
    (call("cond", Z), OperationError, "ops.where"),
    (call("constant", 1.0), OperationError, "write the number"),
    # Arguments.
    (call("exp", Z, Z), OperationError, r"`ops.exp\(x\)` takes 1 argument; got 2"),
    (call("exp"), OperationError, "argument `x` is missing"),
    (call("exp", Z, x=Z), OperationError, "argument `x` is given twice"),
    (call("sum", Z, dim=-1), OperationError, "argument `dim` is unknown"),
    (call("max", Z, axis=-1, initial=0.0), OperationError, "`initial` is unknown; leave it out, or use ops.maximum"),
    (call("sum", Z, Z), OperationError, "`axis`: expected one axis, such as -1; got a tensor float"),
    (call("sum", Z, (0, "x")), OperationError, "expected an integer"),
    (call("sum", Z, -1, 3), OperationError, "expected True or False"),
    (call("exp", "abc"), OperationError, "`x`: expected a tensor or a number; got 'abc'"),
    (call("exp", None), OperationError, "got None"),
    (call("cast", Z, "complex64"), OperationError, "expected a type such as y_pred.dtype"),
    (call("multiply", Z, [0.1, 0.9]), OperationError, "any number of classes"),
    (call("array", [0.1, 0.9]), OperationError, "any number of classes"),
    (call("add", Z, float("inf")), OperationError, "expected a finite number; got inf"),
    (call("add", Z, 10**400), OperationError, "got a huge integer"),
    (call("elu", Z, Z, Z), OperationError, r"`ops.elu\(x, alpha=1.0\)` takes 2 arguments"),
    # Samples.
    (call("mean", Z), NotPerSampleError, "axis=None"),
    (call("sum", Z, 0), NotPerSampleError, "over axis 0"),
    (call("sum", Z, (0, 1)), NotPerSampleError, "mixes samples"),
    (call("divide", Z, BATCH), NotPerSampleError, "the batch size is used as a number"),
    (call("getitem", Z, 0), NotPerSampleError, r"For a class write x\[:, 0\]"),
    (call("getitem", Z, slice(1, None)), NotPerSampleError, "slice of the batch axis"),
    (call("transpose", Z), NotPerSampleError, r"ops.sum\(a \* b, axis=-1\)"),
    (call("dot", Y, Z), NotPerSampleError, r"ops.sum\(a \* b, axis=-1\)"),
    (call("einsum", "ij,kj->ik", Y, Z), NotPerSampleError, "mixes samples"),
    (call("einsum", "ij->j", Z), NotPerSampleError, "mixes samples"),
    (call("reshape", Z, (-1,)), NotPerSampleError, "batch axis must stay first"),
    (call("flatten", Z), NotPerSampleError, "flattening"),
    (call("flip", Z), NotPerSampleError, "axis=None"),
    (call("cumsum", Z), NotPerSampleError, "axis=None"),
    (call("vdot", Y, Z), NotPerSampleError, "mixes samples"),
    (call("subtract", call("sum", Z, axis=-1), call("sum", Z, axis=-1, keepdims=True)), NotPerSampleError, "batch"),
    (call("batch_normalization", Z), NotPerSampleError, "layer_normalization"),
    # Classes.
    (call("one_hot", call("argmax", Y, -1), 10), OperationError, "any number of classes"),
    (call("arange", 10), OperationError, "any number of classes"),
    (call("eye", 10), OperationError, "any number of classes"),
    (call("zeros", (BATCH, 10)), ShapeError, "any number of classes"),
    (call("reshape", Z, (-1, 10)), ShapeError, "any number of classes"),
    (call("getitem", Z, (..., slice(1, None))), ShapeError, "no known length"),
    (call("getitem", Z, (..., slice(None, None, 2))), OperationError, "without a step"),
    (call("getitem", Z, call("greater", Z, 0.5)), OperationError, "or multiply by the mask"),
    (call("getitem", Z, (slice(None), call("argmax", Y, -1))), OperationError, "ops.take_along_axis"),
    (call("getitem", Z, (0, 0, 0)), ShapeError, "has 2 axes; got 3 indices"),
    (call("take_along_axis", Z, call("argmax", Y, -1), axis=-1), ShapeError, "ops.expand_dims"),
    (call("tile", Z, (1, 2)), ShapeError, "leave it out"),
    (call("squeeze", Z, -1), ShapeError, "needs an axis of size 1"),
    (call("top_k", Z, K), OperationError, "for all use ops.sort"),
    (call("sparse_categorical_crossentropy", Y, Z), ShapeError, "ops.categorical_crossentropy"),
]


@pytest.mark.parametrize(("wrong", "error", "says"), WRONG, ids=[f"{w[0].op}-{i}" for i, w in enumerate(WRONG)])
def test_a_wrong_call_gets_a_sentence_and_its_position(wrong: Call, error: type[GraphError], says: str):
    trace = recorded(wrong)
    with pytest.raises(error, match=says) as caught:
        bind(trace)
    assert caught.value.call == len(trace.calls) - 1
    assert str(caught.value).isascii()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("output", "error", "says"),
    [
        (3.0, OperationError, "returns 3.0; expected one float a sample"),
        (None, OperationError, "returns nothing; expected one float"),
        ([Z], OperationError, "returns a tuple of 1"),
        ("loss", OperationError, "returns 'loss'"),
        (call("exp", Z), ShapeError, "reduce over the classes"),
        (call("sum", Z, -1, True), ShapeError, "drop keepdims"),
        (call("argmax", Z, -1), ShapeError, "expected float"),
        (call("moments", Z, -1), OperationError, "returns a tuple of 2"),
        (K, NotPerSampleError, "the batch axis stays"),
        (BATCH, NotPerSampleError, "the batch size"),
    ],
)
def test_a_wrong_result_gets_a_sentence_without_a_position(output: Any, error: type[GraphError], says: str):
    with pytest.raises(error, match=says) as caught:
        bind(recorded(output))
    assert caught.value.call is None


def test_an_unknown_input_is_refused():
    with pytest.raises(OperationError, match="unknown input 'weights'"):
        bind(RawTrace(("y_true", "y_pred", "weights"), {}, (), Ref(0)))


def test_a_named_constant_must_be_finite():
    with pytest.raises(OperationError, match="the named constant 'q': expected a finite number; got inf"):
        bind(RawTrace(("y_true", "y_pred"), {"q": float("inf")}, (), Ref(0)))
