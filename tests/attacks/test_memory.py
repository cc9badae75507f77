"""Candidates that take all the memory: theirs ends, the machine's does not notice."""

from pathlib import Path

import pytest
from attacks.payloads import HARMLESS, Payload, assert_ends_as_promised, payloads

from alphaloss.sandbox import RawTrace, Sandbox


def peak_mib(pid: int | None) -> float:
    """The most memory that a process has had, as the kernel counted it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
def peak_before(sandbox: Sandbox) -> float:
    assert isinstance(sandbox.trace(HARMLESS), RawTrace)
    return peak_mib(sandbox.pid)


@payloads("memory")
def test_memory_is_refused_inside_and_not_taken_outside(sandbox: Sandbox, peak_before: float, payload: Payload) -> None:
    assert_ends_as_promised(sandbox, payload)
    assert peak_mib(sandbox.pid) < peak_before + 16
