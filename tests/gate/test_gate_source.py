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
        ("y_true, y_pred, axis=-1, from_logits=True, name='x', options=None, count=3", {}),
        ("y_true, y_pred, classes=10, temperature=2.0", {"temperature": 2.0}),
        ("y_true, y_pred, ops=None", {}),
    ],
)
def test_float_defaults_become_named_constants_and_other_defaults_stay(parameters: str, constants: dict[str, float]):
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
        ("class loss: ...", "no function", None),
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
