"""Ways to select and to replace, against their closed forms."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from algorithms.programs import make, make_evaluation
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.replacements import diversity, replacement
from alphaloss.algorithms.selections import selection
from alphaloss.config import GenerationalSettings
from alphaloss.records import Evaluation
from alphaloss.scores import Scores

DRAWS = 4000


@pytest.fixture(autouse=True)
def deap_random() -> Iterator[None]:
    """DEAP draws from Python's generator; an algorithm seeds it."""
    state = random.getstate()
    random.seed(0)
    yield
    random.setstate(state)


def make_individuals(
    *seeds: Sequence[float], sizes: Sequence[int] = (), fields: Sequence[Sequence[float]] = (), maximize: bool = True
) -> tuple[list[Individual], Scores]:
    """Individuals by their scores on each seed."""
    scores = Scores(maximize=maximize)
    programs = [
        make(number, size=sizes[number] if sizes else 6, field=tuple(fields[number]) if fields else None)
        for number in range(len(seeds))
    ]
    for program, row in zip(programs, seeds, strict=True):
        scores.add(make_evaluation(program.key, *row), reference=True)
    return [Individual(program, scores.get(program.key)) for program in programs], scores


def shares(individuals: list[Individual], scores: Scores, generation: int = 0, **options: object) -> list[float]:
    """How often each is selected."""
    select = selection(GenerationalSettings(**options), scores, generation)
    drawn = Counter(individual.key for individual in select(individuals, DRAWS))
    assert drawn.total() == DRAWS
    return [drawn[individual.key] / DRAWS for individual in individuals]


def close(expected: Sequence[float]) -> object:
    """Four standard deviations of a share of 4,000 draws are .032 at most."""
    return pytest.approx(expected, abs=0.032)


# Selections


def test_tournament():
    individuals, scores = make_individuals([0.1], [0.4], [0.3], [0.2])
    # The best of 3 draws from 4: ranks 1 to 4 win 37, 19, 7 and 1 of 64.
    assert shares(individuals, scores, selection="tournament") == close([1 / 64, 37 / 64, 19 / 64, 7 / 64])


@pytest.mark.parametrize(
    ("pressure", "expected"),
    [(1.0, [0.25] * 4), (1.5, [1.5 / 4, 7 / 24, 5 / 24, 0.5 / 4]), (2.0, [0.5, 1 / 3, 1 / 6, 0.0])],
)
def test_rank(pressure: float, expected: list[float]):
    """Baker 1985: p_i = (s - (2s - 2) i / (n - 1)) / n; how far apart the scores are does not matter."""
    individuals, scores = make_individuals([100.0], [0.3], [0.2], [-5.0])
    assert shares(individuals, scores, selection="rank", pressure=pressure) == close(expected)


@pytest.mark.parametrize("generation", [0, 3])
@pytest.mark.parametrize("maximize", [True, False])
def test_boltzmann(generation: int, maximize: bool):
    """p_i ~ exp(score_i / T) with T in standard deviations, .5 times as high in each generation as before."""
    values = np.array([0.5, 0.6, 0.9, 0.4])
    individuals, scores = make_individuals(*values.reshape(-1, 1).tolist(), maximize=maximize)
    oriented = values if maximize else -values
    weights = np.exp(oriented / oriented.std() / (4.0 * 0.5**generation))
    options = {"selection": "boltzmann", "temperature": 4.0, "cooling": 0.5}
    assert shares(individuals, scores, generation, **options) == close(list(weights / weights.sum()))


def test_boltzmann_selects_the_best_only_when_it_is_cold():
    individuals, scores = make_individuals([0.5], [0.6], [0.9])
    assert shares(individuals, scores, 5000, selection="boltzmann", cooling=0.5) == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("name", ["rank", "boltzmann", "lexicase", "epsilon-lexicase", "nsga2"])
def test_equals_and_the_last_one_left_are_selected(name: str):
    individuals, scores = make_individuals([0.5])
    assert shares(individuals, scores, selection=name) == [1.0]
    alike, scores = make_individuals([0.5, 0.5], [0.5, 0.5])
    assert min(shares(alike, scores, selection=name)) >= 0.2


def test_lexicase_keeps_specialists():
    """Cases come in a random order: the second wins where its only strong case is first, the first otherwise."""
    individuals, scores = make_individuals([0.6, 0.6, 0.6], [0.9, 0.1, 0.1], [0.5, 0.5, 0.5])
    assert shares(individuals, scores, selection="lexicase") == close([2 / 3, 1 / 3, 0.0])


def test_epsilon_lexicase_lets_chance_pass():
    """The first two differ by less than the median distance from the median, so that the other case decides."""
    individuals, scores = make_individuals([0.90, 0.2], [0.89, 0.8], [0.1, 0.1], [0.5, 0.3])
    assert shares(individuals, scores, selection="epsilon-lexicase") == [0.0, 1.0, 0.0, 0.0]
    assert shares(individuals, scores, selection="lexicase") == close([0.5, 0.5, 0.0, 0.0])


def suite(key: str, **differences: float) -> Evaluation:
    """An evaluation on several tasks, whose score is the mean difference."""
    evaluation = make_evaluation(key, sum(differences.values()) / len(differences))
    metrics = {f"{task} difference": value for task, value in differences.items()} | {"cifar accuracy": 0.5}
    [training] = evaluation.trainings
    return evaluation.model_copy(update={"trainings": (training.model_copy(update={"metrics": metrics}),)})


def test_the_cases_of_a_suite_are_its_tasks():
    scores = Scores(maximize=True)
    programs = [make(number) for number in range(3)]
    for program, one, other in zip(programs, (0.1, 0.3, 0.0), (0.1, -0.4, 0.05), strict=True):
        scores.add(suite(program.key, cifar=one, digits=other))
    individuals = [Individual(program, scores.get(program.key)) for program in programs]
    assert shares(individuals, scores, selection="lexicase") == close([0.5, 0.5, 0.0])
    assert scores.cases(programs[1].key) == {"cifar difference": 0.3, "digits difference": -0.4}


def test_cases_that_not_all_have_are_left_out():
    individuals, scores = make_individuals([0.5, 0.9, 0.9], [0.6])
    assert shares(individuals, scores, selection="lexicase") == [0.0, 1.0]


def test_a_program_without_a_score_has_no_cases():
    scores = Scores(maximize=True)
    scores.add(make_evaluation("failed", 0.5, None))
    assert scores.cases("failed") == scores.cases("unknown") == {}


def test_nsga2_prefers_the_front_and_then_the_lonely():
    """Score and size: the last is dominated; of the front the two ends are infinitely lonely, the first lies between.
    Of two draws the better rank wins: of four the first 7 times in 16, the others 5, 3 and 1 times."""
    individuals, scores = make_individuals([0.8], [0.9], [0.5], [0.4], sizes=(10, 20, 5, 12))
    found = shares(individuals, scores, selection="nsga2")
    assert [found[1] + found[2], found[0], found[3]] == close([12 / 16, 3 / 16, 1 / 16])


def test_of_equals_nsga2_prefers_nobody():
    alike, scores = make_individuals([0.5], [0.5])
    assert shares(alike, scores, selection="nsga2") == close([0.5, 0.5])


@pytest.mark.parametrize(("selection", "expected"), [("boltzmann", [0.0, 1.0]), ("nsga2", [1 / 4, 3 / 4])])
def test_a_score_of_few_seeds_is_taken_cautiously(selection: str, expected: list[float]):
    """Two of the same mean, size and case; the first was trained but once."""
    individuals, scores = make_individuals([0.5], [0.5, 0.6, 0.4])
    assert shares(individuals, scores, selection=selection, temperature=0.1) == close(expected)


# Replacements


def replace(
    members: list[Individual], offspring: list[Individual], scores: Scores, size: int, **options: object
) -> list[int]:
    """Who stays, by number among members and offspring."""
    both = list(dict.fromkeys([*members, *offspring]))
    stay = replacement(GenerationalSettings(**options), scores)(members, offspring, size)
    return [both.index(individual) for individual in stay]


@pytest.mark.parametrize(("elites", "expected"), [(0, [1, 3, 4]), (1, [1, 3, 4]), (2, [1, 2, 3])])
def test_elitist(elites: int, expected: list[int]):
    individuals, scores = make_individuals([0.1], [0.5], [0.4], [0.2], [0.3])
    found = replace(individuals[:3], individuals[3:], scores, 3, replacement="elitist", elites=elites)
    assert found == expected


def test_crowding_pits_a_child_against_the_member_that_is_most_similar():
    """The first child is better than its neighbour, though not than the other member; the second is worse than its."""
    fields = np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1], [0.1, 0.9]])
    fields /= np.linalg.norm(fields, axis=1, keepdims=True)
    individuals, scores = make_individuals([0.1], [0.9], [0.2], [0.8], fields=fields.tolist())
    assert replace(individuals[:2], individuals[2:], scores, 2, replacement="crowding") == [2, 1]
    assert replace(individuals[:2], individuals[:2], scores, 2, replacement="crowding") == [0, 1]


def test_crowding_keeps_nobody_twice():
    alike, scores = make_individuals([0.1], [0.9], fields=[[1.0, 0.0]] * 2)
    assert replace(alike, alike[1:], scores, 2, replacement="crowding") == [0, 1]


def test_nsga2_keeps_the_front():
    """The third has the best score, the fourth the fewest operations, the first the best worst case. The second has a
    better score than the first, but the third is better in everything."""
    rows = [[0.8, 0.8], [1.0, 0.65], [1.0, 0.7], [0.5, 0.5]]
    individuals, scores = make_individuals(*rows, sizes=(25, 22, 20, 5))
    assert sorted(replace(individuals[:3], individuals[2:], scores, 3, replacement="nsga2")) == [0, 2, 3]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(5, 30)), min_size=4, max_size=12), st.integers(1, 6))
def test_nsga2_keeps_nobody_whom_someone_that_left_dominates(rows: list[tuple[float, int]], size: int):
    individuals, scores = make_individuals(*([score] for score, _ in rows), sizes=[size for _, size in rows])
    stay = replace(individuals[:4], individuals[4:], scores, size, replacement="nsga2")
    assert len(stay) == min(size, len(rows))
    left = [row for number, row in enumerate(rows) if number not in stay]
    for number in stay:
        score, operations = rows[number]
        assert not any(s >= score and o <= operations and (s, o) != (score, operations) for s, o in left)


# Diversity


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([[1.0, 0.0]], 0.0),
        ([[1.0, 0.0], [1.0, 0.0]], 0.0),
        ([[1.0, 0.0], [0.0, 1.0]], 1.0),
        ([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], 4 / 3),  # distances 1, 2 and 1
    ],
)
def test_diversity_is_the_mean_distance_of_two_gradient_fields(fields: list[list[float]], expected: float):
    individuals, _ = make_individuals(*([0.5] for _ in fields), fields=fields)
    assert diversity(individuals) == pytest.approx(expected)
