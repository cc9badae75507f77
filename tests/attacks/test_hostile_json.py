"""JSON that no recorder writes, on its whole way: parser, binding, gate. What cannot be is refused with its place."""

from __future__ import annotations

import json

import pytest
from attacks.forger import Forger
from attacks.payloads import HARMLESS

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection
from alphaloss.sandbox import SandboxLimits


def answer(line: str, limits: SandboxLimits | None = None) -> Program | Rejection | Duplicate:
    """What the gate says where a guest sends `line` for each call."""
    forger = Forger(limits, "\n".join([line] * 3).encode("utf-8", "surrogatepass"))
    return Gate(forger, GateSettings()).admit(Candidate(source=HARMLESS, operator="attack"))


def call(op: str, *args: str, keywords: str = "") -> str:
    """A trace of one call, whose value is the loss."""
    return f'{{"output": {{"ref": 2}}, "calls": [["{op}", [{", ".join(args)}], [{keywords}]]]}}'


Y, P = '{"ref": 0}', '{"ref": 1}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (call("multiply", P, "NaN"), "NaN"),
        (call("multiply", P, "-Infinity"), "Infinity"),
        (call("multiply", P, "1e999"), "infinite as a float"),
        (call("multiply", P, '{"float": "nan"}'), "nan"),
        (call("multiply", P, "9" * 5_000), "64 bits"),
        (call("sum", P, keywords='["axis", true]'), "axis"),
        (call("sum", P, keywords='["axis", -1], ["axis", 0]'), "`axis` appears twice"),
        (call("sum", P, keywords='["axis", 7]'), "axis"),
        (call("sum", P, keywords='["axis", -4]'), "axis"),
        (call("sum", P, keywords='["axis", 9223372036854775807]'), "axis"),
        (call("sum", P, keywords='["bogus", -1]'), "bogus"),
        (call("sum", P, keywords='["axis", {"ref": 0}]'), "axis"),
        (call("no_such_operation", P), "no_such_operation"),
        (call("constant", "1.0"), "constant"),
        (call("__class__", P), "__class__"),
        (call("log", P, P), "log"),
        (call("log"), "log"),
        (call("log", '"text"'), "log"),
        (call("log", "null"), "log"),
        (call("log", '{"ref": 2}'), "refers to value 2; expected 0 to 1"),
        (call("log", '{"ref": 99999999}'), "refers to value 99999999"),
        ('{"output": 1, "output": 2, "calls": []}', "two equal keys"),
        ('{"output": {"ref": 1, "ref": 0}, "calls": []}', "two equal keys"),
        ('{"calls": []}', "calls, output"),
        ("[" * 80_000, "nested too deeply"),
        ('{"output": ' + "[" * 40_000 + "]" * 40_000 + ', "calls": []}', "nested too deeply"),
        ("", "not JSON"),
        ("nul", "not JSON"),
        ('{"output": {"ref": 1}, "calls": []} trailing', "not JSON"),
        ('"' + "x" * 80_000 + '"', "expected an object"),
        ('{"' + "k" * 80_000 + '": 1}', "expected an object"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_what_cannot_be_is_refused_and_named(line: str, words: str) -> None:
    outcome = answer(line)
    assert isinstance(outcome, Rejection)
    assert outcome.code in (Code.TRACE, Code.SHAPE)
    assert words in outcome.message
    assert len(outcome.message) <= 1_000


@pytest.mark.parametrize(
    "line",
    [
        '{"output": {"ref": 1}, "calls": []}',
        '{"output": null, "calls": []}',
        '{"output": [], "calls": []}',
        '{"output": [{"ref": 1}], "calls": []}',
        '{"output": {"ellipsis": true}, "calls": []}',
        '{"output": {"slice": [null, null, null]}, "calls": []}',
        call("matmul", Y, P),
        call("multiply", Y, P),
        call("getitem", P, "0"),
        call("getitem", P, '[{"slice": [null, null, -1]}]'),
        call("getitem", P, "9223372036854775807"),
        call("broadcast_to", P, "[100000, 100000]"),
        call("reshape", P, "[-1]"),
        call("tile", P, "[1000000]"),
        call("arange", "100000000000"),
        call("full", "[1000000000]", "1.0"),
        call("one_hot", P, "1000000000"),
        call("repeat", P, "1000000000"),
        call("pad", P, "[[0, 1000000000]]"),
        call("top_k", P, "1000000000"),
        call("expand_dims", P, "-1", keywords='["axis", -1]'),
        call("transpose", P),
        call("cumsum", P, "0"),
    ],
)
def test_a_valid_call_that_is_no_loss_is_rejected_without_being_computed(line: str) -> None:
    assert isinstance(answer(line), Rejection)


def test_a_line_of_a_quarter_of_a_megabyte_is_read_or_refused_as_a_whole() -> None:
    calls = json.dumps([["exp", [{"ref": 1}], []]] * 2_000)
    line = f'{{"output": {{"ref": 2001}}, "calls": {calls}}}'
    short = answer(line, SandboxLimits(result_bytes=1_000))
    assert isinstance(short, Rejection)
    assert "1000 at most" in short.message
    whole = answer(line)
    assert isinstance(whole, Rejection)
