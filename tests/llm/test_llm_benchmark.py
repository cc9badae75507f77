"""Comparisons in which language models write the losses."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparisons import FakeSessions, configure

from alphaloss.benchmark import run_missing
from alphaloss.errors import LlmError
from alphaloss.progress import Progress
from alphaloss.sandbox import Sandbox
from alphaloss.testing import MockLLM, answer


def test_a_search_whose_models_were_too_dear_is_no_comparison_and_is_mended_by_a_higher_limit(
    tmp_path: Path, sandbox: Sandbox
):
    def run(calls: int, url: str) -> int:
        llm = {"models": [{"name": "m", "base_url": url}], "offline": 0.0, "insights_every": 0, "max_calls": calls}
        arms = [{"name": "llm", "algorithm": "random", "proposer": "llm", "settings": {"llm": llm}}]
        benchmark = configure(tmp_path / "c.yaml", seeds=1, budget={"evaluations": 2}, arms=arms)
        run_missing(benchmark, tmp_path, workers=2, progress=Progress(), opener=FakeSessions(sandbox).open)
        return len(service.requests)

    with MockLLM(then=answer) as service:
        with pytest.raises(LlmError, match=r"2 of 2 requests.*The search in .* was not over"):
            run(2, service.url)
        asked = run(50, service.url)
        assert asked > 2
        assert run(60, service.url) == asked  # a finished search is kept, whatever its limit was
