"""The simple genetic algorithm and ageing evolution."""

from __future__ import annotations

from collections import Counter

import pytest
from algorithms.world import FAILS, World, classic

from alphaloss.algorithms import Algorithm, Generational, Regularized
from alphaloss.errors import UsageError
from alphaloss.records import Program, Variation


def falling(number: int, _: Variation) -> float:
    return 1.0 / (1.0 + number)


def rising(number: int, _: Variation) -> float:
    return 1.0 + number


def genetic(*options: str, generations: int = 1, seed: int = 0) -> Algorithm:
    options = (*options, f"generations={generations}")
    return classic("algorithm=generational", f"seed={seed}", *(f"generational.{option}" for option in options))


def numbers(world: World, programs: list[Program]) -> list[int]:
    return [world.programs.index(program) for program in programs]


# The simple genetic algorithm (DEAP 1.4, `algorithms.eaSimple` and `varAnd`)


def test_offspring_that_nothing_was_done_to_are_copies_and_not_evaluated():
    """Of pairs a share `mate` is crossed, of each a share `mutate` mutated: 1 - .5 .8 = .6 are evaluated."""
    world = World(falling)
    world.play(genetic("population=17", generations=60), 10_000)
    assert world.count("init") == 17
    children = world.asked[17:]
    assert len(children) / (60 * 16) == pytest.approx(0.6, abs=0.08)  # four standard deviations of 480 pairs
    operators = Counter((v.operator, len(v.parents), bool(v.mutations)) for v in children)
    # Tournaments of 3 often choose the same individual twice; two of a kind are mutated and not crossed.
    assert set(operators) == {("mutate", 1, False), ("crossover", 2, False), ("crossover", 2, True)}
    crossed = sum(count for (operator, _, _), count in operators.items() if operator == "crossover")
    assert operators["crossover", 2, True] / crossed == pytest.approx(0.2, abs=0.08)
    assert all(first.key != second.key for first, second in (v.parents for v in children if len(v.parents) == 2))


def test_a_pair_gives_to_each_other():
    world = World(falling)
    world.play(genetic("population=8", "elites=0", "mate=1", "mutate=0.001", "tournament=1"), 100)
    crossed = [tuple(parent.key for parent in v.parents) for v in world.asked if v.operator == "crossover"]
    assert len(crossed) >= 2
    assert Counter(crossed) == Counter((second, first) for first, second in crossed)


@pytest.mark.parametrize("seed", range(3))
def test_copies_come_after_the_elite_and_the_children_last(seed: int):
    def played(mutate: float) -> tuple[list[int], list[int]]:
        """Whose children are asked for, and who stays."""
        world, options = World(falling), ("population=6", "elites=1", "tournament=1", "mate=0", f"mutate={mutate}")
        algorithm = world.play(genetic(*options, seed=seed), 100)
        assert isinstance(algorithm, Generational)
        parents = numbers(world, [v.parents[0] for v in world.asked[6:]])
        return parents, numbers(world, [member.program for member in algorithm.population])

    selected, _ = played(1.0)  # all five; the same are selected whatever is done with them
    parents, population = played(0.4)
    assert 0 < len(parents) < 5
    copies = Counter(selected) - Counter(parents)
    assert population[0] == 0
    assert Counter(population[1 : 6 - len(parents)]) == copies
    assert population[6 - len(parents) :] == [*range(6, 6 + len(parents))]


def test_the_elite_is_never_lost():
    world = World(falling)
    algorithm = world.play(genetic("population=6", "elites=1", "mutate=1", generations=6), 1000)
    assert isinstance(algorithm, Generational)
    assert algorithm.population[0].program is world.programs[0]


def test_copies_are_no_rivals_of_themselves_in_the_sorting_of_nsga2():
    world = World(falling)
    algorithm = world.play(genetic("population=6", "replacement=nsga2", "mate=0", "mutate=0.4", generations=4), 1000)
    assert isinstance(algorithm, Generational)
    assert len(world.asked) < 6 + 4 * 6
    assert sorted(numbers(world, [member.program for member in algorithm.population])) == [*range(6)]


def test_boltzmann_selection_cools_from_one_generation_to_the_next():
    world = World(falling)
    options = ("population=9", "mate=0", "mutate=1", "selection=boltzmann", "cooling=0.01")
    world.play(genetic(*options, generations=4), 1000)
    generations = [world.asked[9 + 8 * number : 9 + 8 * (number + 1)] for number in range(4)]
    parents = [{v.parents[0].key for v in generation} for generation in generations]
    assert len(parents[0]) > 2
    assert parents[2] == parents[3] == {world.programs[0].key}


def test_the_offspring_replace_all_but_the_elites():
    world = World(falling)
    algorithm = world.play(genetic("population=6", "elites=2", "mutate=1"), 100)
    assert isinstance(algorithm, Generational)
    assert numbers(world, [m.program for m in algorithm.population]) == [0, 1, 6, 7, 8, 9]


def test_members_stay_where_offspring_have_no_score():
    world = World(lambda number, v: None if number in {7, 8} else falling(number, v))
    algorithm = world.play(genetic("population=6", "elites=1", "mutate=1"), 100)
    assert isinstance(algorithm, Generational)
    assert numbers(world, [m.program for m in algorithm.population]) == [0, 1, 2, 6, 9, 10]


def test_the_best_is_reported():
    world = World(rising)
    algorithm = world.play(genetic(generations=3), 1000)
    assert algorithm.best(1) == [world.programs[-1]]


def test_whoever_is_alike_is_mutated_more():
    """Gradient fields at right angles at first, all the same later: the rate rises from `mutate` to `mutate_alike`."""
    alike = (1.0,) + (0.0,) * 99

    def evaluated(*options: str) -> list[int]:
        world = World(rising, lambda number: alike if number >= 21 else None)
        algorithm = genetic("population=21", "elites=1", "mate=0", "mutate=0.5", *options, generations=12)
        world.play(algorithm, 10_000, wave=100)
        return world.waves[2:]  # of each generation but the first two, which are not alike

    usual, adapted = evaluated(), evaluated("mutate_alike=1.0")
    assert sum(usual) / (11 * 20) == pytest.approx(0.5, abs=0.14)  # four standard deviations of 220 draws
    assert adapted[3:] == [20] * 8


def test_the_log_tells_how_different_members_are():
    world = World(falling)
    algorithm = world.play(genetic("population=5", "mutate=1", "mate=0"), 100, wave=5)
    assert [entry["diversity"] for entry in algorithm.logbook] == [pytest.approx(1.0), pytest.approx(1.0)]
    assert [entry["generation"] for entry in algorithm.logbook] == [0, 1]


def test_somebody_must_have_offspring():
    with pytest.raises(UsageError, match="`elites` must be fewer than `population`, or nobody has offspring"):
        genetic("population=4", "elites=4")


def test_whoever_is_alike_is_not_mutated_less():
    with pytest.raises(UsageError, match=r"`mutate_alike` must be at least `mutate`, which is 0\.2"):
        genetic("mutate_alike=0.1")


# Ageing evolution (Real et al., AAAI 2019, Algorithm 1)


def ageing(*options: str) -> Algorithm:
    return classic("algorithm=regularized", *(f"regularized.{option}" for option in options))


def test_the_oldest_dies_however_good_it_is():
    world = World(falling)
    algorithm = world.play(ageing("population=5", "sample=3"), 12, wave=2)
    assert isinstance(algorithm, Regularized)
    assert len(world.asked) == 13  # 5 `init` in waves of 2, 2 and 1
    assert numbers(world, [m.program for m in algorithm.population]) == [8, 9, 10, 11, 12]
    assert algorithm.best(1) == [world.programs[0]]


def test_nobody_dies_for_a_child_without_a_score():
    world = World(lambda number, v: {5: None, 6: FAILS}.get(number, falling(number, v)))
    algorithm = world.play(ageing("population=5"), 9, wave=1)
    assert isinstance(algorithm, Regularized)
    assert numbers(world, [m.program for m in algorithm.population]) == [2, 3, 4, 7, 8]


def test_the_best_of_a_sample_drawn_with_replacement_is_the_parent():
    algorithm, world = ageing("population=4", "sample=3"), World(falling)
    world.play(algorithm, 4)
    wave = algorithm.ask(2000)
    assert {v.operator for v in wave} == {"mutate"}
    drawn = Counter(v.parents[0].key for v in wave)
    shares = [drawn[program.key] / 2000 for program in world.programs]
    # The best of 3 draws from 4 with replacement: ranks 1 to 4 win 37, 19, 7 and 1 of 64.
    assert shares == pytest.approx([37 / 64, 19 / 64, 7 / 64, 1 / 64], abs=0.045)


def test_it_asks_on_while_others_are_evaluated_but_not_before_the_first_generation():
    algorithm = classic("algorithm=regularized", "regularized.population=3", "search.lag=2")
    world = World(falling)
    first = algorithm.ask(8)
    assert len(first) == 3
    assert not algorithm.can_ask
    algorithm.tell(first, world.tell(first))
    waves = [algorithm.ask(4) for _ in range(3)]
    assert not algorithm.can_ask
    for wave in waves:
        algorithm.tell(wave, world.tell(wave))
    assert isinstance(algorithm, Regularized)
    assert numbers(world, [m.program for m in algorithm.population]) == [12, 13, 14]


def test_a_program_that_is_told_again_is_a_member_once():
    algorithm, world = ageing("population=3"), World(falling)
    world.play(algorithm, 3)
    wave = algorithm.ask(1)
    child = world.tell(wave)
    algorithm.tell(wave, child)
    algorithm.tell(algorithm.ask(1), child)
    assert isinstance(algorithm, Regularized)
    assert numbers(world, [m.program for m in algorithm.population]) == [1, 2, 3]
