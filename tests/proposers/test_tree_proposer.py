"""What the tree proposer makes of variations."""

from __future__ import annotations

import random

import numpy as np
import pytest
from factories import make_program
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from losses.graphs import cross_entropy, label_smoothing

from alphaloss.config import GateSettings, Settings, TreeSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.proposers import Context, TreeProposer
from alphaloss.proposers.trees.tree import Tree
from alphaloss.records import Candidate, Code, Failed, Outcome, Program, Rejection, Variation
from alphaloss.sandbox import Sandbox

REFUSED = Rejection(candidate=Candidate(source="", operator="mutate"), code=Code.MISALIGNED, message="no")

seeds = st.integers(0, 2**32)


def propose(
    variation: Variation, seed: int = 0, *failures: Outcome, target: Target = "classes", **changes: object
) -> Candidate:
    proposer = TreeProposer(TreeSettings(**changes), target)
    made = proposer.begin(variation, Context(rng=np.random.default_rng(seed), failures=failures)).candidates()
    assert isinstance(made, list), made
    [candidate] = made
    return candidate


def parent(seed: int) -> Program:
    """A program as the gate would make it of a tree."""
    candidate = propose(Variation(operator="init"), seed)
    graph = TreeProposer(TreeSettings()).operators.loss(tree_of(candidate))
    assert graph is not None
    return make_program(graph).model_copy(update={"candidate": candidate})


def tree_of(candidate: Candidate) -> Tree:
    return Tree.from_string(str(candidate.details["tree"]), TreeProposer(TreeSettings()).operators.primitives.pset)


ONE, TWO = parent(1), parent(2)
VARIATIONS = {
    "init.tree": Variation(operator="init"),
    "random.tree": Variation(operator="random"),
    "crossover": Variation(operator="crossover", parents=(ONE, TWO)),
    "crossover.subtree+point": Variation(operator="crossover", parents=(ONE,), mutations=("subtree", "point")),
    "mutate.subtree": Variation(operator="mutate", parents=(ONE,), mutations=("subtree",)),
    "refine.constant": Variation(operator="refine", parents=(TWO,)),
}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(VARIATIONS)), st.sampled_from(["thesis", "sketch", "extended"]), seeds)
def test_a_candidate_traces_and_says_what_made_it(sandbox: Sandbox, name: str, primitives: str, seed: int):
    variation = VARIATIONS[name]
    candidate = propose(variation, seed, primitives=primitives)
    parents = tuple(parent.key for parent in variation.parents)
    operator, _, changes = candidate.operator.partition(".")
    if "new" in changes.split("+"):  # it was invalid, or `sketch` lacks what a parent is made of
        assert operator == variation.operator
        assert set(candidate.parents) < set(parents)
    else:
        assert (candidate.operator, candidate.parents) == (name, parents)
    assert isinstance(Gate(sandbox, GateSettings()).trace(candidate), LossGraph)


@pytest.mark.parametrize("target", ["classes", "values"])
def test_the_same_random_numbers_give_the_same_candidates_whatever_came_before(target: Target):
    def population(proposer: TreeProposer) -> list[Candidate]:
        # The places of a first wave of six, as the search seeds them.
        contexts = [Context(rng=np.random.default_rng([7, 0, position, 0])) for position in range(6)]
        made = [proposer.begin(Variation(operator="init"), context).candidates() for context in contexts]
        return [candidate for candidates in made if isinstance(candidates, list) for candidate in candidates]

    fresh, used = TreeProposer(TreeSettings(), target), TreeProposer(TreeSettings(), target)
    used.begin(Variation(operator="random"), Context(rng=np.random.default_rng(99)))
    random.random()
    one, two = population(fresh), population(used)
    assert one == two
    assert len({candidate.source for candidate in one}) == 6


def test_pythons_own_random_numbers_are_left_alone():
    before = random.getstate()
    propose(VARIATIONS["crossover.subtree+point"])
    assert random.getstate() == before


def test_mutate_without_names_draws_from_the_settings():
    asked = Variation(operator="mutate", parents=(TWO,))
    made = {propose(asked, seed, invalid="retry").operator for seed in range(20)}
    assert made == {"mutate.subtree", "mutate.point", "mutate.constant"}
    assert propose(asked, mutate=("point",), invalid="retry").operator == "mutate.point"


def test_a_refused_child_is_replaced_by_a_newly_generated_tree():
    # Chou, NTUT 2025: an invalid tree is discarded and replaced by a newly generated one.
    candidate = propose(VARIATIONS["crossover"], 0, REFUSED)
    assert candidate.operator == "crossover.new"
    assert candidate.parents == ()
    assert candidate.source == propose(Variation(operator="random"), 0).source


def test_a_refused_child_is_replaced_by_another_variation():
    candidate = propose(VARIATIONS["crossover"], 0, REFUSED, invalid="retry")
    assert candidate.operator == "crossover"
    assert candidate.parents == (ONE.key, TWO.key)


def test_an_invalid_child_is_replaced_at_once():
    # A narrow range around the parent's value, which most children leave.
    narrow = [propose(VARIATIONS["mutate.subtree"], seed, values=(1.0, 1.2)).operator for seed in range(3)]
    assert "mutate.new" in narrow
    again = [propose(VARIATIONS["mutate.subtree"], seed, values=(1e-5, 10.0), invalid="retry") for seed in range(10)]
    assert {candidate.operator for candidate in again} == {"mutate.subtree"}


def test_nothing_is_proposed_where_no_tree_is_valid():
    settings = TreeSettings(values=(1e300, 1e301), initial_height=2)
    made = TreeProposer(settings).begin(VARIATIONS["crossover"], Context(rng=np.random.default_rng(0))).candidates()
    assert isinstance(made, Failed)
    assert made.parents == (ONE.key, TWO.key)
    assert "tree.values" in made.reason


def test_a_parent_without_a_tree_is_read_from_its_graph():
    asked = Variation(operator="mutate", parents=(make_program(cross_entropy()),), mutations=("constant",))
    # Cross-entropy has no number, so that the mutation is one of a point: the root, its sign, stays.
    candidate = propose(asked, invalid="retry")
    assert str(candidate.details["tree"]).startswith("negative(")
    assert candidate.operator == "mutate.point"


def test_for_a_parent_that_is_no_tree_a_new_one_stands_in_and_is_no_parent():
    no_tree = make_program(label_smoothing())
    crossed = propose(Variation(operator="crossover", parents=(no_tree, ONE)), invalid="retry")
    assert (crossed.operator, crossed.parents) == ("crossover.new", (ONE.key,))
    alone = propose(Variation(operator="mutate", parents=(no_tree,), mutations=("point",)), invalid="retry")
    assert (alone.operator, alone.parents) == ("mutate.new+point", ())


def test_a_tree_of_another_set_is_read_from_the_graph():
    program = make_program(cross_entropy())
    sketch = program.candidate.model_copy(update={"details": {"tree": "tanh(abs(subtract(y_true, p)))"}})
    asked = Variation(operator="refine", parents=(program.model_copy(update={"candidate": sketch}),))
    assert str(propose(asked, invalid="retry").details["tree"]).startswith("negative(")


def test_the_defaults_of_a_run():
    assert Settings().tree == TreeSettings()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"least_height": 5, "initial_height": 4}, "must not fall"),
        ({"values": (2.0, 1.0)}, "below the most"),
        ({"mutate": ()}, "at least 1"),
    ],
)
def test_settings_that_contradict_themselves(changes: dict[str, object], words: str):
    with pytest.raises(ValueError, match=words):
        TreeSettings(**changes)
