from __future__ import annotations

import pytest
from losses.graphs import cross_entropy, gce, label_smoothing

from alphaloss.losses.binding import bind
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import GraphError, NotPerSampleError, OperationError, ShapeError
from alphaloss.sandbox import RawCall, RawTrace, RawValue, Ref

Y, Z = Ref(0), Ref(1)


def _bind(*calls: RawCall, output: RawValue = None, constants: dict[str, float] | None = None) -> LossGraph:
    constants = constants or {}
    last = Ref(1 + len(constants) + len(calls)) if output is None else output
    return bind(RawTrace(inputs=("y_true", "y_pred"), constants=constants, calls=calls, output=last))


def test_positional_keyword_and_default_arguments_mean_the_same():
    for log_softmax in (RawCall("log_softmax", (Z,)), RawCall("nn.log_softmax", (), {"x": Z, "axis": 1})):
        for total in (RawCall("sum", (Ref(3), -1)), RawCall("sum", (Ref(3),), {"axis": (-1,), "keepdims": False})):
            product = RawCall("multiply", (Ref(2), Y))
            assert _bind(log_softmax, product, total, RawCall("negative", (Ref(4),))) == cross_entropy()


def test_constants_and_the_class_count_become_values():
    graph = _bind(
        RawCall("softmax", (Ref(1),)),
        RawCall("multiply", (Y, Ref(3))),
        RawCall("sum", (Ref(4), -1)),
        RawCall("power", (Ref(5), Ref(2))),
        RawCall("subtract", (1, Ref(6))),
        RawCall("true_divide", (Ref(7), Ref(2))),
        constants={"q": 0.7},
    )
    assert graph == gce(0.7)
    smoothed = _bind(
        RawCall("class_count"),
        RawCall("divide", (0.1, Ref(2))),
        RawCall("multiply", (0.9, Y)),
        RawCall("add", (Ref(3), Ref(4))),
        RawCall("log_softmax", (Z,)),
        RawCall("multiply", (Ref(5), Ref(6))),
        RawCall("sum", (Ref(7),), {"axis": -1}),
        RawCall("negative", (Ref(8),)),
    )
    assert smoothed == label_smoothing(0.1)


def test_a_comparison_counts_as_a_number_in_arithmetic():
    graph = _bind(RawCall("less", (Z, 0.5)), RawCall("multiply", (Ref(2), Z)), RawCall("sum", (Ref(3), -1)))
    assert [node.op for node in graph.nodes].count("cast") == 1


@pytest.mark.parametrize(
    ("calls", "error", "says"),
    [
        ([RawCall("log_sofmax", (Z,))], OperationError, "Did you mean `ops.log_softmax`"),
        ([RawCall("getitem", (Z, 0))], OperationError, "indexing a tensor"),
        ([RawCall("exp", (Z, Z))], OperationError, r"`ops.exp\(x\)` takes 1 arguments; got 2"),
        ([RawCall("exp", ())], OperationError, "argument `x` is missing"),
        ([RawCall("exp", (Z,), {"x": Z})], OperationError, "argument `x` is got twice"),
        ([RawCall("sum", (Z,), {"dim": -1})], OperationError, "argument `dim` is unknown"),
        ([RawCall("sum", (Z, Z))], OperationError, "`axis` must be a plain value"),
        ([RawCall("sum", (Z, (0, 1)))], OperationError, "must be one axis"),
        ([RawCall("exp", ("abc",))], OperationError, "must be a tensor or a number; got 'abc'"),
        ([RawCall("cast", (Z, "int32"))], OperationError, "floats and bools only"),
        ([RawCall("mean", (Z,))], NotPerSampleError, "axis=None"),
        ([RawCall("sum", (Z, 0))], NotPerSampleError, "over axis 0"),
        ([RawCall("where", (Z, Z, Z))], ShapeError, "expected bool"),
        ([RawCall("exp", (Z,))], ShapeError, "reduce over the classes"),
        ([RawCall("sum", (Z, -1, True))], ShapeError, "drop keepdims"),
        ([RawCall("class_count")], NotPerSampleError, "the batch axis stays"),
    ],
)
def test_a_wrong_call_gets_a_sentence(calls: list[RawCall], error: type[GraphError], says: str):
    with pytest.raises(error, match=says):
        _bind(*calls)


@pytest.mark.parametrize("output", [3.0, (Z,), "loss"])
def test_a_result_that_is_no_tensor_is_refused(output: RawValue):
    with pytest.raises(OperationError, match="one float a sample"):
        _bind(output=output)
