"""Calls that ask for several losses, which variations of a wave share."""

from __future__ import annotations

import pytest
from llm.bureau import OTHER, PARENT, Bureau, by_model, code, program_of, refused

from alphaloss.exchanges import Place, Reply
from alphaloss.proposers import Proposal
from alphaloss.records import Candidate, Failed, Variation


def taken(proposal: Proposal) -> Candidate:
    made = proposal.candidates()
    assert isinstance(made, list)
    return made[0]


def test_variations_that_ask_for_the_same_share_a_call():
    bureau = Bureau(code(0.1) + code(0.2) + code(0.3), code(0.4), code(0.5), prompts={"candidates": 3})
    begun = [bureau.begin(alike=alike) for alike in (4, 3, 2, 1)]
    other = bureau.begin(of=Variation(operator="mutate", parents=(OTHER,)))
    losses = [taken(proposal) for proposal in (*begun, other)]
    assert [loss.details["exchange"] for loss in losses] == [0, 0, 0, 1, 2]
    assert [loss.details["name"] for loss in losses] == ["q 0.1", "q 0.2", "q 0.3", "q 0.4", "q 0.5"]
    assert bureau.proposer.use.calls == 3
    asked = [prompt.messages[1].content for prompt in bureau.asker.prompts]
    assert ["write 3 new versions" in text for text in asked] == [True, False, False]
    assert ["write one new version" in text for text in asked] == [False, True, True]


def test_no_more_losses_are_asked_for_than_a_model_is_expected_to_write():
    bureau = Bureau(code(0.1), code(0.2), prompts={"candidates": 8}, offline=0.2, diff=0.5)
    bureau.propose(alike=10, seed=1)  # 10 * 0.8 * 0.5
    bureau.propose(of=Variation(operator="random"), alike=5, seed=1)  # 5 * 0.8
    asked = [prompt.messages[1].content for prompt in bureau.asker.prompts]
    assert "write 4 new versions, each with an idea of its own" in asked[0]
    assert "Write 4 new losses" in asked[1]


def test_a_refused_loss_is_followed_by_the_next_of_its_answer_and_then_repaired():
    bureau = Bureau(code(0.1) + code(0.2), code(0.3))
    first = refused(bureau.propose_one())
    second = refused(bureau.propose_one(first))
    assert second.candidate.details["name"] == "q 0.2"
    assert len(bureau.asker.places) == 1
    assert bureau.propose_one(first, second).operator == "mutate.repair"
    assert bureau.asker.places[1] == Place(wave=0, position=2, attempt=2)


def test_who_finds_no_loss_left_in_an_answer_asks_alone():
    bureau = Bureau(code(0.1), code(0.2), prompts={"candidates": 2})
    first, second = bureau.begin(alike=2), bureau.begin()
    assert taken(first).details["exchange"] == 0
    failed = second.candidates()
    assert isinstance(failed, Failed)
    assert failed.details["fault"] == "TOO_FEW"
    assert bureau.propose_one(failed).details["exchange"] == 1
    assert "write one new version" in bureau.asker.prompts[1].messages[1].content


def test_a_shared_call_that_fails_leaves_all_to_be_written_without_it():
    bureau = Bureau(Reply.TIMEOUT, prompts={"candidates": 2})
    for proposal in [bureau.begin(alike=2), bureau.begin()]:
        failed = proposal.candidates()
        assert isinstance(failed, Failed)
        assert not by_model(bureau.propose_one(failed))
    assert bureau.proposer.use.replies == {Reply.TIMEOUT: 1}


def test_a_shared_answer_is_credited_with_its_best_loss():
    bureau = Bureau(code(0.1) + code(0.2), prompts={"candidates": 2})
    begun = [bureau.begin(alike=2), bureau.begin()]
    losses = [taken(proposal) for proposal in begun]
    told = [bureau.train(PARENT, 0.5), bureau.train(program_of(losses[0], 0.1), 0.25)]
    told.append(bureau.train(program_of(losses[1], 0.2), 0.75))
    bureau.proposer.learn(told, bureau.scores)
    assert bureau.asker.credited == [(0, pytest.approx(0.25))]
