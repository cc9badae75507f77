"""What the offline proposer proposes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from factories import make_program
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from losses.graphs import cross_entropy, label_smoothing
from proposers.values import children, sound_gce

from alphaloss.config import GateSettings, OfflineSettings
from alphaloss.gate import Gate
from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.proposers import Context, OfflineProposer, views
from alphaloss.proposers.crossovers import CROSSOVERS
from alphaloss.proposers.glance import Glance
from alphaloss.proposers.ideas import IDEAS, PRIOR_IDEAS
from alphaloss.proposers.refine import structure
from alphaloss.proposers.small import SHRINKING, SMALL
from alphaloss.records import Candidate, Duplicate, Program, Rejection, Variation
from alphaloss.sandbox import Sandbox

POOL = [make_program(graph) for graph in (cross_entropy(), sound_gce(), label_smoothing())]
NAMES = {"mutate": {*SMALL, *IDEAS}, "random": {*SMALL, *IDEAS}, "crossover": {*CROSSOVERS}, "refine": {"constants"}}
PARENTS = {"mutate": 1, "refine": 1, "crossover": 2, "random": 0}


def proposer(**changes: object) -> OfflineProposer:
    return OfflineProposer(OfflineSettings(**changes), cross_entropy())


def variation(operator: str, rng: np.random.Generator, pool: list[Program] = POOL) -> Variation:
    parents = tuple(pool[i] for i in rng.permutation(len(pool))[: PARENTS[operator]])
    return Variation(operator=operator, parents=parents)


def mutations(parent: LossGraph, count: int, **changes: object) -> list[Candidate]:
    asked, made = Variation(operator="mutate", parents=(make_program(parent),)), proposer(**changes)
    return [c for seed in range(count) for c in made.propose(asked, Context(rng=np.random.default_rng(seed)))]


def changes_of(candidate: Candidate) -> list[str]:
    return candidate.operator.partition(".")[2].split("+")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(NAMES)), st.integers(0, 2**32))
def test_a_candidate_is_a_new_loss_that_names_its_parents_and_what_made_it(sandbox: Sandbox, operator: str, seed: int):
    asked = variation(operator, np.random.default_rng(seed))
    one, two = (proposer(most_operations=16).propose(asked, Context(rng=np.random.default_rng(seed))) for _ in range(2))
    assert one == two
    for candidate in one:
        assert candidate.operator.partition(".")[0] == operator
        assert set(changes_of(candidate)) <= NAMES[operator]
        assert candidate.parents == tuple(p.key for p in asked.parents)
        graph = Gate(sandbox, GateSettings()).trace(candidate)
        assert isinstance(graph, LossGraph), graph
        assert print_source(graph) == candidate.source
        assert graph.size <= 16
        assert graph.key not in candidate.parents


@pytest.mark.parametrize(
    ("asked", "changes"),
    [
        (Variation(operator="init"), [0, 4]),
        (Variation(operator="random"), [0, 4]),
        (Variation(operator="crossover", parents=(POOL[1],)), [1, 0]),
        (Variation(operator="crossover", parents=(POOL[1],), mutations=("subtree",)), [1, 1]),
        (Variation(operator="crossover", parents=(POOL[1], POOL[2]), mutations=("subtree", "point")), [1, 2]),
        (Variation(operator="mutate", parents=(POOL[1],), mutations=("point", "constant", "subtree")), [0, 3]),
    ],
)
def test_changes_are_as_many_as_asked_for(asked: Variation, changes: list[int]):
    made = proposer(random_changes=4, second_change=0.0)
    found = [c for seed in range(6) for c in made.propose(asked, Context(rng=np.random.default_rng(seed)))]
    assert len(found) >= 4
    for candidate in found:
        names = changes_of(candidate)
        crossed = sum(name in CROSSOVERS for name in names)
        assert [crossed, len(names) - crossed] == changes
        assert candidate.operator.startswith(f"{asked.operator}.")
        assert candidate.parents == tuple(p.key for p in asked.parents)


def test_a_crossover_with_one_parent_takes_from_many_newly_generated_losses():
    asked = Variation(operator="crossover", parents=(POOL[0],))
    found = [c for s in range(12) for c in proposer().propose(asked, Context(rng=np.random.default_rng(s)))]
    assert len({c.source for c in found}) == len(found) >= 10


def test_refine_moves_constants_only(sandbox: Sandbox):
    asked = Variation(operator="refine", parents=(POOL[1],))
    sources = set()
    for seed in range(20):
        (candidate,) = proposer().propose(asked, Context(rng=np.random.default_rng(seed)))
        graph = Gate(sandbox, GateSettings()).trace(candidate)
        assert structure(graph)[0] == structure(sound_gce())[0]
        assert len(candidate.details["step"]) == len(structure(sound_gce())[1]) == 2
        sources.add(candidate.source)
    assert len(sources) > 10


def test_a_loss_without_constants_cannot_be_refined():
    asked = Variation(operator="refine", parents=(POOL[0],))
    assert proposer().propose(asked, Context(rng=np.random.default_rng(0))) == []


def test_no_loss_is_larger_than_the_limit():
    asked = Variation(operator="crossover", parents=(POOL[1], POOL[2]))
    small = proposer(most_operations=4)
    assert all(not small.propose(asked, Context(rng=np.random.default_rng(seed))) for seed in range(3))


@pytest.mark.parametrize(("share", "names"), [(1.0, set(IDEAS)), (0.0, set(SMALL))])
def test_the_share_of_ideas_decides_between_ideas_and_small_changes(share: float, names: set[str]):
    used = {name for c in mutations(sound_gce(), 60, ideas=share) for name in changes_of(c)}
    assert used <= names
    assert len(used) >= 6


@pytest.mark.parametrize(("probability", "changes"), [(0.0, {1}), (1.0, {2})])
def test_a_mutation_may_be_followed_by_a_second(probability: float, changes: set[int]):
    assert {len(changes_of(c)) for c in mutations(sound_gce(), 20, second_change=probability)} == changes


@pytest.mark.parametrize(
    ("prior", "expected"), [((0.4, 0.3, 0.2, 0.1), True), ((0.25,) * 4, False), ((0.3, 0.25, 0.25, 0.2), False)]
)
def test_the_class_prior_is_used_where_it_is_uneven(prior: tuple[float, ...], expected: bool):
    made = OfflineProposer(OfflineSettings(ideas=1.0), cross_entropy(), class_prior=prior)
    asked = Variation(operator="mutate", parents=(POOL[0],))
    found = [c for s in range(40) for c in made.propose(asked, Context(rng=np.random.default_rng(s)))]
    assert any(set(changes_of(c)) & set(PRIOR_IDEAS) for c in found) == expected
    assert any("class_prior" in c.source for c in found) == expected


def test_a_large_parent_is_rather_made_smaller():
    large = mutations(label_smoothing(), 60, most_operations=10, bloat=0.5)
    free = mutations(label_smoothing(), 60, most_operations=100)
    shrunk, usual = (sum(not SHRINKING.isdisjoint(changes_of(c)) for c in found) for found in (large, free))
    assert shrunk > 2 * usual > 0


def test_losses_of_values_are_varied_too():
    b = GraphBuilder(target="values")
    error = b.add("square", b.add("subtract", b.input("y_true"), b.input("y_pred")))
    squared = b.graph(b.add("mean", error, axis=-1))
    made = OfflineProposer(OfflineSettings(), squared)
    found = [
        c for s in range(20) for c in made.propose(Variation(operator="random"), Context(rng=np.random.default_rng(s)))
    ]
    assert len(found) >= 15


# The glance


@pytest.mark.parametrize("target", ["classes", "values"])
def test_the_losses_of_the_zoo_look_sound(sandbox: Sandbox, target: Target):
    gate = Gate(sandbox, GateSettings(), target=target)
    for name in zoo_names(target):
        graph = gate.trace(Candidate(source=zoo_source(name), operator="test"))
        assert Glance(target).look(graph).sound, name


def test_a_glance_sees_what_is_wrong():
    b = GraphBuilder()
    p = b.add("softmax", b.input("y_pred"))
    p_true = b.add("sum", b.add("multiply", b.input("y_true"), p), axis=-1)
    logit = b.add("sum", b.add("multiply", b.input("y_true"), b.input("y_pred")), axis=-1)
    glance = Glance("classes")
    assert glance.look(cross_entropy()).sound
    assert glance.look(sound_gce()).sound
    assert not glance.look(b.graph(p_true)).sound  # the wrong sign
    assert not glance.look(b.graph(b.add("negative", b.add("log", p_true)))).sound  # not finite where p is 0
    assert not glance.look(b.graph(b.add("negative", logit))).sound  # no lowest value
    assert not glance.look(b.graph(b.add("sum", b.add("square", p), axis=-1))).sound  # no label
    doubled = b.graph(b.add("multiply", p_true, b.constant(-2.0)))
    assert glance.look(doubled).resembles(glance.look(b.graph(b.add("negative", p_true))))
    assert not glance.look(doubled).resembles(glance.look(cross_entropy()))


def test_a_table_of_classes_by_classes_is_not_computed_where_it_is_huge():
    (table,) = children(views.normalise, sound_gce(), seeds=[0])
    assert Glance("classes", (0.1,) * 10).look(table).sound
    assert Glance("classes", (0.001,) * 1000).look(table).field.size == 0


def test_nearly_all_proposals_trace_and_pass_the_gate(sandbox: Sandbox):
    gate = Gate(sandbox, GateSettings())
    start = gate.admit(Candidate(source=zoo_source("cross-entropy"), operator="start"))
    assert isinstance(start, Program)
    pool, found, made = [start], Counter(), proposer()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        kind = "random" if len(pool) < 3 else ["mutate", "mutate", "crossover"][seed % 3]
        for candidate in made.propose(variation(kind, rng, pool), Context(rng=rng)):
            outcome = gate.admit(candidate)
            found[str(outcome.code) if isinstance(outcome, Rejection) else type(outcome).__name__] += 1
            pool += [outcome] if isinstance(outcome, Program) else []
    assert found.total() >= 38, found
    assert not {"SOURCE", "TRACE", "SHAPE", "NOT_PER_SAMPLE"} & set(found), found
    assert found[Duplicate.__name__] <= 6, found
    assert found[Program.__name__] >= 30, found
