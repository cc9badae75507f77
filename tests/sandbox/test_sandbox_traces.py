"""Losses as people and language models write them, and what the sandbox records of them."""

import math
import textwrap

import pytest

from alphaloss.sandbox import RawCall, RawTrace, Ref, Sandbox, Slice

CROSS_ENTROPY = """
from keras import ops

def loss(y_true, y_pred):
    log_p = ops.log_softmax(y_pred, axis=-1)
    return -ops.sum(y_true * log_p, axis=-1)
"""


def traced(sandbox: Sandbox, source: str, **arguments: object) -> RawTrace:
    trace = sandbox.trace(textwrap.dedent(source), **arguments)  # type: ignore[arg-type]
    assert isinstance(trace, RawTrace), trace
    return trace


def expression(sandbox: Sandbox, text: str) -> tuple[RawCall, ...]:
    """The calls that one expression in `y`, `x` and `k` records."""
    source = f"from keras import ops\ndef loss(y, x):\n    k = x.shape[-1]\n    return {text}\n"
    return traced(sandbox, source).calls


def test_cross_entropy_is_recorded_call_by_call(sandbox: Sandbox) -> None:
    assert traced(sandbox, CROSS_ENTROPY) == RawTrace(
        inputs=("y_true", "y_pred"),
        constants={},
        calls=(
            RawCall("log_softmax", (Ref(1),), {"axis": -1}),
            RawCall("multiply", (Ref(0), Ref(2))),
            RawCall("sum", (Ref(3),), {"axis": -1}),
            RawCall("negative", (Ref(4),)),
        ),
        output=Ref(5),
    )


def test_inputs_come_first_then_constants_then_calls(sandbox: Sandbox) -> None:
    source = """
        from keras import ops

        def loss(y_true, y_pred, *, class_prior, gamma=2.0, smooth=0.1):
            return ops.sum(y_true * class_prior, axis=-1) ** gamma + smooth
    """
    trace = traced(sandbox, source, inputs=("y_true", "y_pred", "class_prior"), constants={"gamma": 2.0, "smooth": 0.1})
    assert trace.constants == {"gamma": 2.0, "smooth": 0.1}
    assert trace.calls == (
        RawCall("multiply", (Ref(0), Ref(2))),
        RawCall("sum", (Ref(5),), {"axis": -1}),
        RawCall("power", (Ref(6), Ref(3))),
        RawCall("add", (Ref(7), Ref(4))),
    )


def test_label_smoothing_records_the_class_count_as_a_value(sandbox: Sandbox) -> None:
    source = """
        import keras
        from keras import ops

        def loss(y_true, y_pred, eps=0.1):
            num_classes = y_pred.shape[-1]
            y = y_true * (1.0 - eps) + eps / num_classes
            return -ops.sum(y * ops.log_softmax(y_pred), axis=-1)
    """
    calls = traced(sandbox, source).calls
    assert calls[:4] == (
        RawCall("multiply", (Ref(0), 0.9)),
        RawCall("class_count"),
        RawCall("divide", (0.1, Ref(3))),
        RawCall("add", (Ref(2), Ref(4))),
    )


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("1.0 - x", RawCall("subtract", (1.0, Ref(1)))),
        ("1 - x", RawCall("subtract", (1, Ref(1)))),
        ("x - 1", RawCall("subtract", (Ref(1), 1))),
        ("2 ** x", RawCall("power", (2, Ref(1)))),
        ("pow(x, 2)", RawCall("power", (Ref(1), 2))),
        ("x @ y", RawCall("matmul", (Ref(1), Ref(0)))),
        ("x // 2", RawCall("floor_divide", (Ref(1), 2))),
        ("x % 2", RawCall("mod", (Ref(1), 2))),
        ("abs(x)", RawCall("abs", (Ref(1),))),
        ("x < 0.5", RawCall("less", (Ref(1), 0.5))),
        ("x >= y", RawCall("greater_equal", (Ref(1), Ref(0)))),
        ("x == y", RawCall("equal", (Ref(1), Ref(0)))),
        ("0.0 != x", RawCall("not_equal", (Ref(1), 0.0))),
        ("x & y", RawCall("logical_and", (Ref(1), Ref(0)))),
        ("~x", RawCall("logical_not", (Ref(1),))),
        ("x[:, None]", RawCall("getitem", (Ref(1), (Slice(None, None, None), None)))),
        ("x[..., 1:3]", RawCall("getitem", (Ref(1), (..., Slice(1, 3, None))))),
        ("x.sum(axis=-1, keepdims=True)", RawCall("sum", (Ref(1),), {"axis": -1, "keepdims": True})),
        (
            "ops.anything_at_all(x, 'text', [1, (2, None)])",
            RawCall("anything_at_all", (Ref(1), "text", (1, (2, None)))),
        ),
        ("ops.minimum(x, float('inf'))", RawCall("minimum", (Ref(1), math.inf))),
        ("ops.nn.softmax(x)", RawCall("softmax", (Ref(1),))),
        ("ops.cast(x, x.dtype)", RawCall("cast", (Ref(1), "float32"))),
        ("ops.add(x, 5e-324)", RawCall("add", (Ref(1), 5e-324))),
    ],
)
def test_an_expression_records_this_call(sandbox: Sandbox, text: str, call: RawCall) -> None:
    assert expression(sandbox, text) == (call,)


def test_keyword_order_does_not_matter(sandbox: Sandbox) -> None:
    one, other = (
        expression(sandbox, f"ops.norm(x, {keywords})")
        for keywords in ("ord=2, axis=-1, keepdims=True", "keepdims=True, axis=-1, ord=2")
    )
    assert (
        list(one[0].kwargs.items()) == list(other[0].kwargs.items()) == [("axis", -1), ("keepdims", True), ("ord", 2)]
    )


@pytest.mark.parametrize(
    "head",
    [
        "from keras import ops",
        "import keras\nops = keras.ops",
        "import keras.ops as ops",
        "from keras import backend as ops",
        "import keras.ops as K\nclass ops:\n    log_softmax, sum = K.log_softmax, staticmethod(K.sum)",
    ],
)
def test_keras_ops_is_found_however_it_is_imported(sandbox: Sandbox, head: str) -> None:
    source = CROSS_ENTROPY.replace("from keras import ops", head)
    assert traced(sandbox, source) == traced(sandbox, CROSS_ENTROPY)


def test_a_name_is_imported_from_keras_ops(sandbox: Sandbox) -> None:
    source = "from keras.ops import log_softmax, sum as total\n" + CROSS_ENTROPY.replace("ops.log", "log").replace(
        "ops.sum", "total"
    )
    assert traced(sandbox, source) == traced(sandbox, CROSS_ENTROPY)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("len(x.shape)", 2),
        ("x.ndim", 2),
        ("ops.sum(x, axis=-1).ndim", 1),
        ("len(ops.softmax(x + 1.0).shape)", 2),
        ("ops.sum(x, axis=-1, keepdims=True).shape[-1]", 1),
        ("int(x.shape == y.shape)", 1),
        (
            "len(x[:, 0].shape), len(x[:, None].shape), len(x[..., None, 0].shape), len(x[:, :, None].shape)",
            (1, 3, 2, 3),
        ),
        ("len(ops.expand_dims(x, -1).shape), ops.expand_dims(x, 1).shape[1]", (3, 1)),
        ("x.shape.rank, x.get_shape().rank, len(x.shape.as_list()), ops.ndim(x)", (2, 2, 2, 2)),
        ("x[:, 0].dtype, ops.top_k(x, 2)[0].dtype, ops.top_k(x, 2)[1].dtype", ("float32", "float32", "int32")),
        ("ops.one_hot(ops.argmax(x, axis=-1), x.shape[-1]).dtype", "float32"),
        ("ops.argmax(x, axis=-1)[:, None].dtype", "int32"),
        ("int(x.shape[-1] is not None)", 1),
        ("(x > 0).dtype", "bool"),
        ("ops.log(x).dtype", "float32"),
        ("ops.argmax(x, axis=-1).dtype", "int32"),
        ("ops.cast(x, 'float16').dtype", "float16"),
    ],
)
def test_a_tensor_knows_its_shape_and_dtype(sandbox: Sandbox, text: str, value: object) -> None:
    source = f"from keras import ops\ndef loss(y, x):\n    return {text}\n"
    assert traced(sandbox, source).output == value


def test_unused_sizes_are_not_recorded(sandbox: Sandbox) -> None:
    source = """
        from keras import ops

        def loss(y_true, y_pred):
            batch, classes = ops.shape(y_pred)
            return ops.sum(y_pred, axis=-1) / classes
    """
    assert [call.op for call in traced(sandbox, source).calls] == ["sum", "class_count", "divide"]


def test_constants_made_at_import_belong_to_every_call(sandbox: Sandbox) -> None:
    source = """
        from keras import ops

        EPSILON = ops.convert_to_tensor(1e-7)

        def loss(y_true, y_pred):
            return y_pred + EPSILON
    """
    assert traced(sandbox, source).calls == (
        RawCall("convert_to_tensor", (1e-07,)),
        RawCall("add", (Ref(1), Ref(2))),
    )


def test_a_pair_of_results_unpacks(sandbox: Sandbox) -> None:
    calls = expression(sandbox, "(lambda values, indices: values)(*ops.top_k(x, 2))")
    assert calls == (RawCall("top_k", (Ref(1), 2)), RawCall("getitem", (Ref(2), 0)), RawCall("getitem", (Ref(2), 1)))


def test_a_loss_of_four_hundred_operations_traces(sandbox: Sandbox) -> None:
    source = "def loss(y, x):\n    for _ in range(400):\n        x = x * 0.5\n    return x\n"
    assert len(traced(sandbox, source).calls) == 400


def test_carriage_returns_keep_the_lines(sandbox: Sandbox) -> None:
    assert traced(sandbox, CROSS_ENTROPY.replace("\n", "\r\n")) == traced(sandbox, CROSS_ENTROPY)


def test_a_fresh_process_gives_the_same_trace(sandbox: Sandbox) -> None:
    with Sandbox() as other:
        assert repr(other.trace(CROSS_ENTROPY)) == repr(sandbox.trace(CROSS_ENTROPY))
