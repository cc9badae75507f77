"""Islands: parents, repeats, migration and new starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from algorithms.archipelago import answer, elites, make_islands, nothing, play
from algorithms.programs import START, make

from alphaloss.algorithms import Wave
from alphaloss.config import VariationSettings
from alphaloss.records import REPEAT, Program

# --- parents ---------------------------------------------------------------------------------------------------------


def in_cells(*scores: float, first: int = 0) -> list[tuple[Program, float]]:
    """Programs in different cells."""
    shapes = [{"size": size, "bounded": bounded} for size in (6, 12, 20) for bounded in (False, True)]
    return [(make(first + i, **shapes[i]), score) for i, score in enumerate(scores)]


def shares(wave: Wave, start: Sequence[tuple[Program, float]]) -> list[float]:
    drawn = Counter(variation.parents[0].key for variation in wave)
    return [drawn[program.key] / len(wave) for program, _ in start]


def test_exploiting_prefers_the_better():
    start = in_cells(0.4, 0.3, 0.2, 0.1)
    islands = make_islands(*start, islands=1, tournament=3, exploit=1.0, explore=0.0, repeats=0.0)
    # The best of 3 draws from 4 with replacement: ranks 1 to 4 win 37, 19, 7 and 1 of 64 tournaments.
    assert shares(islands.ask(2000), start) == pytest.approx([37 / 64, 19 / 64, 7 / 64, 1 / 64], abs=0.04)


def test_exploring_draws_from_all_cells_with_little_pressure():
    start = in_cells(0.4, 0.3, 0.2, 0.1)
    islands = make_islands(*start, islands=1, exploit=0.0, explore=1.0, repeats=0.0)
    # The better of 2 draws from 4 with replacement: ranks 1 to 4 win 7, 5, 3 and 1 of 16.
    assert shares(islands.ask(2000), start) == pytest.approx([7 / 16, 5 / 16, 3 / 16, 1 / 16], abs=0.04)


def test_the_rest_draws_from_those_who_entered_lately():
    old, new = in_cells(0.4, 0.3), in_cells(0.0, 0.0, 0.1, 0.2)[2:]
    islands = make_islands(*old, islands=1, exploit=0.0, explore=0.0, recent=3, repeats=0.0, stagnation=100)
    play(islands, *(answer(program, score) for program, score in new), idle=2)
    assert shares(islands.ask(2000), old + new) == pytest.approx([0, 0, 0.25, 0.75], abs=0.04)
    islands.tell(islands._untold[0], nothing(islands._untold[0]))
    assert shares(islands.ask(2000), old + new)[0] > 0.5  # nobody is recent: a tournament


def test_the_shares_of_the_operators_are_as_set_and_each_has_its_parents():
    variation = VariationSettings(crossover=0.3, refine=0.2, random=0.1)
    wave = make_islands(*in_cells(0.1, 0.2, 0.3), variation=variation, islands=1, repeats=0.0).ask(2000)
    found = Counter(v.operator for v in wave)
    expected = {"crossover": 0.3, "refine": 0.2, "random": 0.1, "mutate": 0.4}
    assert {operator: found[operator] / 2000 for operator in expected} == pytest.approx(expected, abs=0.04)
    parents = {"crossover": 2, "random": 0, "refine": 1, "mutate": 1}
    assert all(len({p.key for p in v.parents}) == parents[v.operator] for v in wave)


def test_refining_takes_the_better_and_needs_constants():
    variation = VariationSettings(crossover=0.0, refine=1.0, random=0.0)
    start = [(START, 0.9), *in_cells(0.8, 0.1)[1:]]  # cross-entropy has no constants
    islands = make_islands(*start, variation=variation, islands=1, exploit=0.0, explore=1.0, repeats=0.0, tournament=2)
    wave = islands.ask(1000)
    assert {v.operator for v in wave if v.parents == (START,)} == {"mutate"}
    assert {v.operator for v in wave if v.parents != (START,)} == {"refine"}
    assert shares(wave, start)[0] == pytest.approx(3 / 4, abs=0.05)


def test_a_single_member_is_mutated_because_it_has_nobody_to_cross_with():
    islands = make_islands(variation=VariationSettings(crossover=1.0, refine=0.0, random=0.0), repeats=0.0)
    assert {variation.operator for variation in islands.ask(10)} == {"mutate"}


def test_the_islands_take_turns_over_waves_of_any_size():
    islands = make_islands(islands=3, repeats=0.0)
    found = []
    for size in (2, 2, 5):
        wave = islands.ask(size)
        found += [variation.island for variation in wave]
        islands.tell(wave, nothing(wave))
    assert found == [0, 1, 2, 0, 1, 2, 0, 1, 2]


# --- repeats ---------------------------------------------------------------------------------------------------------


def test_who_leads_on_one_seed_is_trained_again():
    islands = make_islands(islands=1)
    leader, other = in_cells(0.9, 0.7)
    play(islands, answer(*leader), answer(*other))
    wave = islands.ask(4)
    assert [(v.operator, v.parents) for v in wave if v.operator == REPEAT] == [(REPEAT, (leader[0],))]
    islands.tell(wave, [answer(leader[0], 0.3, first=1), *nothing(wave[1:])])
    assert islands.best(1) == [other[0]]
    assert islands.ask(4)[0].parents == (other[0],)  # which leads on one seed now


def test_small_waves_have_their_share_of_repeats():
    islands = make_islands(islands=1, lag=0, repeats=0.25, seeds=1)
    found = []
    for seed in range(1, 9):
        wave = islands.ask(1)
        found.append(wave[0].operator)
        repeated = wave[0].operator == REPEAT
        islands.tell(wave, [answer(START, 0.5, first=seed)] if repeated else [answer(make(seed, bounded=True), 0.49)])
    assert found == ["mutate", "mutate", "mutate", "repeat"] * 2


def test_whoever_of_a_contest_has_fewer_seeds_is_trained_until_both_have_all():
    islands = make_islands(islands=1, repeats=0.5, lag=0, stagnation=100)
    elite, challenger = make(0, bounded=True), make(1, bounded=True)
    play(islands, answer(elite, 0.8, 1.0), answer(challenger, 0.92))
    found = []
    for seed, score in enumerate([0.8, 1.0, 0.85, 0.95, 0.9, 0.9], 2):
        wave = islands.ask(2)
        repeats = [v.parents[0] for v in wave if v.operator == REPEAT]
        found += [[program.id for program in repeats]]
        told = [answer(program, score, first=seed) for program in repeats]
        islands.tell(wave, told + nothing(wave[len(repeats) :]))
    assert found == [[challenger.id], [challenger.id], [elite.id], [challenger.id], [elite.id], []]
    assert elites(islands) == [{START.key, challenger.key}]  # .9175 against .8875, on four seeds each
    assert islands.logbook.select("contests")[-6:] == [1, 1, 1, 1, 0, 0]


def test_a_repeat_that_fails_costs_the_elite_its_cell():
    islands = make_islands(islands=2)
    play(islands, answer(make(0, bounded=True), 0.9))
    wave = islands.ask(4)
    assert wave[0].operator == REPEAT
    islands.tell(wave, [answer(make(0, bounded=True), None, first=1), *nothing(wave[1:])])
    assert elites(islands) == [{START.key}, {START.key}]
    assert islands.best(3) == [START]


def test_a_search_goes_on_when_its_only_program_fails():
    islands = make_islands(islands=2, seeds=1)
    wave = islands.ask(4)
    assert wave[0].operator == REPEAT
    islands.tell(wave, [answer(START, None, first=1), *nothing(wave[1:])])
    assert elites(islands) == [set(), set()]
    wave = islands.ask(4)
    assert {v.operator for v in wave} == {"random"}
    new = make(0)
    islands.tell(wave, [answer(new, 0.4), *nothing(wave[1:])])
    assert elites(islands) == [{new.key}, {new.key}]  # the second begins anew with the first one's


# --- migration and new starts ----------------------------------------------------------------------------------------


def test_migration_spreads_the_best_around_the_ring_every_few_waves():
    islands = make_islands(islands=3, migration_interval=2, repeats=0.0)
    new, found = make(0, bounded=True), []
    for number in range(6):
        wave = islands.ask(3)
        islands.tell(wave, [answer(new, 0.9), *nothing(wave[1:])] if number == 0 else nothing(wave))
        found.append([new.key in keys for keys in elites(islands)])
    one, two, three = [True, False, False], [True, True, False], [True, True, True]
    assert found == [one, two, two, three, three, three]


def test_migrants_enter_like_newcomers():
    islands = make_islands(islands=2, migration_interval=2, repeats=0.0)
    better, worse = make(0, bounded=True), make(1, bounded=True)
    play(islands, answer(better, 0.9), answer(worse, 0.6), idle=1)
    assert elites(islands) == [{START.key, better.key}, {START.key, better.key}]


def test_an_island_whose_best_is_old_starts_anew_with_an_elite_of_the_best_island():
    islands = make_islands(islands=2, migration_interval=100, stagnation=3, repeats=0.0, tournament=20)
    best, other = make(0, bounded=True), make(1, size=12)
    play(islands, answer(best, 0.9), answer(other, 0.8), idle=2)
    assert elites(islands) == [{START.key, best.key}, {START.key, other.key}]
    play(islands, idle=1)
    assert elites(islands) == [{START.key, best.key}, {START.key, best.key}]
    assert islands.logbook[-1]["restarts"] == 1
    assert islands.best(3) == [best, other, START]


def test_a_new_best_keeps_an_island_going():
    islands = make_islands(islands=2, migration_interval=100, stagnation=3, repeats=0.0)
    first, second, best = make(0, bounded=True), make(1, size=12), make(2, bounded=True)
    play(islands, answer(best, 0.99), answer(first, 0.7), idle=2)
    wave = islands.ask(2)
    islands.tell(
        wave, [answer(second, 0.9) if v.island == 1 else told for v, told in zip(wave, nothing(wave), strict=True)]
    )
    play(islands, idle=2)
    assert islands.logbook[-1]["restarts"] == 0
    assert second.key in elites(islands)[1]


def test_the_logbook_counts_cells_contests_and_new_starts():
    islands = make_islands(islands=1)
    play(islands, answer(make(0, bounded=True), 0.9), answer(make(1, bounded=True), 0.92))
    entry = islands.logbook[-1]
    assert (entry["members"], entry["cells"], entry["contests"], entry["restarts"]) == (3, 2, 1, 0)
    assert entry["best"] == 0.92
    assert entry["mean"] == pytest.approx((0.5 + 0.9 + 0.92) / 3)
