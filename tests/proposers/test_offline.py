from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from factories import make_program
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from losses.graphs import ALL, cross_entropy, gce, label_smoothing
from losses.random_graphs import random_graphs

from alphaloss.config import GateSettings, OfflineSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import GraphError
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.proposers import Context, OfflineProposer
from alphaloss.proposers.operators import CROSSOVERS, IDEAS, SMALL, NotApplicableError
from alphaloss.records import Candidate, Code, Program, Rejection, Variation
from alphaloss.sandbox import Sandbox

MUTATIONS = SMALL | IDEAS
PAIRS = [(first, second) for first in ALL for second in ALL]
SEEDS = range(12)
GUARD = 1.001  # `reweight` keeps its power away from zero with it

Vary = Callable[[np.random.Generator], LossGraph]


def applied(vary: Vary) -> list[LossGraph]:
    """What an operator makes with each seed; nothing where it does not apply."""
    found = []
    for seed in SEEDS:
        try:
            found.append(vary(np.random.default_rng(seed)))
        except NotApplicableError:
            continue
    return found


def numbers(graph: LossGraph) -> set[float]:
    return {float(node.kwargs["value"]) for node in graph.nodes if node.op == "constant"}


def assert_well_made(children: list[LossGraph], *parents: LossGraph) -> None:
    known = set().union(*map(numbers, parents)) | {GUARD}
    for child in children:
        assert LossGraph.from_json(child.to_json()) == child  # which checks every rule of a graph again
        for number in numbers(child) - known:
            assert number == float(f"{number:.3g}"), print_source(child)


@pytest.mark.parametrize("parent", ALL)
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_gives_a_valid_loss_with_short_constants_or_says_that_it_does_not_apply(name: str, parent: str):
    assert_well_made(applied(lambda rng: MUTATIONS[name](ALL[parent], rng)), ALL[parent])


@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize("name", CROSSOVERS)
def test_a_crossover_gives_a_valid_loss_with_short_constants(name: str, first: str, second: str):
    parents = ALL[first], ALL[second]
    children = applied(lambda rng: CROSSOVERS[name](*parents, rng))
    assert len(children) == len(SEEDS)
    assert_well_made(children, *parents)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_applies_to_a_loss_with_a_constant_and_a_softmax_and_changes_it(name: str):
    children = applied(lambda rng: MUTATIONS[name](gce(), rng))
    assert len(children) == len(SEEDS)
    assert gce().key not in {child.key for child in children}


@pytest.mark.parametrize(("name", "graph"), [("jitter", cross_entropy()), ("power", cross_entropy())])
def test_a_mutation_without_anything_to_work_on_does_not_apply(name: str, graph: LossGraph):
    assert applied(lambda rng: MUTATIONS[name](graph, rng)) == []


@given(random_graphs(), st.sampled_from(sorted(MUTATIONS)), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_mutation_of_any_loss_is_a_valid_loss_or_refused(graph: LossGraph, name: str, seed: int):
    try:
        child = MUTATIONS[name](graph, np.random.default_rng(seed))
    except (NotApplicableError, GraphError):
        assume(False)
    assert LossGraph.from_json(child.to_json()) == child


@given(random_graphs(), random_graphs(), st.sampled_from(sorted(CROSSOVERS)), st.integers(0, 2**32))
@settings(max_examples=75, deadline=None)
def test_a_crossover_of_any_losses_is_a_valid_loss_or_refused(first, second, name: str, seed: int):
    try:
        child = CROSSOVERS[name](first, second, np.random.default_rng(seed))
    except (NotApplicableError, GraphError):
        assume(False)
    assert LossGraph.from_json(child.to_json()) == child


def test_parents_that_use_one_name_for_two_numbers_keep_both_numbers():
    child = CROSSOVERS["mix"](gce(0.7), gce(0.3), np.random.default_rng(0))
    named = [node.kwargs["value"] for node in child.nodes if node.kwargs.get("name") == "q"]
    assert named == [0.7]
    assert {0.7, 0.3} <= numbers(child)


# The proposer

POOL = [make_program(graph) for graph in (cross_entropy(), gce(), label_smoothing())]


def proposer(**changes: object) -> OfflineProposer:
    return OfflineProposer(OfflineSettings(**changes), cross_entropy())


def variation(operator: str, rng: np.random.Generator, pool: list[Program] = POOL) -> Variation:
    count = {"random": 0, "mutate": 1, "crossover": 2}[operator]
    parents = tuple(pool[i] for i in rng.permutation(len(pool))[:count])
    return Variation(operator=operator, parents=parents)


operators = st.sampled_from(["mutate", "crossover", "random"])
seeds = st.integers(0, 2**32)


@settings(deadline=None)
@given(operators, seeds)
def test_the_same_random_numbers_give_the_same_candidates(operator: str, seed: int):
    one, two = (np.random.default_rng(seed) for _ in range(2))
    asked = variation(operator, np.random.default_rng(seed))
    assert proposer().propose(asked, Context(rng=one)) == proposer().propose(asked, Context(rng=two))


@settings(deadline=None)
@given(operators, seeds)
def test_a_candidate_names_its_parents_and_what_made_it(operator: str, seed: int):
    rng = np.random.default_rng(seed)
    asked = variation(operator, rng)
    for candidate in proposer().propose(asked, Context(rng=rng)):
        kind, _, names = candidate.operator.partition(".")
        assert kind == operator
        assert set(names.split("+")) <= (set(CROSSOVERS) if operator == "crossover" else set(MUTATIONS))
        assert candidate.parents == tuple(p.key for p in asked.parents)


@given(operators, seeds)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_candidate_traces_to_the_loss_it_prints_within_the_size_limit(sandbox: Sandbox, operator: str, seed: int):
    rng = np.random.default_rng(seed)
    asked = variation(operator, rng)
    for candidate in proposer(most_operations=14).propose(asked, Context(rng=rng)):
        graph = Gate(sandbox, GateSettings()).trace(candidate)
        assert isinstance(graph, LossGraph), graph
        assert print_source(graph) == candidate.source
        assert graph.size <= 14
        assert graph.key not in candidate.parents


def test_a_child_that_equals_its_parent_is_not_proposed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("alphaloss.proposers.offline.IDEAS", {"same": lambda graph, rng: graph})
    asked = Variation(operator="mutate", parents=(POOL[0],))
    assert proposer(ideas=1.0).propose(asked, Context(rng=np.random.default_rng(0))) == []


def test_a_loss_above_the_size_limit_is_not_proposed():
    asked = Variation(operator="crossover", parents=(POOL[1], POOL[2]))
    sizes = [len(proposer(most_operations=4).propose(asked, Context(rng=np.random.default_rng(s)))) for s in range(20)]
    assert sum(sizes) == 0


@pytest.mark.parametrize(("share", "names"), [(1.0, set(IDEAS)), (0.0, set(SMALL))])
def test_the_share_of_ideas_decides_between_ideas_and_small_changes(share: float, names: set[str]):
    asked = Variation(operator="mutate", parents=(POOL[1],))
    made = [proposer(ideas=share).propose(asked, Context(rng=np.random.default_rng(seed))) for seed in range(100)]
    used = {name for [c] in filter(None, made) for name in c.operator.removeprefix("mutate.").split("+")}
    assert used == names


@pytest.mark.parametrize(("probability", "changes"), [(0.0, {1}), (1.0, {2})])
def test_a_mutation_may_be_followed_by_a_second(probability: float, changes: set[int]):
    asked = Variation(operator="mutate", parents=(POOL[1],))
    made = [
        proposer(second_change=probability).propose(asked, Context(rng=np.random.default_rng(seed)))
        for seed in range(30)
    ]
    assert {len(c.operator.split("+")) for [c] in filter(None, made)} == changes


def test_most_proposals_trace_and_many_pass_the_gate(sandbox: Sandbox):
    gate = Gate(sandbox, GateSettings())
    pool = [gate.admit(Candidate(source=zoo_source(name), operator="start")) for name in zoo_names()]
    found: Counter[str] = Counter()
    for seed in range(300):
        rng = np.random.default_rng(seed)
        asked = variation(["mutate", "mutate", "mutate", "crossover", "random"][seed % 5], rng, pool)
        for candidate in proposer().propose(asked, Context(rng=rng)):
            outcome = gate.admit(candidate)
            found[outcome.code if isinstance(outcome, Rejection) else type(outcome).__name__] += 1
    proposed = found.total()
    assert proposed >= 0.8 * 300, found
    assert found[Code.SOURCE] + found[Code.TRACE] <= 0.1 * proposed, found
    assert found["Program"] >= 0.4 * proposed, found
