"""The algorithms that others are compared with, and how any is made from settings."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from algorithms.programs import START, make, make_evaluation
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.algorithms import (
    Algorithm,
    BestOfN,
    Generational,
    Islands,
    Ngl,
    RandomSearch,
    Regularized,
    SampleTournament,
    Tournament,
    make_algorithm,
)
from alphaloss.config import Settings, TournamentSettings, VariationSettings, load_settings
from alphaloss.errors import UsageError
from alphaloss.records import REPEAT, Program, Told, Variation
from alphaloss.scores import Scores

PROGRAMS = [make(number) for number in range(30)]
ONLY_MUTATE = VariationSettings(crossover=0.0, refine=0.0, random=0.0)


def make_scores(*scored: tuple[Program, float | None], maximize: bool = True) -> Scores:
    scores = Scores(maximize=maximize)
    for program, score in scored:
        scores.add(make_evaluation(program.key, score))
    return scores


def make_tournament(*scored: tuple[Program, float], maximize: bool = True, **settings: int) -> Tournament:
    scored = scored or ((START, 0.5),)
    scores = make_scores(*scored, maximize=maximize)
    return Tournament(TournamentSettings(**settings), ONLY_MUTATE, [p for p, _ in scored], scores, seed=0)


def play(algorithm: Algorithm, scores: list[float | None], wave: int = 4) -> None:
    told = [
        Told(outcome=program, evaluation=make_evaluation(program.key, score))
        for program, score in zip(PROGRAMS, scores, strict=False)
    ]
    for first in range(0, len(told), wave):
        part = told[first : first + wave]
        algorithm.tell(algorithm.ask(len(part)), part)


def kept(tournament: Tournament) -> list[str]:
    return [member.key for member in tournament.population]


@given(st.lists(st.none() | st.floats(0, 1), max_size=20), st.integers(2, 5), st.booleans())
def test_the_best_of_old_and_new_survive(scores: list[float | None], population: int, maximize: bool):
    tournament = make_tournament(population=population, maximize=maximize)
    play(tournament, scores, wave=1)
    everyone = [(0.5, START.key), *((s, p.key) for p, s in zip(PROGRAMS, scores, strict=False) if s is not None)]
    survivors = sorted(everyone, key=lambda pair: pair[0], reverse=maximize)[:population]
    by_key = {key: score for score, key in everyone}
    assert [by_key[key] for key in kept(tournament)] == [score for score, _ in survivors]
    assert len(set(kept(tournament))) == len(kept(tournament))


def test_a_program_that_is_told_again_is_a_member_once():
    tournament = make_tournament()
    play(tournament, [0.7])
    play(tournament, [0.7])
    assert kept(tournament) == [PROGRAMS[0].key, START.key]


def test_the_tournament_prefers_the_better():
    start = [(make(number), 0.4 - 0.1 * number) for number in range(4)]
    wave = make_tournament(*start, tournament=3).ask(2000)
    drawn = Counter(variation.parents[0].key for variation in wave)
    # The best of 3 draws from 4 with replacement: ranks 1 to 4 win 37, 19, 7 and 1 of 64 tournaments.
    assert [drawn[p.key] / 2000 for p, _ in start] == pytest.approx([37 / 64, 19 / 64, 7 / 64, 1 / 64], abs=0.04)


def test_best_of_n_only_mutates_what_it_began_with_and_remembers_the_best():
    scores = make_scores((START, 0.5), (PROGRAMS[20], 0.1), (PROGRAMS[21], None))
    search = BestOfN([START, PROGRAMS[20], PROGRAMS[21]], scores, seed=0)
    play(search, [0.9, None, 0.7, 0.3])
    wave = search.ask(1000)
    assert {variation.operator for variation in wave} == {"mutate"}
    drawn = Counter(variation.parents[0].key for variation in wave)
    assert {key: n / 1000 for key, n in drawn.items()} == pytest.approx(
        {START.key: 0.5, PROGRAMS[20].key: 0.5}, abs=0.05
    )
    assert [p.key for p in search.best(3)] == [PROGRAMS[0].key, PROGRAMS[2].key, START.key]


def test_random_search_asks_for_new_losses_only_and_remembers_the_best():
    search = RandomSearch([START], make_scores((START, 0.5)), seed=0)
    play(search, [0.9, None, 0.7, 0.3])
    assert set(search.ask(20)) == {Variation(operator="random")}
    assert [p.key for p in search.best(3)] == [PROGRAMS[0].key, PROGRAMS[2].key, START.key]


BY_NAME = {
    "best-of-n": BestOfN,
    "generational": Generational,
    "islands": Islands,
    "ngl": Ngl,
    "random": RandomSearch,
    "regularized": Regularized,
    "sample-tournament": SampleTournament,
    "tournament": Tournament,
}


@pytest.mark.parametrize("name", get_args(Settings.model_fields["algorithm"].annotation))
def test_the_settings_name_the_algorithm(name: str):
    settings = load_settings(overrides=["seed=3", "search.lag=0", f"algorithm={name}"])
    made = make_algorithm(settings, [START], make_scores((START, 0.5)))
    assert (type(made), made.lag) == (BY_NAME[name], 0)
    again = make_algorithm(settings, [START], make_scores((START, 0.5)))
    assert made.ask(20) == again.ask(20)
    with pytest.raises(ValueError, match="None of the 1 start programs has a score"):
        make_algorithm(settings, [START], make_scores((START, None)))


@pytest.mark.parametrize(("override", "repeats"), [("islands.repeats=0.25", 1), ("search.most_seeds=1", 0)])
def test_a_start_loss_on_one_seed_is_repeated_if_the_settings_allow_it(override: str, repeats: int):
    algorithm = make_algorithm(load_settings(overrides=[override]), [START], make_scores((START, 0.5)))
    assert sum(variation.operator == REPEAT for variation in algorithm.ask(20)) == repeats


@pytest.mark.parametrize(
    ("override", "given"),
    [
        ("variation.crossover=0.9", "crossover 0.9, refine 0.1, random 0.05"),
        ("islands.explore=0.6", "exploit 0.75, explore 0.6"),
    ],
)
def test_shares_of_a_whole_are_not_more_than_one(override: str, given: str):
    with pytest.raises(UsageError, match=f"these shares add up to more than 1: {given}"):
        load_settings(overrides=[override])
