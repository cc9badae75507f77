"""`docs/rejections.md` shows for each code what is said of an example; here every example is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection
from alphaloss.sandbox import Sandbox

PAGE = (Path(__file__).parent.parent / "docs" / "rejections.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)\n```", PAGE, re.DOTALL)


def _outcome(source: str, sandbox: Sandbox) -> Program | Rejection | Duplicate:
    gate = Gate(sandbox, GateSettings())
    assert isinstance(gate.admit(Candidate(source=zoo_source(REFERENCE), operator="zoo")), Program)
    return gate.admit(Candidate(source=source, operator="user"))


def _said(outcome: Program | Rejection | Duplicate) -> str:
    if isinstance(outcome, Program):
        return "admitted"
    if isinstance(outcome, Duplicate):
        return "DUPLICATE"
    where = f", line {outcome.line}" if outcome.line else ""
    return f"{outcome.code}{where}: {outcome.message}"


@pytest.mark.parametrize(("source", "expected"), EXAMPLES, ids=[text.partition(":")[0] for _, text in EXAMPLES])
def test_the_page_says_what_the_gate_says(source: str, expected: str, sandbox: Sandbox):
    assert _said(_outcome(source, sandbox)) == " ".join(expected.split())


def test_the_page_has_an_example_of_every_code():
    shown = {text.partition(":")[0].partition(",")[0] for _, text in EXAMPLES}
    assert shown == {*Code, "admitted"}
