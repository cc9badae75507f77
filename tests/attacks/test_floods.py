"""Candidates that send, print, open or record too much."""

import pytest
from attacks.payloads import HARMLESS, Payload, assert_ends_as_promised, payloads

from alphaloss.sandbox import FailureCode, Sandbox, SandboxLimits, TraceFailure


@payloads("floods")
def test_a_flood_is_ended(sandbox: Sandbox, payload: Payload) -> None:
    outcome = assert_ends_as_promised(sandbox, payload)
    if isinstance(outcome, TraceFailure):
        assert len(outcome.message) < 1_000


def test_a_source_of_a_megabyte_is_refused_before_a_process_starts() -> None:
    with Sandbox() as idle:
        failure = idle.trace(HARMLESS + "#" * 2**20)
        assert isinstance(failure, TraceFailure)
        assert failure.code is FailureCode.SIZE
        assert idle.pid is None


@pytest.mark.parametrize(("field", "value"), [("calls", 5), ("result_bytes", 400), ("host_calls", 20)])
def test_each_cap_ends_what_it_is_for(field: str, value: int) -> None:
    source = "def loss(y_true, y_pred):\n    for _ in range(9):\n        y_pred = y_pred * 0.5\n    return y_pred\n"
    with Sandbox(SandboxLimits.model_validate({field: value})) as tight:
        failure = tight.trace(source)
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.SIZE
