"""Islands for tests, and answers to what they ask."""

from __future__ import annotations

import itertools
import math

from algorithms.programs import START, make_evaluation

from alphaloss.algorithms import Islands, Wave
from alphaloss.config import IslandSettings, VariationSettings
from alphaloss.records import Failed, Program, Told
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
