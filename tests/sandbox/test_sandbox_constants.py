"""A named constant is a tensor in the graph and a number where Python needs one; so is the class count."""

import pytest

from alphaloss.sandbox import RawCall, RawTrace, Ref, Sandbox, TraceFailure


def traced(sandbox: Sandbox, *lines: str, head: str = "", **constants: float) -> RawTrace:
    """What a loss with these constants records."""
    parameters = "".join(f", {name}={value!r}" for name, value in constants.items())
    body = "".join(f"    {line}\n" for line in lines)
    source = f"import math\nfrom keras import ops\n{head}\ndef loss(y, x{parameters}):\n{body}"
    trace = sandbox.trace(source, constants=constants)
    assert isinstance(trace, RawTrace), trace
    return trace


GAMMA, FIRST = Ref(2), Ref(3)


@pytest.mark.parametrize(
    ("expression", "call"),
    [
        ("x ** gamma", RawCall("power", (Ref(1), GAMMA))),
        ("1.0 - gamma", RawCall("subtract", (1.0, GAMMA))),
        ("math.log(gamma)", RawCall("log", (GAMMA,))),
        ("math.sqrt(gamma) * 1.0", RawCall("sqrt", (GAMMA,))),
        ("x * float(gamma)", RawCall("multiply", (Ref(1), GAMMA))),
        ("x * int(gamma)", RawCall("multiply", (Ref(1), GAMMA))),
        ("x * max(gamma, 0.0)", RawCall("multiply", (Ref(1), GAMMA))),
        ("x * (gamma if gamma > 0 else 1.0)", RawCall("multiply", (Ref(1), GAMMA))),
        ("ops.where(x > gamma, x, y)", RawCall("greater", (Ref(1), GAMMA))),
        ("ops.where(gamma > x, x, y)", RawCall("greater", (GAMMA, Ref(1)))),
        ("ops.sum(x, axis=gamma)", RawCall("sum", (Ref(1),), {"axis": GAMMA})),
    ],
)
def test_arithmetic_with_a_constant_stays_symbolic(sandbox: Sandbox, expression: str, call: RawCall) -> None:
    trace = traced(sandbox, f"return {expression}", gamma=2.0)
    assert trace.constants == {"gamma": 2.0}
    assert trace.calls[0] == call


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("gamma > 0, 0 < gamma, gamma == 0, gamma != 0, 0.0 < gamma <= 1.5", (True, True, False, True, True)),
        ("bool(gamma), not gamma, gamma is None, gamma == None", (True, False, False, False)),
        ("[i for i in range(order + 1)], list(range(1, order))", ((0, 1, 2, 3), (1, 2))),
        ("[0, 1, 2, 3][order], [9] * int(order), 'ab' if order > 2 else 'a'", (3, (9, 9, 9), "ab")),
        ("int(gamma + 0.25), round(gamma + 0.26, 1), min(gamma - 1, 5) == 0.5", (1, 1.8, True)),
        ("isinstance(gamma, float), isinstance(order, int), isinstance(gamma, (str, list))", (True, True, False)),
        ("1 - gamma < 0, gamma * 2 == order, math.log(gamma) > 0.4, (2 * gamma) ** 2 >= 9", (True, True, True, True)),
        ("f'{int(order * 1.5)}'", "4"),
    ],
)
def test_python_gets_the_value_of_the_default(sandbox: Sandbox, expression: str, value: object) -> None:
    assert traced(sandbox, f"return {expression}", gamma=1.5, order=3).output == value


def test_a_branch_on_a_constant_is_decided_by_its_default(sandbox: Sandbox) -> None:
    lines = "if gamma == 0:", "    return y", "for _ in range(order):", "    x = x * gamma", "return x"
    assert traced(sandbox, *lines, gamma=0.0, order=2).calls == ()
    assert len(traced(sandbox, *lines, gamma=1.0, order=2).calls) == 2


def test_the_constants_of_a_loss_class_are_those_of_its_constructor(sandbox: Sandbox) -> None:
    source = """
import keras

class Mine(keras.losses.Loss):
    def __init__(self, margin=0.5, power=2, name="mine", **kwargs):
        super().__init__(name=name, **kwargs)
        self.margin = margin
        self.power = power

    def call(self, y_true, y_pred):
        return (y_pred - self.margin) ** self.power
"""
    trace = sandbox.trace(source, constants={"margin": 0.25, "power": 2}, entry="Mine")
    assert isinstance(trace, RawTrace), trace
    assert trace.constants == {"margin": 0.25, "power": 2.0}
    assert trace.calls == (RawCall("subtract", (Ref(1), GAMMA)), RawCall("power", (Ref(4), FIRST)))


ENTRIES = {
    "a function of another name": ("def focal(y_true, y_pred):\n    return -y_pred\n", "focal"),
    "a lambda": ("loss = lambda y_true, y_pred: -y_pred\n", "loss"),
    "a partial": (
        "from functools import partial\ndef f(y, x, s):\n    return s * x\nloss = partial(f, s=-1)\n",
        "loss",
    ),
    "an object that is callable": ("class F:\n    def __call__(self, y, x):\n        return -x\nloss = F()\n", "loss"),
    "a loss object": ("import keras\nloss = keras.losses.CategoricalCrossentropy(from_logits=True)\n", "loss"),
    "a function of Keras": ("from keras.losses import categorical_hinge as loss\n", "loss"),
    "a decorated function": (
        "import tensorflow as tf\n@tf.function(jit_compile=True)\ndef loss(y, x):\n    return -x\n",
        "loss",
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_the_entry_may_be(sandbox: Sandbox, name: str) -> None:
    source, entry = ENTRIES[name]
    trace = sandbox.trace(source, entry=entry)
    assert isinstance(trace, RawTrace), trace
    assert trace.calls


def test_a_tensor_is_an_instance_of_what_it_is_in_tensorflow(sandbox: Sandbox) -> None:
    source = """
import numpy as np
import tensorflow as tf

def loss(y: tf.Tensor, x: "tf.Variable", gamma=2.0):
    return isinstance(x, tf.Tensor), isinstance(x, np.ndarray), isinstance(gamma, tf.Tensor), tf.is_tensor(x)
"""
    trace = sandbox.trace(source, constants={"gamma": 2.0})
    assert isinstance(trace, RawTrace), trace
    assert trace.output == (True, False, False, True)


def test_an_entry_that_is_missing_or_no_name_is_said(sandbox: Sandbox) -> None:
    failure = sandbox.trace("def loss(y, x):\n    return x\n", entry="focal")
    assert isinstance(failure, TraceFailure)
    assert "does not define `focal`" in failure.message
    with pytest.raises(ValueError, match="not the name of a loss"):
        sandbox.trace("", entry="a.b")


@pytest.mark.parametrize(
    "expression",
    ["x / float(k)", "x / int(k)", "x / k", "x * (1.0 if k > 1 else 2.0)", "x / max(k - 1, 1)", "x / math.log(k)"],
)
def test_a_class_count_that_any_task_has_stays_symbolic(sandbox: Sandbox, expression: str) -> None:
    calls = traced(sandbox, "k = x.shape[-1]", f"return {expression}").calls
    assert all(10 not in call.args for call in calls)
