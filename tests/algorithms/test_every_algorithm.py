"""What all algorithms promise, whatever is asked and told."""

from __future__ import annotations

import random
from collections import deque
from typing import get_args

import pytest
from algorithms.programs import START, make_evaluation
from algorithms.world import FAILS, Answer, World, classic
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alphaloss.algorithms import ProtocolError, Wave
from alphaloss.algorithms.first_generation import FirstGeneration
from alphaloss.algorithms.generations import Generations
from alphaloss.config import Settings
from alphaloss.records import REPEAT, Told, Variation

NAMES = get_args(Settings.model_fields["algorithm"].annotation)
BY_GENERATIONS = ("sample-tournament", "ngl", "generational")
SMALL = (
    "sample_tournament.population=5",
    "ngl.population=4",
    "generational.population=5",
    "regularized.population=4",
    "tournament.population=4",
)
VARIANTS = (
    ("generational.selection=rank",),
    ("generational.selection=boltzmann", "generational.mutate_alike=0.9"),
    ("generational.selection=lexicase", "generational.replacement=crowding"),
    ("generational.selection=epsilon-lexicase", "generational.elites=0"),
    ("generational.selection=nsga2", "generational.replacement=nsga2"),
    ("ngl.eliminated=parents", "ngl.archive=0.5"),
    ("sample_tournament.replacement=true",),
    (),
)
ANSWERS = st.sampled_from([FAILS, None, 0.1, 0.4, 0.5, 0.6, 0.9])


class Conversation(RuleBasedStateMachine):
    """Asks whenever it may, and tells in order, some time later."""

    @initialize(
        name=st.sampled_from(NAMES),
        options=st.sampled_from(VARIANTS),
        lag=st.integers(0, 3),
        generations=st.sampled_from(["null", "1", "3"]),
    )
    def begin(self, name: str, options: tuple[str, ...], lag: int, generations: str) -> None:
        ends = [f"{n.replace('-', '_')}.generations={generations}" for n in BY_GENERATIONS]
        self.lag = lag
        self.algorithm = classic(f"algorithm={name}", f"search.lag={lag}", *SMALL, *options, *ends)
        self.untold: deque[Wave] = deque()
        self.known = {START.key}
        self.answer: Answer = 0.5
        self.world = World(lambda _, __: self.answer)
        self.random_state = random.getstate()

    @precondition(lambda self: self.algorithm.can_ask and not self.algorithm.end)
    @rule(size=st.integers(1, 7))
    def ask(self, size: int) -> None:
        wave = self.algorithm.ask(size)
        assert 1 <= len(wave) <= size
        for variation in wave:
            assert {parent.key for parent in variation.parents} <= self.known
            expected = {"init": (0,), "random": (0,), "crossover": (1, 2)}.get(variation.operator, (1,))
            assert len(variation.parents) in expected
        self.untold.append(wave)

    @precondition(lambda self: not self.algorithm.can_ask or self.algorithm.end)
    @rule()
    def ask_in_vain(self) -> None:
        with pytest.raises(ProtocolError):
            self.algorithm.ask(1)

    @precondition(lambda self: self.untold)
    @rule(answers=st.lists(ANSWERS, min_size=7, max_size=7))
    def tell(self, answers: list[Answer]) -> None:
        wave = self.untold.popleft()
        told = [self.reply(variation, answer) for variation, answer in zip(wave, answers, strict=False)]
        self.known |= {answer.outcome.key for answer in told if answer.score is not None}
        self.algorithm.tell(wave, told)

    def reply(self, variation: Variation, answer: Answer) -> Told:
        if variation.operator == REPEAT:
            [program] = variation.parents
            score = self.algorithm.scores.get(program.key)
            seeds = score.seeds if score else 0
            number = None if isinstance(answer, str) else answer
            return Told(outcome=program, evaluation=make_evaluation(program.key, number, first=seeds))
        self.answer = answer
        [told] = self.world.tell((variation,))
        return told

    @invariant()
    def it_goes_on_or_ends_for_a_reason(self) -> None:
        if not self.untold:
            assert self.algorithm.can_ask or self.algorithm.end

    @invariant()
    def not_more_waves_are_untold_than_the_lag_allows(self) -> None:
        assert len(self.untold) <= self.lag + 1

    @invariant()
    def the_population_is_as_large_as_it_is_told_to_be(self) -> None:
        if isinstance(self.algorithm, FirstGeneration):
            assert len(self.algorithm.population) <= self.algorithm.members
            assert self.algorithm.population or not self.algorithm.is_founded

    @invariant()
    def the_best_are_distinct_and_were_told(self) -> None:
        best = [program.key for program in self.algorithm.best(5)]
        assert len(set(best)) == len(best)
        assert set(best) <= self.known

    @invariant()
    def python_s_random_numbers_are_left_alone(self) -> None:
        assert random.getstate() == self.random_state


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@settings(max_examples=25)
@given(
    st.sampled_from(BY_GENERATIONS),
    st.sampled_from(VARIANTS),
    st.lists(ANSWERS, min_size=40, max_size=40),
    st.lists(st.integers(1, 9), min_size=2, max_size=2, unique=True),
)
def test_the_size_of_the_waves_does_not_matter_to_generations(
    name: str, options: tuple[str, ...], answers: list[Answer], sizes: list[int]
):
    def played(wave: int) -> tuple[list[Variation], list[str]]:
        world = World(lambda number, _: answers[number] if number < 40 else 0.5)
        ends = [f"{n.replace('-', '_')}.generations=4" for n in BY_GENERATIONS]
        algorithm = world.play(classic(f"algorithm={name}", *SMALL, *options, *ends), 1000, wave)
        assert isinstance(algorithm, Generations)
        return world.asked, [member.key for member in algorithm.population]

    assert played(sizes[0]) == played(sizes[1])


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name: str):
    def played(seed: int) -> list[Variation]:
        world = World(lambda number, _: (number * 7 % 11) / 11)
        world.play(classic(f"algorithm={name}", f"seed={seed}", *SMALL), 40)
        return world.asked

    assert played(3) == played(3)
    if name not in ("random", "best-of-n"):  # these two ask for the same all the time
        assert played(3) != played(4)


@pytest.mark.parametrize("wave", [3, 4, 8])
def test_first_generations_of_one_size_are_asked_for_alike(wave: int):
    """So that, with the same proposer, the same losses are in them."""

    def waves(name: str) -> list[int]:
        """With two that have no score."""
        world = World(lambda number, _: {2: None, 5: FAILS}.get(number, 0.5))
        world.play(classic(f"algorithm={name}", f"{name.replace('-', '_')}.population=8"), 10, wave)
        assert world.asked == [Variation(operator="init")] * 10
        return world.waves

    first, *others = [waves(name) for name in (*BY_GENERATIONS, "regularized")]
    assert others == [first] * 3
