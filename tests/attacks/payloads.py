"""The candidates of `candidates/`, and how each ends: in plain CPython, where it does what it says, and in a guest.

The second line of a file says what it tries, the third how the sandbox ends it, and the fourth, where there is one,
how CPython ends it: `SIGPROF` if it still computes after 0.1 s of processor time (a thousand times what an honest loss
takes), otherwise its exception.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from alphaloss.sandbox import RawTrace, Sandbox, TraceFailure

CANDIDATES = Path(__file__).parent / "candidates"
HARMLESS = "from keras import ops\ndef loss(y_true, y_pred):\n    return ops.sum(y_pred, axis=-1)\n"

_LIMITED = """
import resource, signal, sys
resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))
signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))
scope = {"__name__": "candidate"}
exec(sys.argv[2], scope)
if "loss" in scope:
    scope["loss"](1.0, 1.0)
"""


@dataclass(frozen=True)
class Payload:
    """A hostile candidate and its promised ends; `in_cpython` is empty where it needs the guest to do harm."""

    source: str
    ends_as: str
    in_cpython: str


def payloads(folder: str) -> pytest.MarkDecorator:
    """Runs a test for every candidate of a folder, as the argument `payload`."""
    paths = sorted((CANDIDATES / folder).glob("*.py"))
    assert paths
    return pytest.mark.parametrize("payload", [read(path) for path in paths], ids=[path.stem for path in paths])


def read(path: Path) -> Payload:
    """A candidate with what its head promises."""
    source = path.read_text(encoding="utf-8")
    _, _, ends_as, cpython = source.splitlines()[:4]
    return Payload(
        source,
        ends_as.removeprefix("# ends as: "),
        cpython.removeprefix("# in CPython: ") if cpython.startswith("# in CPython: ") else "",
    )


def end_in_cpython(source: str, seconds: float) -> str:
    """How a candidate ends with half a gigabyte and `seconds` of processor time: a signal, an exception, or nothing."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LIMITED, str(seconds), source],
        env={},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    return done.stderr.decode().strip().rpartition("\n")[2].partition(":")[0]


def end_of(outcome: RawTrace | TraceFailure) -> str:
    """The end of a trace in a word."""
    return "trace" if isinstance(outcome, RawTrace) else outcome.code


def assert_ends_as_promised(sandbox: Sandbox, payload: Payload) -> RawTrace | TraceFailure:
    """Traces a candidate between two harmless ones, in one process; twice, because the end never depends on chance."""
    if payload.in_cpython:
        patience = 0.1 if payload.in_cpython == "SIGPROF" else 10.0
        assert end_in_cpython(payload.source, patience) == payload.in_cpython
    assert isinstance(sandbox.trace(HARMLESS), RawTrace)
    process = sandbox.pid
    outcome = sandbox.trace(payload.source)
    assert end_of(outcome) == payload.ends_as, outcome
    assert isinstance(sandbox.trace(HARMLESS), RawTrace)
    assert repr(sandbox.trace(payload.source)) == repr(outcome)
    assert sandbox.pid == process, "the attack ended the hosting process"
    return outcome
