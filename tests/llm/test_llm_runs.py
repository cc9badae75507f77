"""Searches with a language model, from the command line to the result; trainings are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm.running import (
    ALL_BY_MODEL,
    RunWorkers,
    alphaloss,
    better_and_better,
    evolve,
    is_hello,
    stand_in,
    without_training,
)

from alphaloss.database import Database
from alphaloss.records import Program
from alphaloss.sandbox import Sandbox
from alphaloss.testing import MockLLM
from alphaloss.training import Rung


@pytest.fixture(autouse=True)
def made_up_trainings(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    without_training(monkeypatch, sandbox)


def test_the_search_follows_a_model_that_gets_better_and_better(tmp_path: Path):
    with MockLLM(then=better_and_better()) as llm:
        ahead = ("--set=llm.ahead=1", "--set=llm.insights_every=2")
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, *ahead, "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    with Database.read(tmp_path / "run" / "run.sqlite") as database:
        programs = [e.outcome for e in database.entries() if isinstance(e.outcome, Program)]
        exchanges = list(database.exchanges())
        champion = database.find_program(result["champion"]["id"])
    assert len(programs) == 12
    best = max(programs, key=lambda program: program.graph.constants["q"])
    assert champion.key == best.key
    assert champion.candidate.details["name"].startswith("power 0.4")
    assert {p.candidate.operator for p in programs} <= {
        *("mutate.rewrite", "mutate.diff", "crossover.rewrite", "random.rewrite")
    }
    by_number = {asked.exchange.number: asked.exchange for asked in exchanges}
    for program in programs:
        assert program.candidate.source in (by_number[program.candidate.details["exchange"]].answer or "")
    # What came before is shown to whoever writes later: scores, gains, shapes, other programs, insights.
    *_, last = [request.prompt for request in llm.requests if "Write no loss" not in request.prompt]
    for text in ("Its score 0.", "; gain +0.", 'called "power', "Its shape:", "# Other programs, to learn from"):
        assert text in last
    assert any("A larger q is better." in request.prompt for request in llm.requests)
    assert result["llm"]["use"]["calls"] == len(exchanges) + 1 == len(llm.requests)
    assert result["llm"]["lost"] == ""


def test_later_prompts_tell_of_refusals_and_duplicates_and_a_repair_is_asked_for_once(tmp_path: Path):
    code = "from keras import ops\ndef loss(y_true, y_pred):\n    return ops.sum(y_pred)"
    broken = f"Name: sum\nIdea: over the batch.\n```python\n{code}\n```"
    with MockLLM(then=lambda request: "OK" if is_hello(request) else broken) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, "--set=llm.ahead=1", "--set=llm.insights_every=0")
    assert done.exit_code == 0, done.stderr
    repairs = [request.prompt for request in llm.requests if "Repair the program below" in request.prompt]
    assert len(repairs) == (len(llm.requests) - 1) / 2
    assert 'Its author\'s idea: "over the batch."' in repairs[0]
    assert "It was refused: NOT_PER_SAMPLE, line 3" in repairs[0]
    others = [request.prompt for request in llm.requests[1:] if request.prompt not in repairs]
    assert "# Refused lately" not in others[0]
    assert 'NOT_PER_SAMPLE: "' in others[-1]
    with Database.read(tmp_path / "run" / "run.sqlite") as database:
        entries = list(database.entries())
    programs = [entry for entry in entries if isinstance(entry.outcome, Program)]
    assert len(programs) == 12
    assert all(entry.attempt >= 2 for entry in programs)  # refused, repaired in vain, and written without a model
    assert all("exchange" not in entry.outcome.candidate.details for entry in programs)


def test_the_pace_changes_nothing_where_losses_climb_rungs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Climbing(RunWorkers):
        rungs = (Rung(name="small", epochs=1), Rung(name="full", epochs=2))

    monkeypatch.setattr("alphaloss.session.Workers", Climbing)
    hashes = set()
    for name, pace in (("even", ()), ("uneven", (0.0, 0.04))):
        with MockLLM(then=stand_in(pace)) as llm:
            done = evolve(tmp_path / name, llm, "--set=llm.ahead=1", "--set=cascade.wave=4", "--json")
        assert done.exit_code == 0, done.stderr
        hashes.add(json.loads(done.stdout)["content_hash"])
    assert len(hashes) == 1


def test_a_model_writes_losses_of_values_for_a_regression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Regression(RunWorkers):
        def __init__(self, evaluator: object, *, settings: object, count: int) -> None:
            super().__init__(evaluator, settings=settings, count=count)
            self.info = self.info.model_copy(update={"target": "values", "classes": 1, "class_prior": ()})

    monkeypatch.setattr("alphaloss.session.Workers", Regression)
    monkeypatch.setattr("alphaloss.initial.zoo_names", lambda target: ["squared", "absolute"])
    with MockLLM(then=stand_in()) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, "--set=llm.ahead=1", "--json")
    assert done.exit_code == 0, done.stderr
    with Database.read(tmp_path / "run" / "run.sqlite") as database:
        programs = [e.outcome for e in database.entries() if isinstance(e.outcome, Program)]
    written = [program for program in programs if "exchange" in program.candidate.details]
    assert written
    assert {program.graph.target for program in written} == {"values"}
    _, first, *_ = llm.requests
    assert "You design loss functions for regressions." in first.prompt
    assert 'called "squared"' in first.prompt


def test_a_search_that_gets_no_better_gives_up_what_is_being_written(tmp_path: Path):
    with MockLLM(then=stand_in()) as llm:
        done = evolve(tmp_path / "run", llm, "--patience", "2", "--evaluations", "40")
    assert done.exit_code == 0, done.stderr
    assert "evaluations in a row brought no better best" in done.stderr
    with Database.read(tmp_path / "run" / "run.sqlite") as database:
        gated = {entry.wave for entry in database.entries()}
        asked = {asked.place.wave for asked in database.exchanges() if asked.place.position >= 0}
    assert max(asked) > max(gated)


def test_neither_the_pace_of_the_model_nor_a_replay_changes_what_is_found(tmp_path: Path, monkeypatch):
    hashes = []
    for name, pace in (("even", ()), ("uneven", (0.05, 0.0, 0.02, 0.0, 0.0))):
        with MockLLM(then=stand_in(pace)) as llm:
            done = evolve(tmp_path / name, llm, "--set=llm.ahead=1", "--json")
        assert done.exit_code == 0, done.stderr
        hashes.append(json.loads(done.stdout)["content_hash"])
    assert hashes[0] == hashes[1]

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("a replay asks nobody")

    monkeypatch.setattr("alphaloss.llm.ensemble.Ensemble.__init__", no_network)
    monkeypatch.setattr("socket.socket.connect", no_network)
    again = alphaloss("evolve", tmp_path / "again", "--replay", tmp_path / "uneven", "--json")
    assert again.exit_code == 0, again.stderr
    first, result = json.loads(done.stdout), json.loads(again.stdout)
    assert result["content_hash"] == hashes[0]
    assert result["champion"]["id"] == first["champion"]["id"]
    assert result["llm"]["replayed"]
    shown = [alphaloss("show", tmp_path / name, "--exchanges", "-").stdout for name in ("uneven", "again")]
    recorded, replayed = (set(text.splitlines()) for text in shown)
    assert replayed
    assert replayed <= recorded  # some were given up when the search ended
    changed = "--set=llm.prompts.inspirations=0"
    other = alphaloss("evolve", tmp_path / "other", "--replay", tmp_path / "uneven", changed)
    assert other.exit_code == 2
    assert "The replay left the record: in wave" in other.stderr
