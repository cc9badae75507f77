"""What the proposer asks for, and what it makes of the answers."""

from __future__ import annotations

import re

import pytest
from factories import make_program
from llm.bureau import MODEL, MUTATE, OTHER, PARENT, REFERENCE, Bureau, Cut, by_model, code, program_of, refused
from losses.graphs import gce

from alphaloss.exchanges import Place, Reply
from alphaloss.losses.source import print_source
from alphaloss.records import Candidate, Code, Duplicate, Told, Variation


def made_by_model() -> Candidate:
    return Candidate(source="x", operator="mutate.rewrite", details={"exchange": 0})


def test_an_answer_becomes_candidates_with_what_they_come_from():
    bureau = Bureau(code(0.5))
    first = bureau.propose_one()
    assert first.source == print_source(gce(0.5))
    assert (first.operator, first.parents) == ("mutate.rewrite", (PARENT.key,))
    assert first.details == {
        "exchange": 0,
        "model": "m",
        "templates": bureau.asker.prompts[0].template_hash,
        "name": "q 0.5",
        "idea": "another q.",
    }
    assert bureau.asker.places == [Place(wave=0, position=2)]


@pytest.mark.parametrize(
    ("variation", "purpose", "operator"),
    [
        (MUTATE, "mutate-rewrite", "mutate.rewrite"),
        (Variation(operator="crossover", parents=(PARENT, OTHER)), "crossover", "crossover.rewrite"),
        (Variation(operator="crossover", parents=(PARENT,)), "mutate-rewrite", "crossover.rewrite"),
        (Variation(operator="random"), "init", "random.rewrite"),
        (Variation(operator="init"), "init", "init.rewrite"),
    ],
)
def test_an_operator_has_its_prompt(variation: Variation, purpose: str, operator: str):
    bureau = Bureau(code(0.5))
    assert bureau.propose_one(of=variation).operator == operator
    assert bureau.asker.purposes == [purpose]


def test_constants_are_tuned_without_a_model():
    candidate = Bureau().propose_one(of=Variation(operator="refine", parents=(PARENT,)))
    assert not by_model(candidate)


def test_shares_are_drawn_by_the_seed():
    bureau, again = (Bureau(*[code(0.5)] * 60, offline=0.5, diff=0.5) for _ in range(2))
    made = [[each.propose(seed=seed) for seed in range(60)] for each in (bureau, again)]
    asked = len(bureau.asker.places)
    assert 18 <= asked <= 42
    assert 0.2 <= bureau.asker.purposes.count("mutate-diff") / asked <= 0.8
    assert made[0] == made[1]


def test_an_edit_is_made_of_the_parent_as_it_is_printed():
    edit = "Name: e\nIdea: i.\n```\n<<<<<<< SEARCH\ndef loss(y_true, y_pred, *, q=0.7):\n=======\n"
    edit += "def loss(y_true, y_pred, *, q=0.4):\n>>>>>>> REPLACE\n```"
    assert "q=0.7" in PARENT.source
    candidate = Bureau(edit, diff=1.0).propose_one()
    assert candidate.source == PARENT.source.replace("0.7", "0.4")
    assert candidate.operator == "mutate.diff"


def test_a_refused_candidate_is_repaired_once_and_then_written_without_a_model():
    bureau = Bureau(code(0.5), code(0.6))
    first = refused(bureau.propose_one())
    second = bureau.propose_one(first)
    assert (second.operator, second.details["exchange"]) == ("mutate.repair", 1)
    assert bureau.asker.purposes == ["mutate-rewrite", "repair"]
    assert bureau.asker.places[1] == Place(wave=0, position=2, attempt=1)
    assert "TRACE, line 3" in bureau.asker.prompts[1].messages[1].content
    assert not by_model(bureau.propose_one(first, refused(second)))


def test_a_repair_that_changes_nothing_is_no_candidate():
    bureau = Bureau(code(0.5), code(0.5))
    failed = bureau.fail(refused(bureau.propose_one()))
    assert failed.details["fault"] == "UNCHANGED"


def test_the_parent_again_is_no_candidate():
    failed = Bureau(f"```python\n# mine\n{PARENT.source}```").fail()
    assert (failed.details["fault"], failed.parents) == ("UNCHANGED", (PARENT.key,))


def test_an_edit_that_fits_nowhere_is_asked_for_as_a_whole():
    edit = "<<<<<<< SEARCH\n    nothing = like_this\n=======\n    x = 1\n>>>>>>> REPLACE"
    bureau = Bureau(edit, code(0.5), diff=1.0)
    failed = bureau.fail()
    assert failed.details["fault"] == "NO_MATCH"
    assert bureau.propose_one(failed).operator == "mutate.repair"
    assert "nothing = like_this" in bureau.asker.prompts[1].messages[1].content


def test_an_answer_without_code_is_asked_for_again():
    bureau = Bureau("I would bound the loss.", code(0.5), diff=1.0)
    failed = bureau.fail()
    assert (failed.details["fault"], failed.operator) == ("NO_CODE", "mutate.diff")
    assert bureau.propose_one(failed).operator == "mutate.rewrite"


def test_a_loss_that_is_too_long_is_not_sent_back_but_another_is_asked_for():
    long = code(0.5).replace("```\n", "# " + "x" * 16_384 + "\n```\n")
    bureau = Bureau(long, code(0.6))
    second = bureau.propose_one(refused(bureau.propose_one(), Code.SOURCE))
    assert second.operator == "mutate.rewrite"
    assert bureau.asker.purposes == ["mutate-rewrite", "mutate-rewrite"]
    assert bureau.asker.prompts[1].characters < 16_384


def test_an_answer_that_was_cut_is_not_asked_for_again():
    bureau = Bureau(Cut("Name: a\n```python\nfrom keras import ops\n\ndef loss(y_true, y_pred):\n    return ops.su"))
    failed = bureau.fail()
    assert failed.details["fault"] == "UNFINISHED"
    assert not by_model(bureau.propose_one(failed))


def test_calls_that_are_under_way_with_the_same_question_ask_for_different_ideas():
    answers = [code(q / 100) for q in range(30)]
    bureau, again = Bureau(*answers), Bureau(*answers)
    picks = []
    for each in (bureau, again):
        for position in range(16):
            each.begin(seed=position, wave=position // 4)
        each.begin(of=Variation(operator="mutate", parents=(OTHER,)))
        picks.append([re.search(r"write number (\d)", p.messages[1].content)[1] for p in each.asker.prompts])
    assert sorted(picks[0][:8]) == sorted(picks[0][8:16]) == list("12345678")
    assert picks[0] == picks[1]


def test_nothing_mends_a_duplicate():
    bureau = Bureau(code(0.5))
    assert not by_model(bureau.propose_one(Duplicate(candidate=bureau.propose_one(), of=PARENT.key)))


@pytest.mark.parametrize(
    "reply", [r for r in Reply if r not in (Reply.OK, Reply.NO_CODE, Reply.TRUNCATED, Reply.CONTEXT_TOO_LONG)]
)
def test_where_the_service_fails_the_variation_is_written_without_it(reply: Reply):
    bureau = Bureau(reply)
    failed = bureau.fail()
    assert (failed.reason, failed.details["reply"]) == ("It failed.", reply.value)
    assert not by_model(bureau.propose_one(failed))
    assert bureau.proposer.use.replies == {reply: 1}


def test_what_a_failure_of_the_service_was_of_is_not_asked_again_where_the_offline_share_failed():
    bureau = Bureau(offline=1.0)
    assert not by_model(bureau.propose_one(refused(bureau.propose_one())))
    assert not bureau.asker.places


def test_a_prompt_that_is_too_long_is_asked_again_shorter_and_so_are_all_later_ones():
    bureau = Bureau(Reply.CONTEXT_TOO_LONG, code(0.5), code(0.6))
    best = [make_program(gce(q / 10)) for q in range(1, 6)]
    failed = bureau.fail(best=best)
    assert by_model(bureau.propose_one(failed, best=best))
    bureau.propose_one(wave=1, best=best)
    long, *shorter = [prompt.characters for prompt in bureau.asker.prompts]
    assert all(short < long - 2_000 for short in shorter)


@pytest.mark.parametrize("reply", [Reply.AUTH, Reply.QUOTA, Reply.NOT_FOUND])
def test_without_a_model_that_can_be_asked_the_proposer_is_at_its_end(reply: Reply):
    bureau = Bureau(code(0.5), reply)
    bureau.propose_one()
    assert bureau.proposer.end is None
    failed = bureau.fail()
    assert bureau.proposer.end == ("It failed.", True)
    assert bureau.proposer.lost == "It failed."
    assert not by_model(bureau.propose_one(failed))
    assert not by_model(bureau.propose_one())  # nobody is asked any more
    assert len(bureau.asker.places) == 2


def test_a_spent_budget_is_an_end_and_no_failure():
    bureau = Bureau(Reply.BUDGET)
    bureau.fail()
    assert bureau.proposer.end == ("It failed.", False)
    assert bureau.proposer.lost == ""


def test_of_several_models_the_last_that_is_left_says_how_it_ended():
    other = {"name": "n", "base_url": "http://127.0.0.1:1/v1"}
    for replies, refused_last in (((Reply.BUDGET, Reply.AUTH), True), ((Reply.AUTH, Reply.BUDGET), False)):
        bureau = Bureau(*replies, models=(MODEL, other))
        bureau.fail()
        bureau.asker.model = "n"
        bureau.fail()
        assert bureau.proposer.end == ("It failed.", refused_last)


def test_a_model_is_left_while_another_answers():
    other = {"name": "n", "base_url": "http://127.0.0.1:1/v1"}
    bureau = Bureau(Reply.AUTH, models=(MODEL, other))
    bureau.fail()
    assert bureau.proposer.end is None


@pytest.mark.parametrize(
    ("replies", "lost"),
    [
        ((Reply.CONNECTION,), True),  # it never answered
        (("x", Reply.CONNECTION), False),
        (("x", Reply.CIRCUIT_OPEN), True),
        ((Reply.CIRCUIT_OPEN, "x"), False),
        (("x", Reply.CIRCUIT_OPEN, Reply.CONNECTION), True),  # the call that looks whether it is back
        (("x", Reply.TIMEOUT, Reply.SERVER_ERROR), True),
        (("x", Reply.TIMEOUT, "x", Reply.TIMEOUT), False),
        (("x", Reply.CONTEXT_TOO_LONG, Reply.CONTEXT_TOO_LONG), False),
        ((Reply.CONTEXT_TOO_LONG,), True),
    ],
)
def test_a_service_that_is_gone_in_the_end_is_lost(replies: tuple[str | Reply, ...], lost: bool):
    bureau = Bureau(*replies)
    for _ in replies:
        bureau.propose()
    assert bool(bureau.proposer.lost) is lost
    assert bureau.proposer.end is None


def test_a_model_is_credited_with_what_its_losses_gain_over_the_best_parent():
    bureau = Bureau(*(code(q) for q in (0.1, 0.2, 0.3, 0.4)))
    better, worse, broken, failing = (bureau.propose_one() for _ in range(4))
    told = [bureau.train(PARENT, 0.5)]
    told += [bureau.train(program_of(better, 0.1), 0.75), bureau.train(program_of(worse, 0.2), 0.25)]
    told += [Told(outcome=refused(broken)), bureau.train(program_of(failing, 0.4), None)]
    bureau.proposer.learn(told, bureau.scores)
    bureau.proposer.learn(told, bureau.scores)  # another training of them changes nothing
    assert bureau.asker.credited == [(0, pytest.approx(0.25)), (1, 0.0), (2, 0.0), (3, 0.0)]


def test_prompts_show_what_became_of_earlier_losses():
    bureau = Bureau(code(0.1), code(0.2), code(0.3), code(0.4), "x")
    good, bad, same, failing = (bureau.propose_one() for _ in range(4))
    program = program_of(good, 0.1)
    told = [bureau.train(REFERENCE, 0.7), bureau.train(PARENT, 0.8), bureau.train(program, 0.9)]
    told += [Told(outcome=refused(bad)), Told(outcome=Duplicate(candidate=same, of=program.key))]
    told += [bureau.train(program_of(failing, 0.4), None)]
    bureau.proposer.learn(told, bureau.scores)
    bureau.propose(best=[program, PARENT])
    shown = bureau.asker.prompts[-1].messages[1].content
    for text in (
        'called "cross-entropy"',
        "Its score 0.7000, standard error unknown, 1 seed\n",
        "Its score 0.8000, standard error unknown, 1 seed; gain +0.1000, standard error unknown",
        f'## Program {program.id}, called "q 0.1"',
        'TRACE: "there is no \'ops.foo\'" The idea was "another q."',
        '- "q 0.1"',
    ):
        assert text in shown


def test_insights_are_asked_for_every_few_waves_and_enter_prompts_two_waves_later():
    answers = ["- Bounded losses win.\n- Sums do not.", code(0.1), "- Only this is true.", code(0.2), "-", code(0.3)]
    bureau = Bureau(*answers, insights_every=2)
    told = [bureau.train(PARENT, 0.5)]
    shown = []
    for wave in range(6):
        bureau.proposer.learn(told, bureau.scores)
        if wave in (2, 3, 5):
            bureau.propose()
            shown.append(bureau.asker.prompts[-1].messages[1].content)
    assert bureau.asker.purposes.count("insights") == 3
    assert [place for place in bureau.asker.places if place.position < 0] == [
        Place(wave=2, position=-1),
        Place(wave=4, position=-1),
        Place(wave=6, position=-1),
    ]
    assert ["Bounded losses win." in text for text in shown] == [False, True, False]
    assert "Only this is true." in shown[2]


@pytest.mark.parametrize("answer", [Reply.TIMEOUT, "I cannot help with that.", Cut("- Half a sent")])
def test_an_insights_call_without_insights_keeps_the_old_ones(answer: str | Reply):
    bureau = Bureau("- Old.", answer, answer, insights_every=2)
    for _ in range(6):
        bureau.proposer.learn([], bureau.scores)
    assert bureau.proposer.memory.insights == ("Old.",)


def test_a_known_loss_without_a_name_is_not_told():
    bureau = Bureau("x")
    for of in (OTHER.key, REFERENCE.key):
        bureau.proposer.learn([Told(outcome=Duplicate(candidate=made_by_model(), of=of))], bureau.scores)
    bureau.propose()
    shown = bureau.asker.prompts[-1].messages[1].content
    assert '- "cross-entropy"' in shown
    assert OTHER.key[:10] not in shown
