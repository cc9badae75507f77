from __future__ import annotations

import pytest
from gate.bad_losses import CLASSES, EVERYWHERE, VALUES, expected, source

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.types import Target
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection
from alphaloss.sandbox import Sandbox

STATIC = {Code.TRACE, Code.SHAPE, Code.NOT_PER_SAMPLE, Code.NOT_FINITE}
"""Codes of what does not depend on the task's class count."""


def outcome_of(sandbox: Sandbox, text: str, target: Target, width: int) -> Program | Rejection | Duplicate:
    gate = Gate(sandbox, GateSettings(), target=target, classes=width)
    return gate.admit(Candidate(source=text, operator="test"))


def code_of(outcome: Program | Rejection | Duplicate) -> Code | None:
    return outcome.code if isinstance(outcome, Rejection) else None


@pytest.mark.parametrize("classes", EVERYWHERE)
def test_every_bad_loss_is_refused_with_its_code(sandbox: Sandbox, classes: int):
    wanted, found = {}, {}
    for name, bad in CLASSES.items():
        if classes in bad.at and (classes == 10 or bad.code not in STATIC):
            wanted[name] = expected(bad, classes)
            found[name] = code_of(
                outcome_of(sandbox, source(bad.expression, parameters=bad.parameters), "classes", classes)
            )
    assert found == wanted


def test_what_is_bad_at_some_class_counts_only_is_admitted_at_the_others(sandbox: Sandbox):
    for name, bad in CLASSES.items():
        if 10 not in bad.at:
            assert isinstance(outcome_of(sandbox, source(bad.expression), "classes", 10), Program), name


@pytest.mark.parametrize("outputs", [1, 3])
def test_every_bad_regression_is_refused_with_its_code(sandbox: Sandbox, outputs: int):
    found = {
        name: code_of(outcome_of(sandbox, source(bad.expression, "values", bad.parameters), "values", outputs))
        for name, bad in VALUES.items()
    }
    assert found == {name: bad.code for name, bad in VALUES.items()}
