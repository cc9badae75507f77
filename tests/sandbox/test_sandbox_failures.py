"""Each way to fail has a code, a line where there is one, and a sentence that helps."""

import textwrap

import pytest

from alphaloss.sandbox import FailureCode, RawTrace, Sandbox, SandboxLimits, TraceFailure

SUM = "from keras import ops\ndef loss(y_true, y_pred):\n    return ops.sum(y_pred, axis=-1)\n"


def failed(sandbox: Sandbox, source: str) -> TraceFailure:
    failure = sandbox.trace(textwrap.dedent(source))
    assert isinstance(failure, TraceFailure), failure
    return failure


def body(*lines: str) -> str:
    """A candidate whose `loss` starts at line 2."""
    return "from keras import ops\ndef loss(y, x):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("def loss(y, x):\n    return (x\n", 2, "not valid Python: '(' was never closed"),
        ("import keras\nHere is the loss:\n", 2, "not valid Python: invalid syntax"),
        ("-" * 10_000 + "1", None, "not valid Python"),
        (body("return missing * x"), 3, "missing"),
        (body("if ops.mean(x) > 0:", "    return x", "return -x"), 3, "use ops.where"),
        (body("return x and y"), 3, "ops.logical_and"),
        (body("return x if 0 < x < 1 else y"), 3, "use ops.where"),
        (body("return x * float(y)"), 3, "plain numbers"),
        (body("import math", "return math.floor(x) or round(x)"), 4, "use ops.where"),
        (body("return round(x)"), 3, "plain numbers"),
        (body("return max(x, 0.0)"), 3, "ops.maximum"),
        (body("return x if x.shape[0] > 1 else y"), 3, "batch size"),
        (body("return x.mean * 2"), 3, "call the method"),
        (body("return x.numpy()"), 3, "instead of numpy()"),
        (body("return y[::2].shape"), 3, "use that of y_pred"),
        (body("loss.gamma = 2", "return x"), 3, "in a variable or in a class"),
        (body("return (1, 2, 3)[::2]"), 3, "without a step"),
        (body("return np.log(2.0) * x"), 3, "import it at the top"),
        (body("first, second = x", "return first"), 3, "index it"),
        (body("return [row for row in x]"), 3, "index it"),
        (body("return x / len(x)"), 3, "batch size"),
        (body("return ops.reshape(x, (-1,)).shape"), 3, "use that of y_pred"),
        (body("return ops.sum(x, axis={-1})"), 3, "an argument of `sum` is a set"),
        (body("return loss"), None, "the result of `loss` is a function"),
        ("import torch\n", 1, "from keras import ops"),
        ("import keras\nD = keras.layers.Dense(3)\n", 2, "no layers, models or metrics"),
        ("from keras.losses import Foo\n", 1, "no `Foo`"),
        ("x = 1\nimport random\n", 2, "no random numbers"),
        ("import time\n", 1, "no clock"),
        ("import numpy as np\nx = np.random.rand()\n", 2, "no random numbers"),
        ("import tensorflow as tf\nx = tf.random.normal((2,))\n", 2, "no random numbers"),
        ("import keras\nx = keras.random.normal((2,))\n", 2, "no random numbers"),
        (body("match 1:", "    case _:", "        return x"), 3, "write if and elif"),
        ("async def loss(y, x):\n    return x\n", 1, "remove async"),
        ("try:\n    x = 1\nexcept* ValueError:\n    pass\n", 1, "write except"),
        ("class A(metaclass=type):\n    pass\n", 1, "no metaclass"),
        ("from math import *\n", 1, "import the names"),
        (body("for a in {0.1, 0.2}:", "    x = x * a", "return x"), 3, "the order of a set"),
        (body("return sum(x * a for a in set([0.1, 0.2]))"), 3, "the order of a set"),
        ("def f(**k):\n    for a in k.values():\n        pass\n", 2, "the order of **k"),
        (body("rows = [(2, 'a'), (1, 'b')]", "rows.sort(key=lambda row: row[0])", "return x"), 4, "use sorted"),
        (body("weights = dict.fromkeys(['a', 'b'], 1.0)", "return x"), 3, "dict comprehension"),
        ("from typing import NamedTuple\n", 1, "use collections.namedtuple"),
        ("import keras\ndef loss(y, x):\n    return keras.losses.hinge(y, x)\n", 3, "use categorical_hinge"),
        ("import keras\ndef loss(y, x):\n    return keras.losses.Dice()(y, x)\n", 3, "reduction=None"),
        ("import keras\ndef loss(y, x):\n    return keras.losses.dice(y, x)\n", 3, "mixes the samples"),
        ("import keras\nl = keras.losses.Huber(1.0, 2.0)\n", 2, "give the others by name"),
        ("import keras\ny = keras.utils.to_categorical([1], 3)\n", 2, "one-hot already"),
        ("import tensorflow as tf\ndef loss(y, x):\n    return tf.gather(x, y)\n", 3, "give batch_dims=1"),
        ("import tensorflow as tf\nv = tf.Variable(1.0)\n", 2, "cannot use tf.Variable"),
        ("import tensorflow as tf\nwith tf.GradientTape() as t:\n    pass\n", 2, "cannot use tf.GradientTape"),
        ("def my_loss(y, x):\n    return x\n", None, "does not define `loss`"),
        ("def loss(y):\n    return y\n", None, "takes 1 positional argument"),
        (body("raise ValueError('no')"), 3, "ValueError: no"),
        ("x = 1\nraise SystemExit\n", 2, "SystemExit"),
        ("a = '\ud800'\n", 1, "surrogate"),
    ],
)
def test_an_error_names_its_line_and_the_remedy(sandbox: Sandbox, source: str, line: int | None, words: str) -> None:
    failure = failed(sandbox, source)
    assert failure.code is FailureCode.ERROR
    assert failure.line == line
    assert words in failure.message


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("while True:\n    pass\n", FailureCode.FUEL),
        (body("return x * 10 ** 10 ** 8"), FailureCode.FUEL),
        (body("return x * len('a' * 10 ** 9)"), FailureCode.MEMORY),
        ("items = [1]\nwhile True:\n    items += items\n", FailureCode.MEMORY),
        ("items = [1]\nwhile True:\n    items = [items]\n", FailureCode.MEMORY),
        (body("return loss(y, x)"), FailureCode.MEMORY),
        ("#" * 16_385, FailureCode.SIZE),
        ("while True:\n    print('x' * 100)\n", FailureCode.SIZE),
    ],
)
def test_what_uses_too_much_is_ended(sandbox: Sandbox, source: str, code: FailureCode) -> None:
    assert failed(sandbox, source).code is code
    assert isinstance(sandbox.trace(SUM), RawTrace)


@pytest.mark.parametrize("limits", [SandboxLimits(calls=3), SandboxLimits(result_bytes=200)])
def test_a_trace_beyond_its_caps_is_refused(limits: SandboxLimits) -> None:
    with Sandbox(limits) as small:
        assert failed(small, body("return -(-(-(-x)))")).code is FailureCode.SIZE


@pytest.mark.parametrize(
    "source",
    [
        "n = 0\ndef loss(y, x):\n    global n\n    n += 1\n    return x * n\n",
        "seen = []\ndef loss(y, x):\n    seen.append(x)\n    return seen[0] + len(seen)\n",
        "seen = []\ndef loss(y, x):\n    assert not seen\n    seen.append(1)\n    return x\n",
    ],
)
def test_a_loss_with_a_memory_is_stateful(sandbox: Sandbox, source: str) -> None:
    failure = failed(sandbox, source)
    assert failure.code is FailureCode.STATEFUL


@pytest.mark.parametrize(
    "source",
    [
        body("return sum([x[:, i] for i in range(x.shape[-1])], 0.0)"),
        body("total = 0.0", "for i in range(x.shape[-1]):", "    total = total + x[:, i]", "return total"),
        body("return x * [1.0, 2.0][x.shape[-1] % 2]"),
        body("return x if x.shape[-1] > 8 else -x"),
        body("return x if x.shape[-1] > 2 else -x"),
        body("return x / max(x.shape[-1], 100)"),
        body("import math", "return x * math.comb(int(x.shape[-1]), 2)"),
        body("assert x.shape[-1] == 10", "return x"),
        body("return x * [0.1] * 10 if x.shape[-1] == 10 else x"),
    ],
)
def test_a_loss_for_one_class_count_is_refused(sandbox: Sandbox, source: str) -> None:
    failure = failed(sandbox, source)
    assert failure.code is FailureCode.CLASS_COUNT
    assert "must work for any number of classes" in failure.message
    # The line of the first operation that is not recorded again; at ten classes `x if ... else -x` records none.
    assert (failure.line is None) == ("else -x" in source)


def test_the_deadline_ends_what_fuel_does_not() -> None:
    with Sandbox(SandboxLimits(fuel=10**15, seconds=0.2)) as patient:
        assert failed(patient, "while True:\n    pass\n").code is FailureCode.TIME
        assert isinstance(patient.trace(SUM), RawTrace)


def test_a_message_carries_no_control_characters(sandbox: Sandbox) -> None:
    failure = failed(sandbox, body("raise ValueError('\\x1b[2J\\r\\nred')"))
    assert failure.message.isprintable()


@pytest.mark.parametrize(
    "arguments",
    [
        {"inputs": ("y_true",)},
        {"inputs": ("y_true", "y_true")},
        {"inputs": ("y_true", "y-pred")},
        {"constants": {"y_pred": 1.0}},
        {"constants": {"lambda": 1.0}},
        {"constants": {"a name": float("nan")}},
        {"constants": {"name": float("inf")}},
    ],
)
def test_misuse_raises(sandbox: Sandbox, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"inputs|names|name"):
        sandbox.trace(SUM, **arguments)  # type: ignore[arg-type]


def test_a_closed_sandbox_says_so() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()
    with pytest.raises(ValueError, match="closed"):
        sandbox.trace(SUM)
