from __future__ import annotations

import pytest

from alphaloss.gate.source import SourceError, read_signature


def source(parameters: str = "y_true, y_pred", before: str = "from keras import ops") -> str:
    return f"{before}\n\n\ndef loss({parameters}):\n    return -ops.sum(y_true * ops.log_softmax(y_pred), axis=-1)\n"


def test_a_plain_loss_asks_for_its_two_tensors():
    signature = read_signature(source(), 16_384)
    assert signature.inputs == ("y_true", "y_pred")
    assert signature.constants == {}


@pytest.mark.parametrize(
    ("parameters", "constants"),
    [
        ("y_true, y_pred, gamma=2.0", {"gamma": 2.0}),
        ("y_true, y_pred, *, alpha=0.1, beta=-1.5", {"alpha": 0.1, "beta": -1.5}),
        ("y_true, y_pred, a=0.5, *, b=1e-7", {"a": 0.5, "b": 1e-7}),
        ("y_true, y_pred, /, a=0.5", {"a": 0.5}),
        ("y_true, y_pred, axis=-1, from_logits=True, name='x', options=None, count=3", {"count": 3}),
        ("y_true, y_pred, gamma=2, order=-1", {"gamma": 2, "order": -1}),
        (f"y_true, y_pred, a=1e999, b=-1e999, c={'9' * 400}", {}),
        ("y_true, y_pred, num_classes=10, n_classes=3, log=False", {}),
        ("y_true, y_pred, classes=10, temperature=2.0", {"temperature": 2.0}),
        ("y_true, y_pred, ops=None", {}),
    ],
)
def test_number_defaults_become_named_constants_and_other_defaults_stay(parameters: str, constants: dict[str, float]):
    signature = read_signature(source(parameters), 16_384)
    assert signature.constants == constants
    assert signature.inputs == ("y_true", "y_pred")


@pytest.mark.parametrize(
    "parameters", ["y_true, y_pred, class_prior", "y_true, y_pred, *, class_prior", "y_true, y_pred, class_prior=None"]
)
def test_the_class_prior_is_an_input_however_it_is_asked_for(parameters: str):
    assert read_signature(source(parameters), 16_384).inputs == ("y_true", "y_pred", "class_prior")


def test_the_last_of_several_definitions_counts_as_in_python():
    text = source("y_true, y_pred, a=1.0") + source("y_true, y_pred, b=2.0", before="")
    assert read_signature(text, 16_384).constants == {"b": 2.0}


LOSS_CLASS = "class {}(keras.losses.Loss):\n    def call(self, y_true, y_pred): ...\n"
WITH_CONSTRUCTOR = """
class Base(Loss):
    def __init__(self, margin=0.5, *, axis=-1, power=2, reduction="none", name=None, **kwargs): ...
    def call(self, y_true, y_pred): ...

class Mine(Base):
    def helper(self, a=1.0): ...

def other(x): ...
"""


@pytest.mark.parametrize(
    ("text", "entry", "constants"),
    [
        ("def focal(y_true, y_pred, gamma=2.0): ...\ndef helper(x): ...", "focal", {"gamma": 2.0}),
        ("from functools import partial\ndef f(y_true, y_pred, q=1.0): ...\nloss = partial(f, q=2.0)", "loss", {}),
        ("def f(y_true, y_pred, q=1.0): ...\nloss = f", "loss", {"q": 1.0}),
        ("loss: Callable = lambda y_true, y_pred, *, q=3: q", "loss", {"q": 3}),
        ("def loss(y_true, y_pred, q=1.0): ...\nloss = make()", "loss", {}),
        ("loss = make()\ndef loss(y_true, y_pred, q=1.0): ...", "loss", {"q": 1.0}),
        ("loss = keras.losses.CategoricalCrossentropy(from_logits=True)", "loss", {}),
        (LOSS_CLASS.format("Mine") + "loss = Mine(0.5)", "loss", {}),
        (LOSS_CLASS.format("Mine"), "Mine", {}),
        (WITH_CONSTRUCTOR, "Mine", {"margin": 0.5, "power": 2}),
        ("@tf.function(jit_compile=True)\ndef loss(y_true, y_pred, q=1.0): ...", "loss", {"q": 1.0}),
        ("@keras.saving.register_keras_serializable()\ndef loss(y_true, y_pred, q=1.0): ...", "loss", {"q": 1.0}),
        ("@wrapped(0.1)\ndef loss(y_true, y_pred, q=1.0): ...", "loss", {}),
    ],
)
def test_the_loss_is_found_however_it_is_written(text: str, entry: str, constants: dict[str, float]):
    signature = read_signature(text, 16_384)
    assert (signature.entry, signature.constants) == (entry, constants)
    assert signature.inputs == ("y_true", "y_pred")


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("def loss(y_true, y_pred):\n    return (y_true +\n", r"not valid Python: .*never closed", 2),
        ("import keras\nThe loss is as follows:\n", "not valid Python: invalid syntax", 2),
        ("\x00", "not valid Python", None),
        ("-" * 10_000 + "1", "not valid Python", None),
        ("", r"no function `loss\(y_true, y_pred\)` at the top level of the file; found none", None),
        ("def f(): ...\ndef g(): ...", "no function .*; found: `f`, `g`", None),
        ("if True:\n    def loss(y_true, y_pred): ...", "no function .* at the top level", None),
        ("class loss: ...", "found a class without `call", None),
        (
            "def f(y_true, y_pred): ...\ndef g(y_true, y_pred): ...",
            "several that could be it: `f`, `g`. Call the",
            None,
        ),
        (LOSS_CLASS.format("A") + LOSS_CLASS.format("B"), "several that could be it: `A`, `B`", None),
        ("class A(keras.losses.Loss):\n    def call(self, x, y): ...", "a class without `call", None),
        (LOSS_CLASS.format("A") + "    def __init__(self, q): ...\n", "`A` has no value for `q`: give it a default", 3),
        (LOSS_CLASS.format("A") + "    def __init__(self, ops=1.0): ...\n", "`ops` cannot be the name", 3),
        ("loss = lambda y_true, y_pred, a: a", "parameter `a` has no value", 1),
        (source("y_pred, y_true"), r"must take \(y_true, y_pred\) first; it takes \(y_pred, y_true\)", 4),
        (source("y_true"), r"it takes \(y_true\)", 4),
        (source(""), r"it takes \(\)", 4),
        (source("*, y_true, y_pred"), r"it takes \(\)", 4),
        (source("y_true, y_pred, *args"), r"\*args and \*\*kwargs are not allowed", 4),
        (source("y_true, y_pred, **kwargs"), r"\*args and \*\*kwargs are not allowed", 4),
        (source("y_true, y_pred, progress"), "`progress` is reserved .* remove it", 4),
        (source("y_true, y_pred, progress=0.5"), "`progress` is reserved", 4),
        (source("y_true, y_pred, gamma"), r"parameter `gamma` has no value: give it a default \(`gamma=1.0`\)", 4),
        (source("y_true, y_pred, *, a=1.0, gamma"), "parameter `gamma` has no value", 4),
        (source("y_true, y_pred, ops=1.0"), "`ops` cannot be the name of a constant", 4),
    ],
)
def test_a_text_that_is_no_candidate_is_refused_with_its_line(text: str, message: str, line: int | None):
    with pytest.raises(SourceError, match=message) as caught:
        read_signature(text, 16_384)
    assert caught.value.line == line


def test_the_size_is_counted_in_bytes_and_before_anything_is_parsed():
    text = source() + "# é"
    size = len(text.encode())
    assert read_signature(text, size).constants == {}
    with pytest.raises(SourceError, match=f"the file has {size} bytes; a candidate has at most {size - 1}"):
        read_signature(text, size - 1)
    with pytest.raises(SourceError, match="the file has 400000 bytes"):
        read_signature("(" * 400_000, 16_384)


def test_a_warning_of_the_parser_is_no_concern_of_the_user():
    assert read_signature(source(before='PATTERN = "\\d"'), 16_384).inputs == ("y_true", "y_pred")
