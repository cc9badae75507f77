"""`alphaloss.evolve` with a language model; trainings are made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from llm.running import QUICK, better_and_better, without_training

import alphaloss
from alphaloss.sandbox import Sandbox
from alphaloss.testing import MockLLM, faults

OVERRIDES = tuple(option.removeprefix("--set=") for option in QUICK if option.startswith("--set="))


@pytest.fixture(autouse=True)
def made_up_trainings(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    without_training(monkeypatch, sandbox)


def test_a_model_is_asked_and_its_answers_can_be_replayed(tmp_path: Path):
    some = (*OVERRIDES, "llm.ahead=1", "llm.offline=0", "variation.refine=0")
    with MockLLM(then=better_and_better()) as service:
        done = alphaloss.evolve(
            tmp_path / "run",
            llm="any",
            llm_url=service.url,
            algorithm="best-of-n",
            start=["mae"],
            evaluations=6,
            overrides=some,
        )
    assert done.llm is not None
    assert (done.llm.lost, done.llm.replayed) == ("", False)
    assert len(service.requests) == done.llm.use.requests
    assert 'called "mae"' in service.requests[1].prompt
    assert done.champion.source.count("def loss") == 1
    again = alphaloss.evolve(tmp_path / "again", replay=tmp_path / "run")
    assert again.llm is not None
    assert again.llm.replayed
    assert (again.champion.id, again.content_hash) == (done.champion.id, done.content_hash)


def test_the_stand_in_needs_no_address(tmp_path: Path):
    done = alphaloss.evolve(tmp_path / "run", llm="mock", evaluations=2, overrides=(*OVERRIDES, "llm.ahead=0"))
    assert done.llm is not None
    assert done.llm.use.calls >= 2


def test_a_refused_key_is_an_error_of_its_own(tmp_path: Path):
    with (
        MockLLM([faults.bad_key()]) as service,
        pytest.raises(alphaloss.LlmError, match="wants a key"),
    ):
        alphaloss.evolve(tmp_path / "run", llm="any", llm_url=service.url)
    with pytest.raises(alphaloss.UsageError, match="needs --llm NAME"):
        alphaloss.evolve(tmp_path / "run", llm_url="http://127.0.0.1:1/v1")
