"""Every candidate in `candidates/` attacks the sandbox: it ends as its third line says, and the next one traces."""

from pathlib import Path

import pytest

from alphaloss.sandbox import RawTrace, Sandbox

CANDIDATES = sorted((Path(__file__).parent / "candidates").glob("*.py"))
HARMLESS = "from keras import ops\ndef loss(y_true, y_pred):\n    return ops.sum(y_pred, axis=-1)\n"


@pytest.mark.parametrize("path", CANDIDATES, ids=lambda path: path.stem)
def test_an_attack_ends_as_expected_and_the_next_candidate_traces(sandbox: Sandbox, path: Path) -> None:
    source = path.read_text()
    expected = source.splitlines()[2].removeprefix("# ends as: ")
    assert isinstance(sandbox.trace(HARMLESS), RawTrace)
    process = sandbox.pid
    outcome = sandbox.trace(source)
    assert ("trace" if isinstance(outcome, RawTrace) else outcome.code) == expected, outcome
    assert isinstance(sandbox.trace(HARMLESS), RawTrace)
    assert sandbox.pid == process, "the attack ended the hosting process"
    assert repr(sandbox.trace(source)) == repr(outcome)
