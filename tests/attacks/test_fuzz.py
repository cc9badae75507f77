"""Whatever a guest sends and whatever an author writes, the answer is a typed one, and the next candidate is served.

`python benchmarks/fuzz.py` runs these properties for as long as it is told to, on other examples each time.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from attacks.forger import Forger
from attacks.payloads import HARMLESS
from attacks.strategies import SOURCES, results
from hypothesis import HealthCheck, event, example, given, settings

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.records import Candidate, Duplicate, Program, Rejection
from alphaloss.sandbox import RawTrace, Sandbox, TraceFailure

SECONDS = 30.0  # far above any answer; only what hangs meets it
FUZZ = settings(deadline=None, suppress_health_check=list(HealthCheck))
MESSAGE = 2_000


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Raises in the middle of what takes longer."""

    def expire(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def assert_typed(outcome: Program | Rejection | Duplicate) -> None:
    """A typed answer, in a sentence that can be shown anywhere."""
    assert isinstance(outcome, Program | Rejection | Duplicate)
    event(outcome.code if isinstance(outcome, Rejection) else type(outcome).__name__)
    if isinstance(outcome, Rejection):
        assert outcome.message
        assert len(outcome.message) <= MESSAGE
        assert outcome.message.isascii()
        assert outcome.message.isprintable()


@FUZZ
@given(results())
def test_a_forged_result_gets_a_typed_answer_from_the_gate(payload: bytes) -> None:
    with ended_after(SECONDS):
        assert_typed(Gate(Forger(None, payload), GateSettings()).admit(Candidate(source=HARMLESS, operator="fuzz")))


@FUZZ
@given(SOURCES)
@example("def loss(y_true, y_pred):\n    return " + "-" * 9_000 + "y_pred\n")
@example("def loss(y_true, y_pred):\n    return " + "(" * 5_000 + "y_pred" + ")" * 5_000 + "\n")
@example("def loss(y_true, y_pred):\n    return y_pred" + ".T" * 6_000 + "\n")
@example("\ufeffdef loss(y_true, y_pred):\r\n    return y_pred\r\n")
def test_any_source_gets_a_typed_answer_and_the_next_candidate_is_served(sandbox: Sandbox, source: str) -> None:
    with ended_after(SECONDS):
        assert isinstance(sandbox.trace(source), RawTrace | TraceFailure)
        assert_typed(Gate(sandbox, GateSettings()).admit(Candidate(source=source, operator="fuzz")))
        assert isinstance(sandbox.trace(HARMLESS), RawTrace)
