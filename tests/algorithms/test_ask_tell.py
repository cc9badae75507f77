from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from factories import make_programs, make_told
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.algorithms import Algorithm, ProtocolError, Wave
from alphaloss.records import Failed, Program, Told, Variation

PROGRAMS = make_programs(40)


class Dice(Algorithm):
    """Asks for variations on islands that it throws dice for, and remembers what scored."""

    def __init__(self, *, maximize: bool = True, seed: int = 0, lag: int = 1) -> None:
        super().__init__(maximize=maximize, seed=seed, lag=lag)
        self.told = 0

    def _ask(self, size: int) -> Iterator[Variation]:
        for _ in range(size):
            yield Variation(operator="random", island=random.randrange(10**6))

    def _tell(self, wave: Wave, told: Sequence[Told]) -> None:
        self.told += 1
        random.random()
        for answer in told:
            if isinstance(answer.outcome, Program) and answer.score is not None:
                self._individual(answer.outcome, answer.score)


def nothing(wave: Wave) -> list[Told]:
    return [Told(outcome=Failed(operator=v.operator, reason="test")) for v in wave]


def rolls(algorithm: Algorithm, waves: int = 4) -> list[int]:
    found = []
    for _ in range(waves):
        wave = algorithm.ask(3)
        found += [variation.island for variation in wave]
        algorithm.tell(wave, nothing(wave))
    return found


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


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=40), st.booleans())
def test_the_best_programs_are_never_forgotten(scores: list[float | None], maximize: bool):
    algorithm = Dice(maximize=maximize)
    scored = list(zip(PROGRAMS, scores, strict=False))
    for first in range(0, len(scored), 4):
        wave = algorithm.ask(len(scored[first : first + 4]))
        algorithm.tell(wave, [make_told(p, s) for p, s in scored[first : first + 4]])
    found = algorithm.best(10)
    by_key = {p.key: s for p, s in scored}
    expected = sorted((s for s in scores if s is not None), reverse=maximize)[:10]
    assert [by_key[p.key] for p in found] == expected
    assert len({p.key for p in found}) == len(found)


def test_a_program_that_scores_twice_is_among_the_best_once():
    algorithm = Dice()
    for _ in range(2):
        wave = algorithm.ask(1)
        algorithm.tell(wave, [make_told(PROGRAMS[0], 0.5)])
    assert algorithm.best(5) == [PROGRAMS[0]]
