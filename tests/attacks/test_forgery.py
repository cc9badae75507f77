"""Candidates that write the result themselves: the worst that they can send is another list of calls."""

import json

import pytest
from attacks.payloads import Payload, assert_ends_as_promised, payloads

from alphaloss.sandbox import FailureCode, RawCall, RawTrace, Ref, Sandbox, TraceFailure

# Sends `text` through the real channel; then an error that ends the guest while it is described, so that the recorder
# does not come to send anything.
FORGER = """
import host
import sys

class Unspeakable(Exception):
    def __str__(self):
        sys.exit(0)

host.call("result", {text})
raise Unspeakable
"""
# What candidates that end as a trace can have recorded: nothing but names, numbers and references.
PLAIN = (Ref, bool, int, float, str, type(None))


def forged(sandbox: Sandbox, text: str) -> RawTrace | TraceFailure:
    """What a candidate gets that sends the value of the expression `text`."""
    return sandbox.trace(FORGER.replace("{text}", text))


@payloads("forgery")
def test_a_candidate_that_plays_with_the_recorder_gets_a_graph_or_an_error(sandbox: Sandbox, payload: Payload) -> None:
    outcome = assert_ends_as_promised(sandbox, payload)
    if isinstance(outcome, RawTrace):
        values = outcome.output if isinstance(outcome.output, tuple) else (outcome.output,)
        assert all(isinstance(value, PLAIN) for value in values)
        assert all(isinstance(value, PLAIN) for call in outcome.calls for value in call.args)


def test_a_forged_graph_is_a_graph_like_any_other(sandbox: Sandbox) -> None:
    trace = forged(sandbox, repr("\n".join(['{"output": {"ref": 2}, "calls": [["log", [{"ref": 1}], []]]}'] * 3)))
    assert trace == RawTrace(("y_true", "y_pred"), {}, (RawCall("log", (Ref(1),)),), Ref(2))


@pytest.mark.parametrize(
    "text",
    [
        "''",
        "'score: 1.0'",
        "'\\n'.join(['{\"output\": NaN, \"calls\": []}'] * 3)",
        "'\\n'.join(['{\"output\": 1e999, \"calls\": []}'] * 3)",
        '\'\\n\'.join([\'{"output": {"ref": 2}, "calls": []}\'] * 3)',
        '\'\\n\'.join([\'{"output": {"ref": true}, "calls": []}\'] * 3)',
        '\'\\n\'.join([\'{"output": 1, "output": 2, "calls": []}\'] * 3)',
        "'\\n'.join(['[' * 20000] * 3)",
        "'\\n'.join([chr(0xd800)] * 3)",
        "bytes(range(256))",
        "'\\n' * 100000",
        "'\\n'.join(['\\ufeff{\"output\": 1, \"calls\": []}'] * 3)",
        '\'{"error": "SystemExit", "message": "score 1.0", "line": -1e9, "call": 1}\'',
    ],
)
def test_a_hostile_text_is_a_protocol_failure(sandbox: Sandbox, text: str) -> None:
    failure = forged(sandbox, text)
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.PROTOCOL


def test_another_function_of_the_host_takes_no_result(sandbox: Sandbox) -> None:
    trace = "\n".join(['{"output": {"ref": 2}, "calls": [["log", [{"ref": 1}], []]]}'] * 3)
    for name in ("set_score", "Result", "result\0", "", "results"):
        source = FORGER.replace('"result", {text}', f"{name!r}, {trace!r}")
        failure = sandbox.trace(source)
        assert isinstance(failure, TraceFailure)
        assert failure.code is FailureCode.PROTOCOL


def test_a_result_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    failure = forged(sandbox, "'x' * 300000")
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.SIZE


def test_a_forged_error_reaches_its_author_as_plain_text(sandbox: Sandbox) -> None:
    said = {"error": "ValueError", "message": "\x1b[2J\u202e<script>\n", "line": 3, "call": 1}
    failure = forged(sandbox, repr(json.dumps(said)))
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.ERROR
    assert failure.message.isprintable()
