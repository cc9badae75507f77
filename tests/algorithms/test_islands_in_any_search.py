"""What holds on islands in any search."""

from __future__ import annotations

import itertools
import math
import random
from collections import deque
from collections.abc import Iterator

import numpy as np
import pytest
from algorithms.archipelago import answer, make_islands
from algorithms.programs import make
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.algorithms import Islands, Wave
from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.cells import Island, cell_of
from alphaloss.config import VariationSettings
from alphaloss.records import REPEAT, Failed, Program, Told, Variation


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
