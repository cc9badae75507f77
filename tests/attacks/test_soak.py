"""A few hundred good, bad and hostile candidates leave nothing behind."""

from __future__ import annotations

import runpy
from pathlib import Path

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_nothing_piles_up_over_many_candidates() -> None:
    done = runpy.run_path(str(SOAK))["soak"](150, 50)
    first, *_, last = done.samples
    assert last.descriptors == first.descriptors
    assert last.threads == first.threads
    assert last.hosting_pid == first.hosting_pid
    assert last.hosting_mib < first.hosting_mib + 8
    assert last.controller_mib < first.controller_mib + 32
    assert sum(done.ends.values()) == 150
