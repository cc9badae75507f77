from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from factories import make_program, make_programs, make_scored, make_told
from hypothesis import given, settings
from hypothesis import strategies as st
from losses.graphs import cross_entropy

from alphaloss.algorithms import Islands, Wave
from alphaloss.config import IslandSettings
from alphaloss.records import Candidate, Code, Duplicate, Failed, Program, Rejection, Scored, Told

START = make_program(cross_entropy())
PROGRAMS = make_programs(60)


def make_islands(start_score: float = 0.5, *, maximize: bool = True, seed: int = 0, **settings: object) -> Islands:
    start = [Scored(program=START, score=start_score)]
    return Islands(IslandSettings(**settings), start, maximize=maximize, seed=seed)


def play(islands: Islands, scores: list[float | None], wave_size: int = 4) -> dict[str, float]:
    """Tells one program after the other; returns the scores by key."""
    told = [make_told(p, s) for p, s in zip(PROGRAMS, scores, strict=False)]
    for first in range(0, len(told), wave_size):
        part = told[first : first + wave_size]
        islands.tell(islands.ask(len(part)), part)
    return {t.outcome.key: t.score for t in told if t.score is not None}


def members(islands: Islands) -> list[list[Program]]:
    return [[individual.program for individual in island] for island in islands.islands]


def failures(wave: Wave) -> list[Told]:
    return [Told(outcome=Failed(operator=v.operator, reason="test")) for v in wave]


scores = st.lists(st.none() | st.floats(0, 1), max_size=30)


@settings(deadline=None)
@given(scores, st.integers(1, 3), st.integers(2, 5), st.integers(1, 3), st.booleans())
def test_islands_stay_within_bounds_and_keep_their_promises(scores, count, population, migrants, maximize):
    islands = make_islands(
        maximize=maximize, islands=count, population=population, migrants=migrants, migration_interval=2
    )
    by_key = play(islands, scores) | {START.key: 0.5}
    for island in members(islands):
        keys = [program.key for program in island]
        assert 1 <= len(keys) <= population
        assert len(set(keys)) == len(keys)
        assert set(keys) <= set(by_key)
    best = max(by_key.values()) if maximize else min(by_key.values())
    assert by_key[islands.best(1)[0].key] == best
    assert best in {by_key[p.key] for island in members(islands) for p in island}


def test_every_island_begins_with_the_start_losses_that_have_a_score():
    start = make_scored(0.5, None, 0.7)
    islands = Islands(IslandSettings(islands=3), start, maximize=True, seed=0)
    assert members(islands) == [[start[0].program, start[2].program]] * 3
    assert islands.best(5) == [start[2].program, start[0].program]


def test_the_islands_take_turns_over_waves_of_any_size():
    islands = make_islands(islands=3)
    found = []
    for size in (2, 2, 5):
        wave = islands.ask(size)
        found += [variation.island for variation in wave]
        islands.tell(wave, failures(wave))
    assert found == [0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_a_program_joins_the_island_that_asked_for_it():
    islands = make_islands(islands=2)
    islands.tell(islands.ask(2), [make_told(PROGRAMS[0], 0.6), make_told(PROGRAMS[1], 0.7)])
    assert members(islands) == [[PROGRAMS[0], START], [PROGRAMS[1], START]]


@pytest.mark.parametrize(("maximize", "kept"), [(True, [3, 2]), (False, [0, 1])])
def test_the_best_of_old_and_new_members_survive(maximize: bool, kept: list[int]):
    islands = make_islands(0.5, maximize=maximize, islands=1, population=2)
    play(islands, [0.1, 0.2, 0.8, 0.9])
    assert members(islands) == [[PROGRAMS[i] for i in kept]]


def test_what_failed_or_has_no_score_never_enters():
    islands = make_islands(islands=1)
    candidate = Candidate(source="", operator="test")
    told = [
        Told(outcome=Failed(operator="mutate", reason="test")),
        Told(outcome=Rejection(candidate=candidate, code=Code.TRACE, message="test")),
        Told(outcome=Duplicate(candidate=candidate, of=START.key)),
        make_told(PROGRAMS[0], None),
    ]
    islands.tell(islands.ask(4), told)
    assert members(islands) == [[START]]
    assert islands.best(5) == [START]


def parents_of(islands: Islands, count: int) -> Counter[str]:
    return Counter(variation.parents[0].key for variation in islands.ask(count))


@pytest.mark.parametrize(("maximize", "order"), [(True, [3, 2, 1, 0]), (False, [0, 1, 2, 3])])
def test_the_tournament_prefers_the_better(maximize: bool, order: list[int]):
    start = make_scored(0.1, 0.2, 0.3, 0.4)
    settings = IslandSettings(islands=1, tournament=3, crossover=0, random=0)
    drawn = parents_of(Islands(settings, start, maximize=maximize, seed=0), 2000)
    # The best of 3 draws from 4 with replacement: ranks 1 to 4 win 37, 19, 7 and 1 of 64 tournaments.
    shares = [drawn[start[i].program.key] / 2000 for i in order]
    assert shares == pytest.approx([37 / 64, 19 / 64, 7 / 64, 1 / 64], abs=0.04)


def test_a_tournament_of_one_draws_everybody_alike():
    start = make_scored(0.1, 0.2, 0.3, 0.4)
    settings = IslandSettings(islands=1, tournament=1, crossover=0, random=0)
    drawn = parents_of(Islands(settings, start, maximize=True, seed=0), 2000)
    assert [drawn[s.program.key] / 2000 for s in start] == pytest.approx([0.25] * 4, abs=0.04)


def test_the_shares_of_the_operators_are_as_set_and_each_has_its_parents():
    settings = IslandSettings(islands=1, crossover=0.3, random=0.1)
    wave = Islands(settings, make_scored(0.1, 0.2, 0.3), maximize=True, seed=0).ask(2000)
    shares = Counter(variation.operator for variation in wave)
    assert [shares[o] / 2000 for o in ("crossover", "mutate", "random")] == pytest.approx([0.3, 0.6, 0.1], abs=0.04)
    parents: Mapping[str, int] = {"crossover": 2, "mutate": 1, "random": 0}
    for variation in wave:
        assert len({p.key for p in variation.parents}) == parents[variation.operator]


def test_a_single_member_is_mutated_because_it_has_nobody_to_cross_with():
    islands = make_islands(crossover=1.0, random=0.0)
    assert {variation.operator for variation in islands.ask(10)} == {"mutate"}


def test_migration_spreads_the_best_around_the_ring_every_few_waves():
    islands = make_islands(islands=3, population=4, migration_interval=2)
    found = []
    for number in range(6):
        wave = islands.ask(3)
        told = failures(wave)
        if number == 0:
            told[0] = make_told(PROGRAMS[0], 0.9)
        islands.tell(wave, told)
        found.append([PROGRAMS[0] in island for island in members(islands)])
    one, two, three = [True, False, False], [True, True, False], [True, True, True]
    assert found == [one, two, two, three, three, three]


def test_one_island_has_nowhere_to_migrate_to():
    islands = make_islands(islands=1, migration_interval=1)
    play(islands, [0.6, 0.7])
    assert members(islands) == [[PROGRAMS[1], PROGRAMS[0], START]]


def test_islands_of_different_sizes_can_exchange_members():
    islands = make_islands(islands=2, migrants=3, migration_interval=2)
    for scores in ([0.9, None, 0.8, None], [None] * 4):
        wave = islands.ask(4)
        islands.tell(wave, [make_told(p, s) for p, s in zip(PROGRAMS, scores, strict=False)])
    assert PROGRAMS[0] in members(islands)[1]
    assert PROGRAMS[0] in members(islands)[0]


def test_the_logbook_has_a_record_for_every_told_wave():
    islands = make_islands(islands=1)
    play(islands, [0.6, None, 0.8, 0.7], wave_size=2)
    assert islands.logbook.select("wave") == [1, 2]
    assert islands.logbook.select("best") == [0.6, 0.8]
    assert islands.logbook.select("members") == [2, 4]
    assert islands.logbook.select("mean") == pytest.approx([0.55, 0.65])


def test_the_best_in_the_logbook_is_the_smallest_when_small_is_good():
    islands = make_islands(maximize=False, islands=1)
    play(islands, [0.6, 0.2])
    assert islands.logbook.select("best") == [0.2]


def test_the_same_seed_asks_for_the_same_variations():
    def waves(seed: int) -> list[Wave]:
        islands, found = make_islands(seed=seed, crossover=0.5, random=0.2), []
        for first in range(0, 12, 4):
            found.append(islands.ask(4))
            told = [make_told(p, 0.01 * (first + i)) for i, p in enumerate(PROGRAMS[first : first + 4])]
            islands.tell(found[-1], told)
        return found

    assert waves(1) == waves(1)
    assert waves(1) != waves(2)
