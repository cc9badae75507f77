"""A made-up world for algorithms: the n-th variation that is asked for gets the n-th answer.

`Landscape` shows how well a search does; this one what an algorithm asks for, and of whom.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from algorithms.programs import START, make, make_evaluation

from alphaloss.algorithms import Algorithm, Wave, make_algorithm
from alphaloss.config import load_settings
from alphaloss.records import Failed, Program, Told, Variation
from alphaloss.scores import Scores

FAILS = "no program"
Answer = float | None | str
"""A score; None for a training that diverged; `FAILS` for no program at all."""

Field = tuple[float, ...]


class World:
    """Answers, and plays.

    Args:
        answer: from the number of a variation, from 0, and the variation to its answer.
        field: from the same number to the gradient field of its program; at right angles if none is given.
    """

    def __init__(
        self, answer: Callable[[int, Variation], Answer], field: Callable[[int], Field | None] = lambda _: None
    ) -> None:
        self.answer = answer
        self.field = field
        self.asked: list[Variation] = []
        self.programs: list[Program | None] = []
        self.waves: list[int] = []

    def tell(self, wave: Wave) -> list[Told]:
        """The answers to a wave."""
        return [self._told(variation) for variation in wave]

    def play(self, algorithm: Algorithm, variations: int, wave: int = 4) -> Algorithm:
        """Asks for at least so many variations, or until the end, as far ahead as can be; then tells all."""
        untold: deque[tuple[Wave, list[Told]]] = deque()
        while (len(self.asked) < variations and not algorithm.end) or untold:
            if len(self.asked) < variations and not algorithm.end and algorithm.can_ask:
                asked = algorithm.ask(wave)
                self.waves.append(len(asked))
                untold.append((asked, self.tell(asked)))
            else:
                algorithm.tell(*untold.popleft())
        return algorithm

    def count(self, operator: str) -> int:
        """Variations that were asked for with an operator."""
        return sum(variation.operator == operator for variation in self.asked)

    def _told(self, variation: Variation) -> Told:
        number = len(self.asked)
        answer = self.answer(number, variation)
        self.asked.append(variation)
        self.programs.append(None)
        if isinstance(answer, str):
            return Told(outcome=Failed(operator=variation.operator, reason=answer))
        program = self.programs[-1] = make(number + 1, field=self.field(number))
        return Told(outcome=program, evaluation=make_evaluation(program.key, answer))


def classic(*overrides: str, start: Sequence[tuple[Program, float]] = ((START, 0.5),)) -> Algorithm:
    """An algorithm from settings.

    Args:
        *overrides: as on the command line; `start=[...]` makes members of the start programs.
        start: programs and their scores.
    """
    scores = Scores(maximize=True)
    for program, score in start:
        scores.add(make_evaluation(program.key, score), reference=True)
    return make_algorithm(load_settings(overrides=overrides), [program for program, _ in start], scores)
