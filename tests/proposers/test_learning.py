"""What the offline proposer learns from the answers of a search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from factories import make_program, make_told
from hypothesis import given, settings
from hypothesis import strategies as st
from losses.graphs import cross_entropy, gce
from proposers.values import numbers, sound_gce

from alphaloss.config import OfflineSettings
from alphaloss.losses.canonical import canonical
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.proposers import Context, OfflineProposer
from alphaloss.proposers.credit import Shares
from alphaloss.proposers.draws import NotApplicableError
from alphaloss.proposers.refine import Tuner, structure
from alphaloss.proposers.small import SMALL, with_constants
from alphaloss.records import Candidate, Code, Failed, Program, Rejection, Told, Variation
from alphaloss.scores import Scores

PARENT = make_program(cross_entropy())


def shares(**initial: float) -> Shares:
    return Shares(initial, floor=0.3, rate=0.2)


def test_shares_follow_rewards_and_keep_their_floor():
    some = shares(good=1, bad=1, untried=2)
    assert some.now() == pytest.approx({"good": 0.25, "bad": 0.25, "untried": 0.5})
    for _ in range(100):
        some.reward("good", 1.0)
        some.reward("bad", 0.0)
    now = some.now()
    # good has quality 1, bad 0, untried 0.3: of the 70 % above the floor 1 / 1.6 and 0.6 / 1.6
    assert now == pytest.approx({"good": 0.075 + 0.7 / 1.6, "bad": 0.075, "untried": 0.15 + 0.7 * 0.6 / 1.6}, abs=1e-6)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1), st.floats(0, 1)), max_size=60))
def test_shares_always_add_up_and_zero_stays_zero(rewards: list[tuple[str, float, float]]):
    some = shares(a=1, b=2, c=0)
    for name, reward, trust in rewards:
        some.reward(name, reward, trust)
    now = some.now()
    assert sum(now.values()) == pytest.approx(1.0)
    assert now["c"] == 0.0
    assert now["a"] >= 0.3 / 3 - 1e-12
    assert now["b"] >= 0.3 * 2 / 3 - 1e-12


def test_a_reward_that_is_trusted_less_moves_less():
    sure, unsure = shares(a=1, b=1), shares(a=1, b=1)
    sure.reward("a", 0.0)
    unsure.reward("a", 0.0, 0.5)
    assert sure.now()["a"] < unsure.now()["a"] < 0.5


def test_operators_are_drawn_by_their_shares():
    rng, some = np.random.default_rng(0), shares(a=1, b=3, c=0)
    drawn = [some.draw(rng) for _ in range(2_000)]
    assert drawn.count("b") / 2_000 == pytest.approx(0.75, abs=0.04)  # four standard errors
    assert "c" not in drawn
    assert {some.draw(rng, among={"a"}) for _ in range(10)} == {"a"}
    with pytest.raises(NotApplicableError):
        some.draw(rng, among={"c"})


# Answers of a search


def child(number: float, operator: str, parents: Sequence[Program] = (PARENT,), **details: object) -> Program:
    """A program of its own for every number."""
    graph = gce(number, None)
    made_by = Candidate(
        source=print_source(graph), operator=operator, parents=tuple(p.key for p in parents), details=details
    )
    return make_program(graph).model_copy(update={"candidate": made_by})


def proposer(**changes: object) -> OfflineProposer:
    return OfflineProposer(OfflineSettings(**changes), cross_entropy())


def teach(made: OfflineProposer, answers: Sequence[tuple[Program, float | None]], parent: float = 0.7) -> Scores:
    scores = Scores(maximize=True)
    told = [make_told(program, score) for program, score in answers]
    for answer in [make_told(PARENT, parent), *told]:
        scores.add(answer.evaluation)
    made.learn(told, scores)
    return scores


def test_operators_whose_children_beat_their_parents_are_drawn_more_often():
    made = proposer()
    before = made.mutations.now()
    teach(made, [(child(0.1 + i / 100, "mutate.temper+jitter"), 0.9) for i in range(10)])
    teach(made, [(child(1.1 + i / 100, "mutate.smooth"), 0.2) for i in range(10)])
    after = made.mutations.now()
    assert after["temper"] > 1.5 * before["temper"]
    assert after["jitter"] > 1.5 * before["jitter"]
    assert 0.3 * before["smooth"] <= after["smooth"] < before["smooth"]
    assert after["bound"] < before["bound"]  # the shares add up


def test_crossovers_have_shares_of_their_own():
    made = proposer()
    teach(made, [(child(0.1 + i / 100, "crossover.mix", (PARENT, PARENT)), 0.9) for i in range(10)])
    assert made.crossovers.now()["mix"] > 0.3
    assert made.mutations.now() == proposer().mutations.now()


def test_a_loss_that_is_only_better_than_half_of_the_others_earns_less():
    good, fair = proposer(), proposer()
    teach(good, [(child(0.1, "random.temper", ()), 0.1), (child(0.2, "mutate.temper"), 0.8)])
    teach(fair, [(child(0.1, "random.temper", ()), 0.1), (child(0.2, "mutate.temper"), 0.6)])
    assert good.mutations.now()["temper"] > fair.mutations.now()["temper"] > proposer().mutations.now()["temper"] * 0.9


def test_a_difference_within_the_noise_is_no_success():
    """The parent's two trainings differ by 0.2, so that 0.05 more is luck, and 0.29 more is not."""
    temper = {}
    for score in (0.75, 0.99):
        scores, made = Scores(maximize=True), proposer()
        first, second = (make_told(PARENT, s).evaluation for s in (0.6, 0.8))
        trainings = first.trainings[0], second.trainings[0].model_copy(update={"seed": 2})
        scores.add(first.model_copy(update={"trainings": trainings}), reference=True)
        assert 0.1 < scores.noise < 0.25
        answers = [make_told(child(0.3, "random.smooth", ()), 0.99), make_told(child(0.1, "mutate.temper"), score)]
        for answer in answers:
            scores.add(answer.evaluation)
        made.learn(answers, scores)
        temper[score] = made.mutations.now()["temper"]
    assert temper[0.99] > temper[0.75]


def test_a_loss_that_could_not_be_trained_or_was_refused_is_no_success():
    failed, refused = proposer(), proposer()
    teach(failed, [(child(0.1, "mutate.temper"), None)])
    candidate = child(0.1, "mutate.temper").candidate
    told = [
        Told(outcome=Rejection(candidate=candidate, code=Code.NOT_FINITE, message="no")),
        Told(outcome=Failed(operator="mutate", reason="nothing")),
    ]
    refused.learn(told, Scores(maximize=True))
    first = proposer().mutations.now()["temper"]
    assert failed.mutations.now()["temper"] < refused.mutations.now()["temper"] < first


@pytest.mark.parametrize("maximize", [True, False])
def test_in_a_cascade_the_rank_at_the_first_rung_counts_whoever_went_on(maximize: bool):
    """Four children of as many operators: the best goes on, one is in the better half, one is not, and one failed."""

    def screened(program: Program, score: float | None, full: float | None = None) -> Told:
        told = make_told(program, full) if full is not None else Told(outcome=program)
        score = score if maximize or score is None else -score
        return told.model_copy(update={"screening": make_told(program, score).evaluation})

    names = ("temper", "smooth", "margin", "power")
    children = [child(0.1 + i / 10, f"mutate.{name}") for i, name in enumerate(names)]
    told = [screened(p, s) for p, s in zip(children[1:], (0.6, 0.5, None), strict=True)]
    made, scores = proposer(), Scores(maximize=maximize)
    scores.add(make_told(PARENT, 0.7).evaluation)
    going_on = screened(children[0], 0.9, full=0.7)  # no better than its parent
    made.learn([going_on, *told, screened(child(0.9, "random.wrap", ()), 0.4)], scores)
    first, now = proposer().mutations.now(), made.mutations.now()
    change = {name: now[name] / first[name] for name in names}
    assert change["temper"] == pytest.approx(change["smooth"])
    assert change["margin"] == pytest.approx(change["power"])
    assert change["smooth"] > 1 > change["margin"]


def test_a_repeated_training_tells_nothing_new_of_the_operators():
    made, again = proposer(), proposer()
    program = child(0.1, "mutate.temper")
    teach(made, [(program, 0.9)])
    teach(again, [(program, 0.9)])
    teach(again, [(program, 0.1)])
    assert again.mutations.now() == made.mutations.now()


def test_without_ideas_there_never_are_any():
    made = proposer(ideas=0.0)
    teach(made, [(child(0.1 + i / 100, "mutate.temper"), 0.9) for i in range(10)])
    assert {name for name, share in made.mutations.now().items() if share > 0} == set(SMALL)


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.sampled_from(["mutate.temper", "mutate.jitter+wrap", "crossover.mix"]), st.floats(0, 1)),
        max_size=12,
    )
)
def test_a_fresh_proposer_that_is_told_the_same_proposes_the_same(history: list[tuple[str, float]]):
    answers = [(child(0.1 + i / 100, operator), score) for i, (operator, score) in enumerate(history)]
    one, two = proposer(), proposer()
    teach(one, answers)
    for answer in answers:  # in other portions, as after an interruption
        teach(two, [answer])
    assert one.mutations.now() == two.mutations.now()
    assert one.crossovers.now() == two.crossovers.now()
    asked = Variation(operator="mutate", parents=(PARENT,))
    (wanted, found) = (m.propose(asked, Context(rng=np.random.default_rng(0))) for m in (one, two))
    assert wanted == found


def test_what_was_told_is_not_proposed_again():
    asked, made = Variation(operator="refine", parents=(make_program(sound_gce(0.7)),)), proposer()
    (candidate,) = made.propose(asked, Context(rng=np.random.default_rng(3)))
    moved, _ = Tuner().propose(sound_gce(0.7), np.random.default_rng(3))
    assert candidate.source == print_source(moved)
    told = make_program(moved).model_copy(update={"candidate": candidate})
    teach(made, [(told, 0.1)])
    assert made.propose(asked, Context(rng=np.random.default_rng(3))) != [candidate]


# Tuning


def test_the_structure_does_not_depend_on_the_numbers():
    assert structure(gce(0.7, None))[0] == structure(gce(0.3, None))[0]
    assert structure(gce(0.7, None))[0] != structure(cross_entropy())[0]
    for q in (0.2, 0.7, 3.0):  # the canonical order of arguments depends on numbers; this one does not
        graph = canonical(gce(q, None), keep_names=False)
        assert [float(graph.nodes[v - 2].kwargs["value"]) for v in structure(graph)[1]] == [1.0, q]


@pytest.mark.parametrize("wanted", [0.02, 5.0])
def test_tuning_finds_constants_that_are_far_away(wanted: float):
    def distance(graph: LossGraph) -> float:
        return sum(abs(float(np.log(n / wanted))) for n in numbers(graph))

    tuner, graph = Tuner(), gce(0.7, None)
    began = distance(graph)
    for number in range(80):
        moved, step = tuner.propose(graph, np.random.default_rng(number))
        better = distance(moved) < distance(graph)
        tuner.learn(moved, step, success=better)
        graph = moved if better else graph
    assert distance(graph) < 0.2 < began / 10


def test_a_direction_that_worked_is_tried_again():
    tuner = Tuner()
    first, step = tuner.propose(gce(0.7, None), np.random.default_rng(0))
    tuner.learn(first, step, success=True)
    again = [tuner.propose(first, np.random.default_rng(seed))[1] == step for seed in range(40)]
    assert 20 <= sum(again) < 40
    tuner.learn(first, step, success=False)
    assert not any(tuner.propose(first, np.random.default_rng(seed))[1] == step for seed in range(40))


def test_steps_shrink_without_success_and_grow_with_it():
    def spread(*, success: bool) -> float:
        tuner = Tuner()
        for seed in range(12):
            child_graph, step = tuner.propose(gce(0.7, None), np.random.default_rng(seed))
            tuner.learn(child_graph, step, success=success)
        tuner.learn(child_graph, step, success=False)  # forgets the direction
        steps = [tuner.propose(gce(0.7, None), np.random.default_rng(s))[1] for s in range(100)]
        return float(np.std([m for s in steps for m in s if m]))

    assert spread(success=False) < 0.2
    assert spread(success=True) > 0.6


def test_the_proposer_learns_steps_from_the_answers():
    made = proposer()
    parent = make_program(sound_gce(0.7))
    asked = Variation(operator="refine", parents=(parent,))
    (candidate,) = made.propose(asked, Context(rng=np.random.default_rng(1)))
    step = candidate.details["step"]
    moved = with_constants(parent.graph, {structure(parent.graph)[1][0]: 1.5})
    told = make_program(moved).model_copy(update={"candidate": candidate})
    scores = Scores(maximize=True)
    answers = [make_told(parent, 0.5), make_told(told, 0.9)]
    for answer in answers:
        scores.add(answer.evaluation)
    made.learn(answers[1:], scores)
    found = [c.details["step"] for s in range(20) for c in made.propose(asked, Context(rng=np.random.default_rng(s)))]
    assert found.count(step) >= 10


def test_a_step_that_made_two_constants_one_is_not_repeated():
    graph, tuner, rng = gce(0.5), Tuner(), np.random.default_rng(0)
    _, order = structure(graph)
    tuner.learn(graph, (0.1,) * (len(order) + 1), success=True)
    for _ in range(10):
        _, step = tuner.propose(graph, rng)
        assert len(step) == len(order)
