"""A stand-in for a language model: reads the program in a prompt, and answers with a changed one.

It knows nothing and learns nothing. It is there so that everything around a model can be run and tested without one.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
from collections.abc import Callable
from typing import NamedTuple

from alphaloss.testing.wire import Request

_FENCE = re.compile(r"^(`{3,})python\n(.*?)^\1", re.MULTILINE | re.DOTALL)
_P_TRUE = "p_true = ops.sum(y_true * ops.softmax(y_pred, axis=-1), axis=-1)"
_FLAWED_SHARE = 0.15
_SEVERAL = re.compile(r"\bwrite ([1-9]) new ", re.IGNORECASE)

_FIRST = """from keras import ops


def loss(y_true, y_pred):
    log_p = ops.log_softmax(y_pred, axis=-1)
    return -ops.sum(y_true * log_p, axis=-1)
"""
"""What is changed where the prompt shows no program."""


class Edit(NamedTuple):
    """New lines for some lines of a source.

    Attributes:
        name: what the edit does, in a few words.
        first: line number of the first line that is replaced, from 1.
        last: of the last one.
        lines: that take their place.
    """

    name: str
    first: int
    last: int
    lines: list[str]


def answer(request: Request) -> str:
    """What the stand-in says to a request; the same to the same messages, on every machine.

    About one answer in seven is flawed as a model's might be: prose only, broken Python, an operation that does not
    exist, a batch mean, the parent unchanged.

    It expects programs in fenced blocks marked `python`, the one to change last, in the last message. If that message
    speaks of "SEARCH and REPLACE" it answers with an edit, if it says "Write no loss" with a list of lines, and else
    with a whole file, or with as many as it is told to write ("write 3 new").
    """
    text = request.messages[-1][1] if request.messages else ""
    rng = random.Random(hashlib.sha256(request.prompt.encode("utf-8", "replace")).digest())
    if "Write no loss" in text:
        return "- Bounded losses resist wrong labels.\n- Sharper losses learn faster at first.\n"
    source = _last_program(text) or _FIRST
    asked = _SEVERAL.search(text)
    return "\n".join(_one(source, text, rng) for _ in range(int(asked[1]) if asked else 1))


def _one(source: str, text: str, rng: random.Random) -> str:
    """What it says about one loss."""
    if rng.random() < _FLAWED_SHARE:
        return rng.choice(_FLAWS)(source)
    edit = changed(source, rng)
    if "SEARCH and REPLACE" in text:
        old = source.splitlines()[edit.first - 1 : edit.last]
        marked = ["<<<<<<< SEARCH", *old, "=======", *edit.lines, ">>>>>>> REPLACE"]
        return _said(edit.name, "\n".join(marked) + "\n")
    lines = source.splitlines()
    lines[edit.first - 1 : edit.last] = edit.lines
    return _said(edit.name, "\n".join(lines) + "\n")


def changed(source: str, rng: random.Random) -> Edit:
    """A small general change: of a constant, of the logits' scale, or of the value that is returned.

    Args:
        source: a candidate file whose function `loss` ends in a `return` of a value.
        rng: draws the change.
    """
    function = _loss_of(source)
    assert function is not None
    changes: list[Callable[[], Edit | None]] = [
        lambda: _constant(source, function, rng),
        lambda: _wrapped(source, function, *rng.choice(_WRAPPERS)),
    ]
    if "softmax" in source:  # the target is a class, and the prediction logits
        changes += [
            lambda: _tempered(source, function, rng),
            lambda: _wrapped(source, function, *rng.choice(_CLASS_WRAPPERS)),
        ]
    return rng.choice(changes)() or _wrapped(source, function, *_WRAPPERS[0])


_WRAPPERS = (
    ("log of it", "ops.log(1.0 + ops.maximum({value}, 0.0))"),
    ("bounded", "1.0 - ops.exp(-0.5 * {value})"),
    ("bounded, sharper", "1.0 - ops.exp(-1.5 * {value})"),
    ("its square added", "{value} + 0.3 * ops.square({value})"),
    ("its square root", "ops.sqrt(ops.maximum({value}, 0.0) + 0.01)"),
    ("capped", "ops.minimum({value}, 6.0 + 0.1 * {value})"),
)
_CLASS_WRAPPERS = (
    ("easy samples count less", "{value} * ops.sqrt(1.0001 - p_true)"),
    ("hard samples count less", "{value} * (0.2 + p_true)"),
    ("a share of the absolute error", "{value} + 2.0 * (1.0 - p_true)"),
    ("a share of the squared error", "{value} + ops.square(1.0 - p_true)"),
)
_FACTORS = (0.5, 0.8, 1.25, 2.0)


def _wrapped(source: str, function: ast.FunctionDef, name: str, form: str) -> Edit:
    last = function.body[-1]
    assert isinstance(last, ast.Return)
    assert last.value is not None
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    value = next(n for n in ("value", *(f"value{i}" for i in range(2, 1_000))) if n not in names)
    lines = [f"    {value} = {ast.get_source_segment(source, last.value)}"]
    if "p_true" in form and "p_true" not in names:
        lines.append(f"    {_P_TRUE}")
    return Edit(name, last.lineno, _end(last), [*lines, f"    return {form.format(value=value)}"])


def _tempered(source: str, function: ast.FunctionDef, rng: random.Random) -> Edit:
    first = function.body[0]
    line = f"    y_pred = {rng.choice(_FACTORS)} * y_pred"
    return Edit(
        "other temperature", first.lineno, _end(first), [line, *source.splitlines()[first.lineno - 1 : _end(first)]]
    )


def _constant(source: str, function: ast.FunctionDef, rng: random.Random) -> Edit | None:
    numbers = [
        (node, node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value
    ]
    if not numbers:
        return None
    number, value = rng.choice(numbers)
    line = source.splitlines()[number.lineno - 1]
    new = f"{value * rng.choice(_FACTORS):.4g}"
    text = new if "." in new or "e" in new else f"{new}.0"
    # ast counts columns in bytes of UTF-8.
    raw = line.encode()
    changed_line = (raw[: number.col_offset] + text.encode() + raw[number.end_col_offset :]).decode()
    return Edit("another constant", number.lineno, number.lineno, [changed_line])


def _last_program(text: str) -> str | None:
    programs = [match[2] for match in _FENCE.finditer(text)]
    return next((program for program in reversed(programs) if _loss_of(program)), None)


def _loss_of(source: str) -> ast.FunctionDef | None:
    """The function `loss`, if its last statement returns a value."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "loss"]
    last = functions[-1].body[-1] if functions else None
    return functions[-1] if isinstance(last, ast.Return) and last.value else None


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _said(name: str, code: str) -> str:
    return f"Name: {name}\nIdea: {name.capitalize()}, to see whether it helps.\n\n```python\n{code}```\n"


_FLAWS: tuple[Callable[[str], str], ...] = (
    lambda source: "A bounded loss would be more robust to the wrong labels. I would start from there.",
    lambda source: _said("broken", source.replace("def loss(", "def loss((")),
    lambda source: _said("unknown operation", source.replace("return ", "return ops.denoise(y_true) + ", 1)),
    lambda source: _said(
        "mean of the batch", source.replace("return ", "return 0.0 * ops.mean(y_pred, axis=0)[0] + ", 1)
    ),
    lambda source: _said("unchanged", source),
)
