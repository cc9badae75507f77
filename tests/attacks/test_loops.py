"""Candidates that compute for ever: fuel ends them, whatever they catch."""

from attacks.payloads import HARMLESS, Payload, assert_ends_as_promised, payloads

from alphaloss.sandbox import FailureCode, RawTrace, Sandbox, SandboxLimits, TraceFailure


@payloads("loops")
def test_a_loop_without_an_end_is_ended(sandbox: Sandbox, payload: Payload) -> None:
    assert_ends_as_promised(sandbox, payload)


def test_what_has_fuel_without_an_end_is_ended_by_the_clock_inside_the_process() -> None:
    with Sandbox(SandboxLimits(fuel=10**15, seconds=0.3)) as patient:
        assert isinstance(patient.trace(HARMLESS), RawTrace)
        process = patient.pid
        failure = patient.trace("while True:\n    pass\n")
        assert isinstance(failure, TraceFailure)
        assert failure.code is FailureCode.TIME
        assert isinstance(patient.trace(HARMLESS), RawTrace)
        assert patient.pid == process
