from __future__ import annotations

import itertools
import math
import random
from collections import Counter, deque
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from algorithms.programs import START, make, make_evaluation
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.algorithms import Islands, Wave
from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.cells import Island, cell_of
from alphaloss.config import IslandSettings, VariationSettings
from alphaloss.records import REPEAT, Failed, Program, Told, Variation
from alphaloss.scores import Scores

ONLY_MUTATE = VariationSettings(crossover=0.0, refine=0.0, random=0.0)


def make_scores(*scored: tuple[Program, float], seeds: int = 2) -> Scores:
    """Of programs on some seeds each; a reference on two tells that the noise is .1."""
    scores = Scores(maximize=True)
    scores.add(make_evaluation("reference", 0.5, 0.5 + 0.1 * math.sqrt(2)), reference=True)
    for (program, score), seed in itertools.product(scored, range(seeds)):
        scores.add(make_evaluation(program.key, score, first=seed))
    return scores


def make_islands(
    *scored: tuple[Program, float],
    variation: VariationSettings = ONLY_MUTATE,
    seeds: int = 2,
    seed: int = 0,
    lag: int = 1,
    **settings: object,
) -> Islands:
    scored = scored or ((START, 0.5),)
    start, scores = [program for program, _ in scored], make_scores(*scored, seeds=seeds)
    return Islands(IslandSettings(**settings), variation, start, scores, seed=seed, lag=lag, most_seeds=4)


def answer(program: Program, *scores: float | None, first: int = 0) -> Told:
    return Told(outcome=program, evaluation=make_evaluation(program.key, *scores, first=first))


def nothing(wave: Wave) -> list[Told]:
    return [Told(outcome=Failed(operator=v.operator, reason="test")) for v in wave]


def play(islands: Islands, *told: Told, idle: int = 0) -> None:
    """Tells answers in one wave, and nothing in some more."""
    if told:
        islands.tell(islands.ask(len(told)), told)
    for _ in range(idle):
        wave = islands.ask(1)
        islands.tell(wave, nothing(wave))


def elites(islands: Islands) -> list[set[str]]:
    return [{elite.key for elite in island.elites} for island in islands.islands]


# --- what holds in any search ----------------------------------------------------------------------------------------


def random_program(number: int, rng: np.random.Generator) -> Program:
    """One of few cells, and on one of few spots of the circle of gradient fields, some of them close to each other."""
    angle = rng.integers(6) * 1.0 + rng.integers(3) * 0.02
    return make(
        number,
        size=int(rng.choice([6, 12])),
        minimiser=float(rng.choice([0.3, 1.0])),
        bounded=bool(rng.integers(2)),
        field=(math.cos(angle), math.sin(angle)),
    )


class Game:
    """A search whose answers come from a random generator: failures, noisy scores, repeats that fail."""

    def __init__(self, islands: Islands, start: Program, seed: int, wave: int) -> None:
        self.islands = islands
        self.rng = np.random.default_rng(seed)
        self.wave = wave
        self.known = {start.key: start}
        self.asked: list[Variation] = []
        self.untold: deque[tuple[Wave, list[Told]]] = deque()

    def ask(self) -> Wave:
        wave = self.islands.ask(self.wave)
        self.untold.append((wave, [self._answer(variation) for variation in wave]))
        self.asked += wave
        return wave

    def tell(self) -> list[tuple[Variation, Told]]:
        wave, told = self.untold.popleft()
        self.islands.tell(wave, told)
        return list(zip(wave, told, strict=True))

    def _answer(self, variation: Variation) -> Told:
        if self.rng.random() < 0.2 and variation.operator != REPEAT:
            return Told(outcome=Failed(operator=variation.operator, reason="test"))
        if variation.operator == REPEAT:
            program = variation.parents[0]
        else:
            program = random_program(len(self.known), self.rng)
            self.known[program.key] = program
        fails = self.rng.random() < 0.1
        seed = int(self.rng.integers(10**9))
        return answer(program, None if fails else float(self.rng.normal(0.5, 0.2)), first=seed)


games = settings(max_examples=25, deadline=None)
setups = st.fixed_dictionaries(
    {
        "islands": st.integers(1, 3),
        "repeats": st.sampled_from([0.0, 0.25, 0.6]),
        "migration_interval": st.integers(1, 4),
        "migrants": st.integers(1, 3),
        "stagnation": st.sampled_from([2, 4, 100]),
        "lag": st.integers(0, 2),
    }
)
any_variation = VariationSettings(crossover=0.3, refine=0.2, random=0.1)


def games_of(setup: dict[str, object], seed: int, wave: int, rounds: int) -> Iterator[tuple[Game, Wave]]:
    """A game after every tell, with the wave that was asked before it; as many waves as allowed are untold."""
    start = make(0, field=(1.0, 0.0))
    game = Game(make_islands((start, 0.5), variation=any_variation, seed=seed, **setup), start, seed, wave)
    for _ in range(game.islands.lag):
        game.ask()
    for _ in range(rounds):
        yield game, game.ask()


@games
@given(setups, st.integers(0, 10**6), st.integers(1, 6))
def test_what_is_asked_for_is_possible(setup: dict[str, object], seed: int, wave_size: int):
    for game, wave in games_of(setup, seed, wave_size, rounds=12):
        members = {member.key for island in game.islands.islands for member in island}
        repeated = [v.parents[0].key for v in wave if v.operator == REPEAT]
        elsewhere = [
            v.parents[0].key for other, _ in game.untold if other is not wave for v in other if v.operator == REPEAT
        ]
        assert len(wave) == wave_size
        assert {p.key for v in wave for p in v.parents} <= members
        assert len(set(repeated)) == len(repeated)
        assert not set(repeated) & set(elsewhere)
        assert all(game.islands.scores.get(key).seeds < 4 for key in repeated)
        for variation in wave:
            expected = {"random": 0, "crossover": 2}.get(variation.operator, 1)
            assert len({p.key for p in variation.parents}) == expected
        share = sum(v.operator == REPEAT for v in game.asked) / len(game.asked)
        assert share <= setup["repeats"]
        game.tell()


@games
@given(setups, st.integers(0, 10**6), st.integers(1, 6))
def test_who_is_kept_deserves_it(setup: dict[str, object], seed: int, wave_size: int):
    for game, _ in games_of(setup, seed, wave_size, rounds=12):
        before = [_contents(island) for island in game.islands.islands]
        members_before = [set(island) for island in game.islands.islands]
        islands_before = list(game.islands.islands)
        answers = game.tell()
        for number, island in enumerate(game.islands.islands):
            _check_places(game, island)
            if island is islands_before[number]:  # it did not start anew
                _check_losses(game, before[number], _contents(island))
                newcomers = {
                    a.outcome.key
                    for v, a in answers
                    if v.island == number and v.operator != REPEAT and isinstance(a.outcome, Program)
                }
                _check_newcomers(game, island, newcomers, members_before[number])
                _check_neighbours(island, members_before[number])


@games
@given(setups, st.integers(0, 10**6), st.integers(1, 6))
def test_the_hall_of_fame_never_loses_the_best(setup: dict[str, object], seed: int, wave_size: int):
    told = {make(0).key}
    for game, _ in games_of(setup, seed, wave_size, rounds=10):
        told |= {a.outcome.key for _, a in game.tell() if isinstance(a.outcome, Program)}
        scores = {key: game.islands.scores.get(key) for key in told}
        standing = sorted((score.cautious for score in scores.values() if score is not None), reverse=True)
        assert [scores[program.key].cautious for program in game.islands.best(64)] == standing[:64]


@pytest.mark.parametrize("lag", [0, 2])
def test_the_same_seed_and_answers_give_the_same_search_and_python_s_random_numbers_are_left_alone(lag: int):
    def asked(seed: int) -> list[tuple[str, tuple[str, ...], int]]:
        setup = {"islands": 2, "stagnation": 3, "migration_interval": 2, "lag": lag}
        for game, _ in games_of(setup, seed, 4, rounds=15):
            game.tell()
        return [(v.operator, tuple(p.key for p in v.parents), v.island) for v in game.asked]

    first = asked(1)
    random.seed(5)
    state = random.getstate()
    assert asked(1) == first
    assert random.getstate() == state
    assert asked(2) != first


def _contents(island: Island) -> dict[object, Individual]:
    return {cell_of(elite.program): elite for elite in island.elites}


def _check_places(game: Game, island: Island) -> None:
    """Everybody is in the own cell, has a score, and is nowhere else."""
    members = list(island)
    assert len({member.key for member in members}) == len(members)
    assert len(_contents(island)) == len(island.elites)
    for cell, contest in island.contests.items():
        assert cell_of(contest.challenger.program) == cell
        assert cell in _contents(island)
    for member in members:
        assert member.score == game.islands.scores.get(member.key)


def _check_losses(game: Game, before: dict[object, Individual], after: dict[object, Individual]) -> None:
    """An elite is lost to a better one only, or because it failed."""
    for cell, elite in before.items():
        if game.islands.scores.get(elite.key) is not None:
            assert after[cell] is elite or after[cell].fitness > elite.fitness


def _check_newcomers(game: Game, island: Island, newcomers: set[str], before: set[Individual]) -> None:
    """Who is clearly better than all of its cell and all of its neighbours is kept."""
    members = {member.key for member in island}
    others = {member.key for member in before} | members | newcomers
    scores = {key: score for key in others if (score := game.islands.scores.get(key)) is not None}
    for key in newcomers & set(scores) - members:
        program = game.known[key]
        around = [game.known[other] for other in scores if other != key]
        rivals = [p for p in around if cell_of(p) == cell_of(program) or _near(p, program)]
        assert any(not scores[key].clearly_above(scores[rival.key]) for rival in rivals)


def _check_neighbours(island: Island, before: set[Individual]) -> None:
    """Of two that are near each other, one was there first and the other is clearly better."""
    for one, other in itertools.combinations(island, 2):
        if _near(one.program, other.program) and not {one, other} <= before:
            pairs = [(a, b) for a, b in ((one, other), (other, one)) if a not in before]
            assert any(a.score.clearly_above(b.score) for a, b in pairs)


def _near(a: Program, b: Program) -> bool:
    fields = np.array([a.gradient_field, b.gradient_field])
    return float(fields[0] @ fields[1]) > 1.0 - 1e-3


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
