"""Which losses a run is compared with."""

from __future__ import annotations

import pytest
from factories import FakeWorkers

from alphaloss.config import Settings
from alphaloss.errors import UsageError
from alphaloss.initial import InitialLosses
from alphaloss.losses.zoo import zoo_names
from alphaloss.sandbox import Sandbox
from alphaloss.session import Session


def initial(sandbox: Sandbox, *zoo: str) -> InitialLosses:
    workers = FakeWorkers(lambda job, seed: pytest.fail("nothing is trained"))
    return InitialLosses(Session(Settings(zoo=zoo), workers, sandbox), [])


def test_the_whole_zoo_is_compared_with_or_the_losses_that_are_named_and_always_the_reference(sandbox: Sandbox):
    assert list(initial(sandbox).zoo) == zoo_names()
    named = initial(sandbox, "mae", "gce", "mae")
    assert list(named.zoo) == ["cross-entropy", "mae", "gce"]
    assert named.reference is named.zoo["cross-entropy"]
    assert list(initial(sandbox, "mae", "cross-entropy").zoo) == ["cross-entropy", "mae"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gcee", "no loss `gcee` in the zoo. Did you mean `gce`?"),
        ("huber", "`huber` is for values, and this task predicts classes"),
        ("cross-entropy", "no loss but the reference, `cross-entropy`; name one more"),
    ],
)
def test_a_loss_that_cannot_be_compared_with_is_refused_in_a_sentence(sandbox: Sandbox, name: str, says: str):
    with pytest.raises(UsageError) as refused:
        initial(sandbox, name)
    assert says in str(refused.value)
