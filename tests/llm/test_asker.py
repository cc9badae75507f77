"""Asking in the background, over loopback; and what is recorded of it."""

from __future__ import annotations

import threading
import traceback
from pathlib import Path

import pytest
from asking import PROMPT, limits, model

from alphaloss.database import Database
from alphaloss.errors import InfrastructureError, UsageError
from alphaloss.exchanges import Exchange, LlmResult, Message, Place, Reply, Usage, Use
from alphaloss.llm.asker import LiveAsker
from alphaloss.llm.prompts import Prompt, Purpose
from alphaloss.llm.replay import ReplayingAsker
from alphaloss.report.sentences import use_sentence
from alphaloss.testing import Answer, MockLLM, faults

ASKED = Prompt(purpose=Purpose.INIT, messages=PROMPT, template_hash="abc")


def place(position: int = 0, wave: int = 0) -> Place:
    return Place(wave=wave, position=position)


def exchange(number: int = 0, **values: object) -> Exchange:
    made = {
        "number": number,
        "purpose": "init",
        "model": "m",
        "base_url": "http://127.0.0.1:1/v1",
        "temperature": 0.5,
        "messages": PROMPT,
        "answer": "x",
        "reply": Reply.OK,
        "usage": Usage(prompt_tokens=10, completion_tokens=5, estimated=False),
        "usd": 0.25,
        "seconds": 1.5,
        "attempts": 1,
    }
    return Exchange.model_validate({**made, **values})


class Notes:
    """Keeps what is recorded, and by which thread."""

    def __init__(self) -> None:
        self.kept: list[tuple[Place, Exchange]] = []
        self.threads: set[str] = set()

    def __call__(self, place: Place, exchange: Exchange) -> None:
        self.kept.append((place, exchange))
        self.threads.add(threading.current_thread().name)


def test_answers_come_to_those_who_asked_and_are_recorded_before():
    notes = Notes()
    with (
        MockLLM(then=lambda request: "x") as llm,
        LiveAsker(limits(models=(model(llm.url),)), seed=0, record=notes) as asker,
    ):
        futures = [asker.ask(place(n), ASKED) for n in range(8)]
        exchanges = [future.result() for future in futures]
        assert len(notes.kept) == 8
    assert [e.number for e in exchanges] == list(range(8))
    assert {where.position: e for where, e in notes.kept} == dict(enumerate(exchanges))
    assert notes.threads == {"llm"}
    assert exchanges[0].template_hash == "abc"


def test_calls_that_are_given_up_are_recorded_as_that_and_counted():
    notes = Notes()
    with MockLLM(then=lambda request: faults.hang()) as llm:
        asker = LiveAsker(limits(models=(model(llm.url),), concurrency=2), seed=0, record=notes)
        futures = [asker.ask(place(n), ASKED) for n in range(3)]
        while len(llm.requests) < 2:
            threading.Event().wait(0.005)
        asker.close()
    assert [future.result().reply for future in futures] == [Reply.CANCELLED] * 3
    assert sorted((e.attempts, e.usage.completion_tokens) for _, e in notes.kept) == [(0, 0), (1, 100), (1, 100)]


def test_when_no_model_is_left_nothing_is_sent_and_the_reason_is_told_again():
    notes = Notes()
    with (
        MockLLM([faults.bad_key()] * 2) as llm,
        LiveAsker(limits(models=(model(llm.url),)), seed=0, record=notes) as asker,
    ):
        replies = [asker.ask(place(n), ASKED).result() for n in range(3)]
    assert [e.reply for e in replies] == [Reply.AUTH] * 3
    assert [e.attempts for e in replies] == [2, 0, 0]
    assert len({e.reason for e in replies}) == 1
    assert len(llm.requests) == 2


def test_what_cannot_be_recorded_is_not_passed_over():
    def full(place: Place, exchange: Exchange) -> None:
        raise InfrastructureError("the disk is full")

    with MockLLM(["x"]) as llm, LiveAsker(limits(models=(model(llm.url),)), seed=0, record=full) as asker:
        future = asker.ask(place(), ASKED)
        with pytest.raises(InfrastructureError, match="disk is full"):
            future.result()


def test_no_traceback_shows_the_key_not_even_with_its_variables(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CANARY", "sk-canary-0123456789abcdefghijklmnop")

    def full(place: Place, exchange: Exchange) -> None:
        raise InfrastructureError("the disk is full")

    with MockLLM(["x"]) as llm:
        settings = limits(models=(model(llm.url, key_env="CANARY"),))
        with LiveAsker(settings, seed=0, record=full) as asker:
            raised = asker.ask(place(), ASKED).exception()
    assert raised is not None
    assert "canary" in str(llm.requests[0].headers)
    shown = "".join(traceback.TracebackException.from_exception(raised, capture_locals=True).format())
    assert "LiveAsker" in shown
    assert "canary" not in shown


def test_a_replay_answers_what_was_asked_before_and_nothing_else():
    notes = Notes()
    asker = ReplayingAsker([(place(1), exchange())], record=notes)
    assert asker.ask(place(1), ASKED).result() == exchange()
    assert notes.kept == [(place(1), exchange())]
    with pytest.raises(UsageError, match="in wave 0, for variation 2, attempt 0, the recorded run asked nothing"):
        asker.ask(place(2), ASKED).result()
    other = ASKED.model_copy(update={"messages": (Message(role="user", content="Other."),)})
    with pytest.raises(UsageError, match="the recorded run sent another prompt"):
        asker.ask(place(1), other).result()


def test_exchanges_are_read_back_as_they_were_recorded_and_are_no_part_of_the_hash(tmp_path: Path):
    with Database.create(tmp_path / "run.sqlite") as database:
        before = database.content_hash()
        log = database.exchange_log()
        none = {"answer": None, "reply": Reply.TIMEOUT, "reason": "Late.", "usd": None, "temperature": None}
        asked = [(place(-1, 3), exchange(1, **none)), (place(2, 4), exchange(0))]
        for where, what in [*asked, asked[0]]:  # again is harmless
            log.record(where, what)
        database.event("meanwhile", {})
        log.close()
        assert [(a.place, a.exchange) for a in database.exchanges()] == asked[::-1]
        assert database.content_hash() == before


def test_the_use_of_models_adds_up():
    guess = Usage(prompt_tokens=1, completion_tokens=2, estimated=True)
    use = (
        Use().with_one_more(exchange()).with_one_more(exchange(reply=Reply.TIMEOUT, usage=guess, attempts=3, usd=None))
    )
    assert (use.calls, use.requests, use.prompt_tokens, use.completion_tokens) == (2, 4, 11, 7)
    assert (use.estimated, use.usd, use.replies) == (True, 0.25, {Reply.OK: 1, Reply.TIMEOUT: 1})
    assert use.unpriced == 1
    assert use_sentence(use).endswith(", about 0.2500 US dollars of 1 call; the others have no price")
    assert use_sentence(Use().with_one_more(exchange())).endswith(", 0.2500 US dollars")
    result = LlmResult(use=use, faults={}, lost="", replayed=False)
    assert LlmResult.model_validate_json(result.model_dump_json()) == result


def test_models_are_chosen_in_the_order_of_the_calls():
    def chosen(pace: float) -> list[str]:
        with MockLLM(then=lambda request: Answer("x", seconds=pace if request.model == "a" else 0.0)) as llm:
            models = (model(llm.url, name="a"), model(llm.url, name="b"))
            with LiveAsker(limits(models=models), seed=3, record=Notes()) as asker:
                return [f.result().model for f in [asker.ask(place(n), ASKED) for n in range(12)]]

    assert chosen(0.0) == chosen(0.03)
