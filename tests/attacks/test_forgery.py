"""Candidates that write the result themselves: the parser sees their text as it is."""

import pytest

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


def forged(sandbox: Sandbox, text: str) -> RawTrace | TraceFailure:
    """What a candidate gets that sends the value of the expression `text`."""
    return sandbox.trace(FORGER.replace("{text}", text))


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
    ],
)
def test_a_hostile_text_is_a_protocol_failure(sandbox: Sandbox, text: str) -> None:
    failure = forged(sandbox, text)
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.PROTOCOL


def test_a_result_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    failure = forged(sandbox, "'x' * 300000")
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.SIZE
