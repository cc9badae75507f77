"""Sources that break whoever parses them get a typed answer, from the static look and from the sandbox."""

from __future__ import annotations

import ast

import pytest

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.records import Candidate, Code, Rejection
from alphaloss.sandbox import RawTrace, Sandbox, TraceFailure

HEAD = "def loss(y_true, y_pred):\n    return "
BOMBS = {
    "unary minus": HEAD + "-" * 16_000 + "y_pred\n",
    "unary not": HEAD + "not " * 4_000 + "y_pred\n",
    "parentheses": HEAD + "(" * 8_000 + "y_pred" + ")" * 8_000 + "\n",
    "brackets that stay open": HEAD + "[" * 16_000,
    "dictionaries": HEAD + "{1:" * 5_000 + "1" + "}" * 5_000 + "\n",
    "lambdas": HEAD + "lambda:" * 2_000 + "y_pred\n",
    "attributes": HEAD + "y_pred" + ".T" * 8_000 + "\n",
    "subscripts": HEAD + "y_pred" + "[0]" * 5_000 + "\n",
    "calls": HEAD + "y_pred" + "()" * 8_000 + "\n",
    "additions": HEAD + "y_pred" + "+1" * 8_000 + "\n",
    "powers": HEAD + "y_pred" + "**1" * 5_000 + "\n",
    "comparisons": HEAD + "y_pred" + "<1" * 8_000 + "\n",
    "conditions": HEAD + "1 if 1 else " * 1_300 + "y_pred\n",
    "strings": HEAD + "''" * 8_000 + "\n",
    "format strings": HEAD + "f'{" * 200 + "1" + "}'" * 200 + "\n",
    "decorators": "@a\n" * 5_000 + HEAD + "y_pred\n",
    "indentation": "".join(" " * i + "if 1:\n" for i in range(120)) + " " * 120 + "pass\n" + HEAD + "y_pred\n",
    "arguments": "def loss(y_true, y_pred, " + ", ".join(f"a{i}=1.0" for i in range(1_500)) + "):\n    return y_pred\n",
    "targets": "a=" * 8_000 + "1\n" + HEAD + "y_pred\n",
    "a long number": HEAD + "y_pred * " + "9" * 16_000 + "\n",
    "a long float": HEAD + "y_pred * 1." + "9" * 16_000 + "\n",
    "a large exponent": HEAD + "y_pred * 1e" + "9" * 5_000 + "\n",
    "a power of numbers": HEAD + "y_pred * 9**9**9**9\n",
    "a long name": HEAD + "y" * 16_000 + "\n",
    "a null byte": HEAD + "y_pred\n\0",
    "a null byte in a name": "def lo\0ss(y_true, y_pred):\n    return y_pred\n",
    "a form feed": "\x0c" * 8_000 + HEAD + "y_pred\n",
    "half a surrogate pair": HEAD + "'\ud800'\n",
    "a byte order mark in the middle": "\n\ufeff" + HEAD + "y_pred\n",
    "an encoding that does not exist": "# -*- coding: no-such-encoding -*-\n" + HEAD + "y_pred\n",
    "an encoding that hides code": "# coding: utf-7\n" + HEAD + "y_pred\n",
    "right-to-left": "def loss(y_true, y_pred):\n    # \u202e\u2066 } return y_pred\u2069\n    return y_pred\n",
    "a homoglyph of loss": "def l\u043ess(y_true, y_pred):\n    return y_pred\n",
    "a homoglyph of an argument": "def loss(y_true, \u0443_pred):\n    return \u0443_pred\n",
    "a compatible form of loss": "def \uff4c\uff4f\uff53\uff53(y_true, y_pred):\n    return y_pred\n",
    "a name of two spellings": "def loss(y_true, y_pred, *, \ufb01=1.0):\n    return y_pred * fi\n",
    "tabs against spaces": "def loss(y_true, y_pred):\n\tif 1:\n        return y_pred\n",
    "backslashes": HEAD + "\\\n" * 8_000 + "y_pred\n",
    "empty lines": "\n" * 16_000,
    "carriage returns": "\r" * 16_000 + HEAD + "y_pred\n",
    "global statements": "def loss(y_true, y_pred):\n" + "    global a\n" * 1_100 + "    return y_pred\n",
    "star imports": "from keras.ops import *\n" * 600,
    "return outside": "return 1\n" + HEAD + "y_pred\n",
    "await outside": "await 1\n" + HEAD + "y_pred\n",
    "nonlocal nowhere": "def loss(y_true, y_pred):\n    nonlocal a\n    return y_pred\n",
    "duplicate arguments": "def loss(y_true, y_true):\n    return y_true\n",
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_a_bomb_for_parsers_gets_a_typed_answer(sandbox: Sandbox, source: str) -> None:
    gate = Gate(sandbox, GateSettings())
    assert isinstance(sandbox.trace(HEAD + "y_pred\n"), RawTrace)
    process = sandbox.pid
    outcome = gate.trace(Candidate(source=source, operator="attack"))
    if isinstance(outcome, Rejection):
        assert outcome.message.isascii()
    assert isinstance(sandbox.trace(source), RawTrace | TraceFailure)
    assert isinstance(sandbox.trace(HEAD + "y_pred\n"), RawTrace)
    assert sandbox.pid == process


def test_several_of_the_bombs_break_a_parser_that_is_not_prepared() -> None:
    broken = set()
    for source in BOMBS.values():
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            broken.add(type(error).__name__)
    assert broken > {"SyntaxError"}


def test_size_is_looked_at_before_anything_else(sandbox: Sandbox) -> None:
    outcome = Gate(sandbox, GateSettings()).trace(Candidate(source="(" * 10**6, operator="attack"))
    assert isinstance(outcome, Rejection)
    assert outcome.code is Code.SOURCE
    assert "1000000 bytes" in outcome.message
