"""The sample tournament of Chou's thesis and NGL's genetic programming: who has children, how many, and who stays."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from algorithms.programs import make
from algorithms.world import FAILS, World, classic
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.algorithms import Ngl, SampleTournament
from alphaloss.records import Variation


def falling(number: int, _: Variation) -> float:
    """Every program is worse than all before: the first generation stays, ranked in the order of asking."""
    return 1.0 / (1.0 + number)


def rising(number: int, _: Variation) -> float:
    """Every program is better than all before."""
    return number / 1000.0


# How many evaluations: Chou's thesis, Table 4.1 (P = 8; T = 4 and 12), as counted from its algorithm and its times.


@pytest.mark.parametrize("wave", [1, 3, 5, 8])
@pytest.mark.parametrize(
    ("name", "generations", "children"),
    [("sample-tournament", 4, 12), ("ngl", 4, 32), ("sample-tournament", 12, 36), ("ngl", 12, 96)],
)
def test_the_thesis_evaluations_are_counted_out(name: str, generations: int, children: int, wave: int):
    section = name.replace("-", "_")
    world = World(falling)
    algorithm = world.play(classic(f"algorithm={name}", f"{section}.generations={generations}"), 1000, wave)
    assert (world.count("init"), world.count("crossover")) == (8, children)
    assert len(world.asked) == 8 + children
    assert algorithm.end == f"all {generations} generations are done"
    assert [entry["generation"] for entry in algorithm.logbook][-1] == generations


# The sample tournament


@pytest.mark.parametrize(
    ("options", "children"),
    [
        ((), 3),
        (("population=10",), 3),  # G = 7.5, N = 3.5, both rounded down
        (("population=10", "rounding=up"), 4),
        (("population=2",), 1),  # G = 1.5, N = .5
        (("population=25", "sample=0.28", "winners=1"), 7),  # .28 of 25 is 7.000000000000001 in floating point
        (("sample=0.01", "winners=0.01"), 1),
    ],
)
def test_so_many_of_the_sample_have_children(options: tuple[str, ...], children: int):
    overrides = (f"sample_tournament.{setting}" for setting in (*options, "generations=1"))
    world = World(falling)
    world.play(classic("algorithm=sample-tournament", *overrides), 100)
    assert len(world.asked) - world.count("init") == children


def test_parents_are_drawn_with_the_probabilities_of_the_algorithm():
    """By rank .75 .75 .75 .536 .214 0 0 0 a generation: three best of all samples of six of eight."""
    exact = Counter(rank for sample in combinations(range(8), 6) for rank in sample[:3])
    probabilities = [exact[rank] / 28 for rank in range(8)]
    assert probabilities == pytest.approx([0.75, 0.75, 0.75, 0.536, 0.214, 0, 0, 0], abs=5e-4)
    generations = 300
    world = World(falling)
    world.play(classic("algorithm=sample-tournament", f"sample_tournament.generations={generations}"), 10_000)
    ranks = [program.key for program in world.programs[:8]]
    drawn = Counter(ranks.index(v.parents[0].key) for v in world.asked if v.operator == "crossover")
    # Four standard deviations of a share: 4 sqrt(.75 .25 / 300) = .1.
    assert [drawn[rank] / generations for rank in range(8)] == pytest.approx(probabilities, abs=0.1)
    assert sum(drawn.values()) == 3 * generations


def test_with_replacement_an_individual_can_be_drawn_again():
    world = World(falling)
    options = ("sample_tournament.replacement=true", "sample_tournament.generations=100")
    world.play(classic("algorithm=sample-tournament", *options), 10_000)
    generations = [world.asked[first : first + 3] for first in range(8, 308, 3)]
    repeated = sum(len({v.parents[0].key for v in generation}) < 3 for generation in generations)
    assert repeated > 20
    others = [v.parents for v in world.asked if len(v.parents) == 2]
    assert others
    assert all(first.key != second.key for first, second in others)


def test_partners_and_mutations_have_the_probabilities_of_the_thesis():
    world = World(falling)
    world.play(classic("algorithm=sample-tournament", "sample_tournament.generations=300"), 10_000)
    children = [v for v in world.asked if v.operator == "crossover"]
    winners = {program.key for program in world.programs[:5]}
    found = [
        sum(len(v.parents) == 2 for v in children) / len(children),
        sum("subtree" in v.mutations for v in children) / len(children),
        sum("point" in v.mutations for v in children) / len(children),
        sum(v.mutations == ("subtree", "point") for v in children) / len(children),
    ]
    # Cr, M_ST, M_N, and both mutations; four standard deviations of 900 draws are .067 at most.
    assert found == pytest.approx([0.5, 0.3, 0.1, 0.03], abs=0.067)
    assert all({parent.key for parent in v.parents} <= winners for v in children)


def test_a_lone_winner_is_crossed_with_a_newly_generated_loss():
    world = World(falling)
    options = ("sample_tournament.population=2", "sample_tournament.crossover=1", "sample_tournament.generations=20")
    world.play(classic("algorithm=sample-tournament", *options), 100)
    assert {len(v.parents) for v in world.asked if v.operator == "crossover"} == {1}


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=8, max_size=30))
def test_the_best_of_individuals_and_children_survive(scores: list[float]):
    world = World(lambda number, _: scores[number] if number < len(scores) else 0.0)
    options = "sample_tournament.generations=5"
    algorithm = world.play(classic("algorithm=sample-tournament", options), 100)
    assert isinstance(algorithm, SampleTournament)
    survivors = sorted((member.score.mean for member in algorithm.population), reverse=True)
    assert survivors == sorted([*scores[:23], *[0.0] * 8], reverse=True)[:8]


# NGL


def test_every_individual_has_one_child_a_generation():
    world = World(falling)
    world.play(classic("algorithm=ngl", "ngl.generations=5"), 100)
    first = Counter(program.key for program in world.programs[:8])
    for generation in range(5):
        children = world.asked[8 * (generation + 1) : 8 * (generation + 2)]
        assert Counter(v.parents[0].key for v in children) == first


def test_partners_are_others_while_the_archive_is_empty_and_later_of_the_archive_too():
    world = World(falling)
    algorithm = world.play(classic("algorithm=ngl", "ngl.generations=100"), 10_000)
    assert isinstance(algorithm, Ngl)
    members = {program.key for program in world.programs[:8]}
    second = [v.parents[1].key for v in world.asked if v.operator == "crossover"]
    assert set(second[:8]) <= members
    assert all(first.key != other.key for first, other in (v.parents for v in world.asked[8:]))
    archived = sum(key not in members for key in second[8:])
    assert archived / len(second[8:]) == pytest.approx(0.5, abs=0.07)  # four standard deviations of 792 draws
    mutated = [sum(m in v.mutations for v in world.asked[8:]) / 800 for m in ("subtree", "point")]
    assert mutated == pytest.approx([0.3, 0.1], abs=0.065)


@pytest.mark.parametrize(("size", "expected"), [(0.0, 0), (0.5, 4), (1.0, 8), (3.0, 24)])
def test_the_archive_keeps_so_many_of_the_eliminated(size: float, expected: int):
    world = World(falling)
    algorithm = world.play(classic("algorithm=ngl", "ngl.generations=3", f"ngl.archive={size}"), 100)
    assert isinstance(algorithm, Ngl)
    assert len(algorithm.archive) == expected
    eliminated = {program.key for program in world.programs[8:]}
    assert {individual.key for individual in algorithm.archive} <= eliminated
    log = algorithm.logbook[-1]
    assert (log["members"], log["archive"]) == (8 + expected, expected)


@pytest.mark.parametrize(("eliminated", "survivors"), [("worst", range(8)), ("parents", range(24, 32))])
def test_who_is_eliminated(eliminated: str, survivors: range):
    world = World(falling)
    algorithm = world.play(classic("algorithm=ngl", "ngl.generations=3", f"ngl.eliminated={eliminated}"), 100)
    assert isinstance(algorithm, Ngl)
    assert [m.key for m in algorithm.population] == [world.programs[number].key for number in survivors]


def test_individuals_stay_where_children_are_missing():
    world = World(lambda number, _: None if number % 8 == 3 and number > 8 else rising(number, _))
    algorithm = world.play(classic("algorithm=ngl", "ngl.generations=1", "ngl.eliminated=parents"), 100)
    assert isinstance(algorithm, Ngl)
    numbers = [world.programs.index(member.program) for member in algorithm.population]
    assert sorted(numbers) == [7, 8, 9, 10, 12, 13, 14, 15]


# What all by generations have in common


@pytest.mark.parametrize("name", ["sample-tournament", "ngl", "generational", "regularized"])
def test_the_reference_is_no_member_unless_it_is_named(name: str):
    section = name.replace("-", "_")
    start = [(make(98), 2.0), (make(99), 1.5)]
    keys = {program.key for program, _ in start}
    nobody = World(falling)
    nobody.play(classic(f"algorithm={name}", f"{section}.population=6", start=start), 60)
    assert nobody.count("init") == 6
    assert not keys & {parent.key for v in nobody.asked for parent in v.parents}
    named = World(falling)
    named.play(classic(f"algorithm={name}", f"{section}.population=6", "start=[ce,mae]", start=start), 60)
    assert named.count("init") == 4
    assert keys <= {parent.key for v in named.asked for parent in v.parents}


def test_of_more_named_losses_than_members_the_best_begin():
    start = [(make(number), number / 10) for number in range(40, 45)]
    algorithm = classic("algorithm=ngl", "ngl.population=3", "start=[a,b,c,d,e]", start=start)
    assert {v.operator for v in algorithm.ask(10)} == {"crossover"}
    assert isinstance(algorithm, Ngl)
    assert [m.key for m in algorithm.population] == [p.key for p, _ in reversed(start[2:])]


def test_whoever_has_no_score_is_asked_for_again():
    """Of the first generation each without a score; later each that yields no program, for that was not evaluated."""
    world = World(lambda number, _: {1: None, 4: FAILS, 9: None, 11: FAILS, 12: None, 14: FAILS}.get(number, 0.5))
    world.play(classic("algorithm=sample-tournament", "sample_tournament.generations=2"), 100)
    operators = [variation.operator for variation in world.asked]
    # 8 members and 3 without a score; 3 children, of which 11 is replaced by 14, and that by 15; 3 children.
    assert operators == ["init"] * 11 + ["crossover"] * 3 + ["random"] * 2 + ["crossover"] * 3


def test_a_generation_is_asked_for_when_the_last_one_is_told():
    algorithm, world = classic("algorithm=sample-tournament", "search.lag=9"), World(falling)
    first = [algorithm.ask(5), algorithm.ask(5)]
    assert [len(wave) for wave in first] == [5, 3]
    assert not algorithm.can_ask
    algorithm.tell(first[0], world.tell(first[0]))
    assert not algorithm.can_ask
    algorithm.tell(first[1], world.tell(first[1]))
    assert algorithm.can_ask
    assert len(algorithm.ask(5)) == 3
    assert not algorithm.can_ask
