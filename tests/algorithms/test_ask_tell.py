from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from algorithms.programs import START, make, make_evaluation
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.algorithms import Algorithm, ProtocolError, Wave
from alphaloss.algorithms.base import Individual, Newcomer
from alphaloss.records import REPEAT, Candidate, Code, Duplicate, Failed, Program, Rejection, Told, Variation
from alphaloss.scores import Scores

PROGRAMS = [make(number) for number in range(40)]


class Dice(Algorithm):
    """Asks for variations on islands that it throws dice for, or for what it is made to ask; keeps all newcomers."""

    def __init__(self, *, maximize: bool = True, seed: int = 0, lag: int = 1, most_seeds: int = 4) -> None:
        scores = Scores(maximize=maximize)
        scores.add(make_evaluation(START.key, 0.5, 0.5), reference=True)
        super().__init__([START], scores, seed=seed, lag=lag, most_seeds=most_seeds)
        self.told = 0
        self.next: list[Variation] = []
        self.kept: list[Individual] = []

    def _ask(self, size: int) -> Iterator[Variation]:
        for _ in range(size):
            yield self.next.pop(0) if self.next else Variation(operator="random", island=random.randrange(10**6))

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        self.told += 1
        random.random()
        self.kept += [individual for _, individual in newcomers]

    def _members(self) -> list[Individual]:
        return self.kept

    def _drop(self, individual: Individual) -> None:
        self.kept.remove(individual)

    def repeatable(self) -> list[Program]:
        return [individual.program for individual in self.kept if self._may_repeat(individual)]


def answer(program: Program, score: float | None, seed: int = 0) -> Told:
    return Told(outcome=program, evaluation=make_evaluation(program.key, score, first=seed))


def nothing(wave: Wave) -> list[Told]:
    return [Told(outcome=Failed(operator=v.operator, reason="test")) for v in wave]


def play(algorithm: Algorithm, *told: Told) -> None:
    algorithm.tell(algorithm.ask(len(told)), told)


def rolls(algorithm: Algorithm, waves: int = 4) -> list[int]:
    found = []
    for _ in range(waves):
        wave = algorithm.ask(3)
        found += [variation.island for variation in wave]
        algorithm.tell(wave, nothing(wave))
    return found


def repeat(algorithm: Dice, program: Program, score: float | None, seed: int) -> None:
    algorithm.next = [Variation(operator=REPEAT, parents=(program,))]
    play(algorithm, answer(program, score, seed))


@pytest.mark.parametrize("size", [1, 5])
def test_a_wave_has_as_many_variations_as_asked_for(size: int):
    assert len(Dice().ask(size)) == size


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_ask_is_refused_while_more_waves_than_the_lag_are_untold(lag: int):
    algorithm = Dice(lag=lag)
    waves = [algorithm.ask(1) for _ in range(lag + 1)]
    message = rf"ask\(\) was called with {lag + 1} waves untold; at most {lag} may be\. Tell the oldest first\."
    with pytest.raises(ProtocolError, match=message):
        algorithm.ask(1)
    algorithm.tell(waves[0], nothing(waves[0]))
    algorithm.ask(1)


def test_waves_are_told_in_the_order_in_which_they_were_asked():
    algorithm = Dice(lag=1)
    first, second = algorithm.ask(1), algorithm.ask(1)
    message = r"a wave that is not due: an older wave is untold\. Waves are told in the order of ask\(\)\."
    with pytest.raises(ProtocolError, match=message):
        algorithm.tell(second, nothing(second))
    algorithm.tell(first, nothing(first))
    algorithm.tell(second, nothing(second))
    assert algorithm.told == 2


def test_a_wave_is_told_once():
    algorithm = Dice()
    wave = algorithm.ask(1)
    algorithm.tell(wave, nothing(wave))
    with pytest.raises(ProtocolError, match="not due: no wave is untold"):
        algorithm.tell(wave, nothing(wave))
    assert algorithm.told == 1


def test_a_wave_of_another_algorithm_is_refused():
    algorithm, other = Dice(), Dice()
    algorithm.ask(1)
    with pytest.raises(ProtocolError, match="not due"):
        algorithm.tell(other.ask(1), [])


@pytest.mark.parametrize("answers", [1, 3])
def test_there_is_one_answer_a_variation_and_a_mistake_can_be_mended(answers: int):
    algorithm = Dice()
    wave = algorithm.ask(2)
    told = [Told(outcome=Failed(operator="random", reason="test"))] * answers
    message = rf"told should have length 2 \(one a variation of the wave\) but has {answers}\."
    with pytest.raises(ProtocolError, match=message):
        algorithm.tell(wave, told)
    algorithm.tell(wave, nothing(wave))
    assert algorithm.told == 1


def test_the_seed_decides_what_is_asked():
    assert rolls(Dice(seed=3)) == rolls(Dice(seed=3))
    assert rolls(Dice(seed=3)) != rolls(Dice(seed=4))


def test_two_algorithms_in_one_process_do_not_share_random_numbers():
    alone = rolls(Dice(seed=3))
    algorithm, other, found = Dice(seed=3), Dice(seed=5), []
    for _ in range(4):
        found += rolls(algorithm, waves=1)
        rolls(other, waves=1)
    assert found == alone


def test_python_s_own_random_numbers_are_neither_used_nor_disturbed():
    alone = rolls(Dice(seed=3))
    random.seed(7)
    expected = [random.random() for _ in range(3)]
    random.seed(7)
    algorithm, found, between = Dice(seed=3), [], []
    for _ in range(3):
        between.append(random.random())
        found += rolls(algorithm, waves=1)
    assert between == expected
    assert found == alone[:9]


def test_a_fault_inside_an_algorithm_gives_python_its_random_numbers_back():
    class Broken(Dice):
        def _ask(self, size: int) -> Iterator[Variation]:
            random.random()
            raise KeyError("test")
            yield

    before = random.getstate()
    with pytest.raises(KeyError):
        Broken().ask(1)
    assert random.getstate() == before


def test_only_new_programs_with_a_score_are_newcomers():
    algorithm = Dice()
    candidate = Candidate(source="", operator="test")
    play(
        algorithm,
        Told(outcome=Failed(operator="mutate", reason="test")),
        Told(outcome=Rejection(candidate=candidate, code=Code.TRACE, message="test")),
        Told(outcome=Duplicate(candidate=candidate, of=START.key)),
        answer(PROGRAMS[0], None),
        answer(PROGRAMS[1], 0.7),
    )
    repeat(algorithm, PROGRAMS[1], 0.6, seed=1)
    assert [individual.program for individual in algorithm.kept] == [PROGRAMS[1]]


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=40), st.booleans())
def test_the_best_programs_are_never_forgotten(scores: list[float | None], maximize: bool):
    algorithm = Dice(maximize=maximize)
    told = [answer(p, score) for p, score in zip(PROGRAMS, scores, strict=False)]
    for first in range(0, len(told), 4):
        play(algorithm, *told[first : first + 4])
    by_key = {START.key: 0.5} | {answer.outcome.key: answer.score for answer in told}
    found = [program.key for program in algorithm.best(10)]
    expected = sorted((s for s in by_key.values() if s is not None), reverse=maximize)[:10]
    assert [by_key[key] for key in found] == expected
    assert len(set(found)) == len(found)


def test_of_equal_scores_the_smaller_loss_is_the_better():
    algorithm = Dice()
    play(algorithm, *(answer(make(50 + size, size=size), 0.7) for size in (9, 6, 12)))
    assert [program.graph.size for program in algorithm.best(3)] == [6, 9, 12]


def test_a_program_that_scores_twice_is_among_the_best_once():
    algorithm = Dice()
    for _ in range(2):
        play(algorithm, answer(PROGRAMS[0], 0.6))
    assert algorithm.best(5) == [PROGRAMS[0], START]


def test_a_repeat_is_told_to_everybody_who_keeps_the_program():
    algorithm = Dice()
    play(algorithm, answer(PROGRAMS[0], 0.9), answer(PROGRAMS[1], 0.7))
    repeat(algorithm, PROGRAMS[0], 0.3, seed=1)
    assert [(i.score.mean, i.score.seeds) for i in algorithm.kept] == [(pytest.approx(0.6), 2), (0.7, 1)]
    assert algorithm.best(3) == [PROGRAMS[1], PROGRAMS[0], START]


def test_a_program_that_fails_on_another_seed_is_dropped():
    algorithm = Dice()
    play(algorithm, answer(PROGRAMS[0], 0.9), answer(PROGRAMS[1], 0.7))
    repeat(algorithm, PROGRAMS[0], None, seed=1)
    assert [individual.program for individual in algorithm.kept] == [PROGRAMS[1]]
    assert algorithm.best(3) == [PROGRAMS[1], START]


def test_a_program_that_nobody_keeps_is_remembered_if_a_repeat_makes_it_one_of_the_best():
    algorithm = Dice()
    for first in range(0, 40, 4):
        play(algorithm, *(answer(p, 0.6) for p in PROGRAMS[first : first + 4]))
    for number in range(100, 140):
        play(algorithm, answer(make(number, size=5), 0.6))
    algorithm.kept.clear()
    play(algorithm, answer(make(140, size=40), 0.5))
    late = make(141, size=50)
    play(algorithm, answer(late, 0.5))
    algorithm.kept.clear()
    assert late not in algorithm.best(64)
    repeat(algorithm, late, 0.9, seed=1)
    assert algorithm.best(1) == [late]


def test_the_cautious_score_ranks_a_proven_program_above_a_lucky_one():
    algorithm = Dice()
    algorithm.scores.add(make_evaluation("reference", 0.7, 0.8), reference=True)
    play(algorithm, answer(PROGRAMS[0], 0.80), answer(PROGRAMS[1], 0.79))
    repeat(algorithm, PROGRAMS[1], 0.79, seed=1)
    # The noise is .1 / sqrt 2 = .071: .80 - .071 < .79 - .071 / sqrt 2.
    assert algorithm.best(2) == [PROGRAMS[1], PROGRAMS[0]]


def test_a_program_is_repeated_while_seeds_are_left_and_it_is_not_in_training():
    algorithm = Dice(lag=1, most_seeds=2)
    play(algorithm, answer(PROGRAMS[0], 0.9), answer(PROGRAMS[1], 0.7))
    assert algorithm.repeatable() == [PROGRAMS[0], PROGRAMS[1]]
    algorithm.next = [Variation(operator=REPEAT, parents=(PROGRAMS[0],))]
    wave = algorithm.ask(1)
    assert algorithm.repeatable() == [PROGRAMS[1]]
    algorithm.tell(wave, [answer(PROGRAMS[0], 0.8, seed=1)])
    assert algorithm.repeatable() == [PROGRAMS[1]]


def test_the_logbook_has_plain_numbers_for_every_told_wave():
    algorithm = Dice()
    play(algorithm, Told(outcome=Failed(operator="random", reason="test")))
    play(algorithm, answer(PROGRAMS[0], 0.6), answer(PROGRAMS[1], 0.8))
    empty, full = algorithm.logbook
    assert empty == {"members": 0, "best": 0.5, "noise": 0.0, "mean": None, "spread": None}
    expected = {"members": 2, "best": 0.8, "noise": 0.0, "mean": 0.7, "spread": 0.1}
    assert full == {name: pytest.approx(value) for name, value in expected.items()}
    assert {type(value) for value in full.values()} <= {int, float}


def test_a_start_program_without_a_score_is_left_out():
    scores = Scores(maximize=True)
    scores.add(make_evaluation(START.key, 0.5))
    scores.add(make_evaluation(PROGRAMS[0].key, None))

    class Plain(Dice):
        def __init__(self, start: Sequence[Program]) -> None:
            Algorithm.__init__(self, start, scores, seed=0)

    assert Plain([PROGRAMS[0], START, PROGRAMS[1]]).best(5) == [START]
    with pytest.raises(ValueError, match="None of the 2 start programs has a score"):
        Plain(PROGRAMS[:2])
