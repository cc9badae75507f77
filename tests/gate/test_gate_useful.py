"""What `gate.useful` leaves out: checks 8 and 9, and nothing else."""

from __future__ import annotations

import pytest
from gate.bad_losses import CLASSES, VALUES, BadLoss, source

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.types import Target
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection
from alphaloss.sandbox import Sandbox

USELESS = {Code.MISALIGNED, Code.CANNOT_LEARN}

INVERTED = source("p_true")
"""It pays for lowering the true class's probability, as the winners of the thesis that `bad_losses` names."""


def admit(sandbox: Sandbox, text: str, *, useful: bool, target: Target = "classes") -> Program | Rejection | Duplicate:
    gate = Gate(sandbox, GateSettings(useful=useful), target=target, classes=10 if target == "classes" else 3)
    return gate.admit(Candidate(source=text, operator="test"))


def test_the_inverted_loss_is_misaligned_and_without_the_check_admitted(sandbox: Sandbox):
    refused = admit(sandbox, INVERTED, useful=True)
    assert isinstance(refused, Rejection)
    assert refused.code is Code.MISALIGNED
    assert isinstance(admit(sandbox, INVERTED, useful=False), Program)


@pytest.mark.parametrize(("target", "losses"), [("classes", CLASSES), ("values", VALUES)])
def test_without_the_checks_what_is_sound_is_admitted_and_nothing_else(
    sandbox: Sandbox, target: Target, losses: dict[str, BadLoss]
):
    wanted, found = {}, {}
    for name, bad in losses.items():
        if target == "values" or 10 in bad.at:
            outcome = admit(sandbox, source(bad.expression, target, bad.parameters), useful=False, target=target)
            found[name] = outcome.code if isinstance(outcome, Rejection) else None
            wanted[name] = None if bad.code in USELESS else bad.code
    assert found == wanted


def test_a_repeated_loss_is_still_a_duplicate(sandbox: Sandbox):
    gate = Gate(sandbox, GateSettings(useful=False))
    assert isinstance(gate.admit(Candidate(source=INVERTED, operator="test")), Program)
    assert isinstance(gate.admit(Candidate(source=source("3.0 + 2.0 * p_true"), operator="test")), Duplicate)
