"""Which line of the author's text makes a recorded call."""

import pytest

from alphaloss.sandbox import RawTrace, Sandbox

SOURCE = '''"""A loss."""
from keras import ops
import keras

ONE = ops.convert_to_tensor(1.0)


def scaled(x, weight=2.0):
    return ops.multiply(
        x,
        weight,
    )


class Parts:
    def __init__(self, x):
        self.values = {
            "z": -x,
            "a": ops.exp(x),
        }


def loss(y_true, y_pred, /, gamma=2.0):
    for _ in range(2):
        y_pred = scaled(y_pred)
    parts = Parts(y_pred)
    if 0 < gamma < 5:
        y_pred = parts.values["z"] + gamma
    return (
        keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)
        + ONE
    )
'''
LINES = {
    "convert_to_tensor": [5],
    "multiply": [9, 9],
    "negative": [18],
    "exp": [19],
    "add": [28, 30],
    "categorical_crossentropy": [30],
}


def located(sandbox: Sandbox, source: str, **arguments: object) -> list[tuple[str, int | None]]:
    trace = sandbox.trace(source, **arguments)  # type: ignore[arg-type]
    assert isinstance(trace, RawTrace), trace
    numbers = range(len(trace.calls))
    return [(trace.calls[i].op, sandbox.locate(source, i, **arguments)) for i in numbers]  # type: ignore[arg-type]


def test_every_call_has_the_innermost_line_of_its_author(sandbox: Sandbox) -> None:
    found: dict[str, list[int | None]] = {}
    for op, line in located(sandbox, SOURCE, constants={"gamma": 2.0}):
        found.setdefault(op, []).append(line)
    assert found == LINES


def test_the_lines_do_not_depend_on_the_mark_of_byte_order_or_the_line_ends(sandbox: Sandbox) -> None:
    other = "\ufeff" + SOURCE.replace("\n", "\r\n")
    arguments = {"constants": {"gamma": 2.0}}
    assert located(sandbox, other, **arguments) == located(sandbox, SOURCE, **arguments)


@pytest.mark.parametrize(
    ("source", "call"),
    [
        (SOURCE, 99),
        (SOURCE, -1),
        ("def loss(y, x:\n", 0),
        ("def loss(y, x):\n    return undefined\n", 0),
        ("def loss(y, x):\n    while True:\n        pass\n", 0),
        ("def loss(y, x):\n    try:\n        return -x\n    except BaseException:\n        return x\n", 0),
        ("class Reached(BaseException):\n    pass\nraise Reached\n", 0),
    ],
)
def test_a_call_that_is_not_reached_has_no_line(sandbox: Sandbox, source: str, call: int) -> None:
    line = sandbox.locate(source, call)
    assert line is None or 1 <= line <= source.count("\n")


def test_nothing_that_a_candidate_calls_reached_leaves_its_text(sandbox: Sandbox) -> None:
    source = "class Reached(BaseException):\n    pass\n\n\ndef loss(y, x):\n    raise Reached\n"
    assert sandbox.locate(source, 0) in {None, 6}
