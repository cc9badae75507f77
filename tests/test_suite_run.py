"""A search on a suite of tasks, from the file to the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_suite

import alphaloss

SMALL = (
    *("selection.seeds=2", "selection.programs=1", "selection.zoo=1", "selection.learning_rates=[0.5]"),
    *("verdict.seeds=2", "search.reference_seeds=1", "evaluator.options.epochs=2"),
)


def test_a_loss_is_searched_for_on_two_tasks(tmp_path: Path):
    result = alphaloss.evolve(
        tmp_path / "run", evaluator=tiny_suite.__file__, evaluations=3, workers=1, overrides=SMALL
    )
    assert (result.task, result.metric) == ("two", "mean-difference")
    assert result.reference.search == result.reference.selection == result.reference.test == 0.0
    against = {claim.against: claim.difference for claim in result.verdict.claims}
    assert against["cross-entropy"] == pytest.approx(result.champion.test)
