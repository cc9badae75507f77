from __future__ import annotations

import math

import pytest
from algorithms.programs import make
from factories import make_program
from losses.graphs import cross_entropy, gce, label_smoothing

from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.cells import Cell, Island, cell_of
from alphaloss.scores import Score

NOISE = 0.1


def individual(number: int, mean: float, seeds: int = 1, noise: float = NOISE, **shape: object) -> Individual:
    return Individual(make(number, **shape), Score(mean, seeds, noise / math.sqrt(seeds)))


def judge(one: Individual, mean: float, seeds: int, noise: float = NOISE) -> None:
    one.judge(Score(mean, seeds, noise / math.sqrt(seeds)))


def make_island(*members: Individual, most_seeds: int = 4, crowding: float = 1e-3) -> Island:
    island = Island(most_seeds=most_seeds, crowding=crowding)
    for member in members:
        island.enter(member, 0)
    return island


def challengers(island: Island) -> list[Individual]:
    return [contest.challenger for contest in island.contests.values()]


@pytest.mark.parametrize(
    ("shape", "cell"),
    [
        ({"size": 8, "minimiser": 1.0, "hardness": 9.0, "bounded": False}, Cell(0, 2, 1, False)),  # cross-entropy
        ({"size": 9, "minimiser": 0.91, "hardness": 81.0, "bounded": False}, Cell(1, 1, 2, False)),  # label smoothing
        ({"size": 16, "minimiser": 0.316, "hardness": 1.14, "bounded": False}, Cell(1, 0, 0, False)),  # Baikal
        ({"size": 17, "minimiser": 0.97, "hardness": 2.0, "bounded": True}, Cell(2, 2, 1, True)),
        ({"size": 17, "minimiser": 0.6, "hardness": 20.0, "bounded": True}, Cell(2, 1, 2, True)),
    ],
)
def test_a_program_s_cell_follows_from_its_shape_card(shape: dict[str, object], cell: Cell):
    assert cell_of(make(0, **shape)) == cell


def test_well_known_losses_have_the_cells_that_their_formulas_imply():
    expected = [
        (cross_entropy(), Cell(0, 2, 1, False)),
        (label_smoothing(), Cell(0, 1, 2, False)),
        (gce(1.0), Cell(0, 2, 0, True)),  # the mean absolute error, 1 - p_t
    ]
    for graph, cell in expected:
        assert cell_of(make_program(graph)) == cell


def test_an_empty_cell_takes_anything():
    poor = individual(1, 0.1, bounded=True)
    assert make_island(individual(0, 0.9), poor).elites[1] is poor


def test_who_is_better_by_more_than_the_error_of_the_difference_replaces_the_elite_at_once():
    first, second = individual(0, 0.5), individual(1, 0.5 + 1.01 * math.sqrt(2) * NOISE)
    assert make_island(first, second).elites == [second]


def test_who_is_worse_by_more_than_that_is_not_kept():
    first, second = individual(0, 0.5), individual(1, 0.5 - 1.01 * math.sqrt(2) * NOISE)
    assert list(make_island(first, second)) == [first]


def test_in_between_there_is_a_contest_and_the_elite_stays_meanwhile():
    first, second = individual(0, 0.5), individual(1, 0.6)
    island = make_island(first, second)
    assert (island.elites, challengers(island)) == ([first], [second])
    assert island.worth_repeating() == [(second, first), (first,)]


@pytest.mark.parametrize(("mean", "winner"), [(0.8, 1), (0.2, 0)])
def test_a_contest_ends_when_the_difference_is_clear(mean: float, winner: int):
    both = individual(0, 0.5), individual(1, 0.6)
    island = make_island(*both)
    judge(both[1], mean, seeds=2)
    island.settle(1)
    assert list(island) == [both[winner]]


@pytest.mark.parametrize(("mean", "size", "winner"), [(0.51, 9, 1), (0.49, 6, 0), (0.5, 6, 1), (0.5, 7, 0)])
def test_on_equal_ground_the_better_mean_stays_and_of_equals_the_smaller(mean: float, size: int, winner: int):
    both = individual(0, 0.5, size=7 if size < 9 else 10), individual(1, 0.5, size=size)
    island = make_island(*both)
    judge(both[0], 0.5, seeds=3)
    judge(both[1], mean, seeds=4)
    island.settle(1)
    assert len(challengers(island)) == 1  # the elite has a seed left
    judge(both[0], 0.5, seeds=4)
    island.settle(2)
    assert list(island) == [both[winner]]


def test_a_contest_that_waits_too_long_is_decided_by_the_cautious_score():
    both = individual(0, 0.5, seeds=3), individual(1, 0.53)
    island = make_island(*both)
    island.settle(7)
    assert challengers(island) == [both[1]]
    island.settle(8)
    assert list(island) == [both[0]]  # .5 - .058 > .53 - .1


def test_poor_cells_are_not_worth_a_contest():
    best = individual(0, 0.9, bounded=True)
    both = individual(1, 0.5), individual(2, 0.6)
    assert list(make_island(best, *both)) == [best, both[1]]


def test_without_repeats_or_noise_the_better_replaces_the_elite_at_once():
    for settings, noise in (({"most_seeds": 1}, NOISE), ({}, 0.0)):
        both = individual(0, 0.5, noise=noise), individual(1, 0.501, noise=noise)
        assert list(make_island(*both, **settings)) == [both[1]]


def test_a_better_challenger_takes_a_challenger_s_place():
    elite, first, second, third = (individual(n, mean) for n, mean in enumerate((0.5, 0.51, 0.52, 0.505)))
    assert challengers(make_island(elite, first, second, third)) == [second]


def test_who_leads_on_one_seed_is_worth_another():
    leader, proven, poor = individual(0, 0.9), individual(1, 0.8, 2, bounded=True), individual(2, 0.3, size=9)
    island = make_island(leader, proven, poor)
    assert island.worth_repeating() == [(leader,)]
    judge(leader, 0.85, seeds=2)
    assert island.worth_repeating() == []


@pytest.mark.parametrize("bounded", [False, True])
def test_a_neighbour_must_be_clearly_better_to_enter(bounded: bool):
    near = {"field": (math.cos(0.04), math.sin(0.04)), "bounded": bounded}  # cosine distance .0008
    far = {"field": (math.cos(0.05), math.sin(0.05)), "bounded": bounded}  # .00125
    first = individual(0, 0.5, field=(1.0, 0.0))
    as_good, better, other = individual(1, 0.55, **near), individual(2, 0.65, **near), individual(3, 0.55, **far)
    assert list(make_island(first, as_good)) == [first]
    assert better in make_island(first, better).elites
    assert other in list(make_island(first, other))
    assert first in make_island(first, better).elites or not bounded


def test_a_challenger_s_neighbours_are_kept_out_too():
    elite, challenger = individual(0, 0.5), individual(1, 0.52, field=(1.0, 0.0))
    neighbour = individual(2, 0.53, field=(1.0, 0.0), bounded=True)
    assert list(make_island(elite, challenger, neighbour)) == [elite, challenger]


def test_fields_of_other_probes_are_never_near():
    elites = individual(0, 0.5, field=(1.0, 0.0)), individual(1, 0.5, field=(1.0, 0.0, 0.0), bounded=True)
    assert make_island(*elites).elites == list(elites)


def test_nobody_is_kept_twice():
    first, second = individual(0, 0.5), individual(1, 0.52)
    island = make_island(first, second, crowding=0.0)
    for one in (first, second):
        island.enter(one, 1)
    assert list(island) == [first, second]


def test_a_challenger_takes_the_place_of_an_elite_that_is_dropped():
    elite, challenger, other = individual(0, 0.5), individual(1, 0.52), individual(2, 0.4, bounded=True)
    island = make_island(elite, challenger, other)
    island.drop(elite, 5)
    assert (island.elites, challengers(island)) == ([other, challenger], [])
    assert island.newer_than(4) == [challenger]
    island.drop(elite, 5)
    island.drop(challenger, 6)
    assert list(island) == [other]


def test_a_challenger_can_be_dropped():
    elite, challenger = individual(0, 0.5), individual(1, 0.52)
    island = make_island(elite, challenger)
    island.drop(challenger, 1)
    assert list(island) == [elite]


def test_the_best_is_the_fittest_elite():
    assert make_island().best is None
    proven = individual(1, 0.87, 4, bounded=True)
    assert make_island(individual(0, 0.9), proven).best is proven
