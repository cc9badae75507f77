"""Every way in which a service fails to do its part, in whole runs: how the calls end, and the exit code.

Single calls, with tries and sentences: `test_client.py`. What ends a run at once or half-way: `test_llm_ends.py`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from llm.running import ALL_BY_MODEL, evolve, gce, without_training

from alphaloss.database import Database
from alphaloss.sandbox import Sandbox
from alphaloss.testing import Answer, Line, MockLLM, faults

ONE_BY_ONE = (
    *("--set=search.wave=1", "--set=llm.ahead=0", "--set=llm.attempts=1", "--set=llm.breaker_failures=99"),
    *("--set=llm.insights_every=0", "--set=llm.diff=0"),
    *("--set=selection.programs=1", "--set=search.reference_seeds=1"),
)

NO_ANSWER: Sequence[tuple[Line, str]] = (
    (faults.rate_limited(1), "rate_limited"),
    (faults.server_error(), "server_error"),
    (faults.cut_body(), "connection"),
    (faults.html(), "protocol"),
    (faults.empty_body(), "protocol"),
    (faults.truncated_json(), "protocol"),
    (faults.error_in_body(), "protocol"),
    (faults.no_choices(), "protocol"),
    (faults.no_choices(None), "protocol"),
    (faults.context_too_long(), "context_too_long"),
    (faults.context_too_long(), "context_too_long"),  # asked again, shorter
)

NO_PROGRAM: Sequence[tuple[Line, str, str | None]] = (
    # how the call ends, and what is wrong with the answer, if there is one
    (faults.null_content(), "no_code", None),
    (faults.model_refuses(), "no_code", None),
    (faults.tool_call(), "no_code", None),
    (faults.cut_at_token_limit(), "truncated", "UNFINISHED"),
    ("I would bound it.", "ok", "NO_CODE"),
    (Answer("```r\nloss <- function(y, p) -sum(y * log(p))\n```"), "ok", "NO_CODE"),
    (faults.not_utf8("caf"), "ok", "NO_CODE"),
    (faults.long_answer(), "ok", "NO_CODE"),
)


@pytest.fixture(autouse=True)
def made_up_trainings(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    without_training(monkeypatch, sandbox)


def run_with(folder: Path, said: Sequence[Line], evaluations: int) -> tuple[int, dict[str, Any]]:
    """The exit code and the result of a run whose service says hello and then this, one thing a call."""
    with MockLLM(["OK", *said]) as llm:
        options = (*ALL_BY_MODEL, *ONE_BY_ONE, "--evaluations", str(evaluations))
        done = evolve(folder, llm, *options, "--json")
    assert len(llm.requests) == 1 + len(said), done.stderr
    result = json.loads(done.stdout)
    assert result["admitted"] == evaluations
    with Database.read(folder / "run.sqlite") as database:
        assert len(list(database.exchanges())) == len(said)
    return done.exit_code, result


def test_a_service_that_never_answers_costs_no_program_and_the_exit_code_tells(tmp_path: Path):
    code, result = run_with(tmp_path / "run", [said for said, _ in NO_ANSWER], len(NO_ANSWER) - 1)
    assert code == 4
    assert "longer than `mock` takes" in result["llm"]["lost"]
    assert result["llm"]["use"]["replies"] == {"ok": 1, **Counter(reply for _, reply in NO_ANSWER)}
    assert result["llm"]["use"]["estimated"]  # what was cut or given up may have been billed


def test_a_service_that_hangs_or_drips_is_given_up(tmp_path: Path):
    slow = ("--set=llm.deadline_seconds=0.5", "--evaluations", "2")
    with MockLLM([], then=lambda request: faults.slow_drip(0.1) if len(llm.requests) % 2 else faults.hang()) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, *ONE_BY_ONE, *slow, "--json")
    result = json.loads(done.stdout)
    assert done.exit_code == 4
    assert result["admitted"] == 2
    assert result["llm"]["use"]["replies"] == {"timeout": 1 + 2}  # hello, too: a slow service may recover
    assert "within 0.5 s" in result["llm"]["lost"]


def test_a_service_whose_answers_have_no_program_is_not_lost(tmp_path: Path):
    code, result = run_with(tmp_path / "run", [said for said, *_ in NO_PROGRAM], len(NO_PROGRAM) // 2)
    assert (code, result["llm"]["lost"]) == (0, "")
    assert result["llm"]["use"]["replies"] == {**Counter(reply for _, reply, _ in NO_PROGRAM), "ok": 1 + 4}
    assert result["llm"]["faults"] == Counter(fault for *_, fault in NO_PROGRAM if fault)


def test_usage_that_is_not_told_is_estimated_and_marked(tmp_path: Path):
    code, result = run_with(tmp_path / "run", [faults.no_usage(gce(0.5)), gce(0.6)], 2)
    assert code == 0
    assert result["llm"]["use"]["estimated"]
    assert result["llm"]["use"]["replies"] == {"ok": 3}


@pytest.mark.parametrize(
    ("said", "words"),
    [(faults.insufficient_quota(), "no quota left"), (faults.no_such_model(), "has no model `mock`")],
    ids=["quota", "model"],
)
def test_a_service_that_refuses_half_way_ends_the_search_and_what_was_found_is_judged(
    tmp_path: Path, said: Line, words: str
):
    with MockLLM(["OK", gce(0.5), gce(0.6)], then=lambda request: said) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, *ONE_BY_ONE, "--evaluations", "9", "--json")
    assert done.exit_code == 4, done.stderr
    result = json.loads(done.stdout)
    assert words in result["llm"]["lost"]
    assert 2 <= result["admitted"] < 9
