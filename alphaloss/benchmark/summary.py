"""From the folders of a finished comparison to its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from alphaloss.benchmark.folder import reference_folder, search_folder
from alphaloss.benchmark.reading import (
    best_of_zoo_in_search,
    opened,
    read_final,
    read_reference_cost,
    read_references,
    read_search,
)
from alphaloss.benchmark.results import (
    ArmLine,
    BenchmarkResult,
    Gain,
    ReferenceLine,
    ReferenceOutcome,
    SearchOutcome,
    Spent,
    Spread,
    TimeToTarget,
)
from alphaloss.config import RANDOM, ArmSettings, BenchmarkSettings
from alphaloss.statistics import orient, paired
from alphaloss.verdict import BEST_OF_ZOO
from alphaloss.wording import number

Where = Mapping[tuple[str, int], Path]
"""The folder of the references of each search, by arm and search seed."""


def summarise(benchmark: BenchmarkSettings, folder: Path) -> BenchmarkResult:
    """The table, from the databases alone.

    Args:
        benchmark: what was compared.
        folder: where all of its searches are finished.
    """
    arms, seeds = benchmark.all_arms, benchmark.search_seeds
    where = {
        (arm.name, seed): reference_folder(folder, benchmark.of_search(arm, seed)) for arm in arms for seed in seeds
    }
    known = {(name, seed): read_references(path, seed) for (name, seed), path in where.items()}
    with opened(search_folder(folder, arms[0].name, seeds[0])) as first:
        info, maximize = first.info, first.maximize
    confidence = benchmark.settings.verdict.confidence
    searches = {
        arm.name: [
            read_search(
                search_folder(folder, arm.name, seed),
                seed,
                _targets(benchmark, where[arm.name, seed], known[arm.name, seed]),
                fallback=known[arm.name, seed][0],
            )
            for seed in seeds
        ]
        for arm in arms
    }
    random = next(arm.name for arm in arms if arm.algorithm == RANDOM)
    labels = _labels(benchmark, known[arms[0].name, seeds[0]])
    lines = []
    for arm in arms:
        gain = None if arm.name == random else _gain(searches[arm.name], searches[random], maximize, confidence)
        with opened(search_folder(folder, arm.name, seeds[0])) as found:
            lines.append(_arm_line(arm, found.info.metric, searches[arm.name], labels, gain))
    return BenchmarkResult(
        task=info.name,
        metric=info.metric,
        direction=info.direction,
        budget=benchmark.budget,
        seeds=tuple(seeds),
        confidence=confidence,
        random=random,
        targets=labels,
        references=_reference_lines(arms, seeds, where, known),
        arms=tuple(lines),
        reference_cost=_sum([read_reference_cost(path) for path in dict.fromkeys(where.values())]),
        final_cost=_sum([read_final(search_folder(folder, arm.name, seed)) for arm in arms for seed in seeds]),
        selection_seeds=benchmark.settings.selection.seeds,
        verdict_seeds=benchmark.settings.verdict.seeds,
    )


def spread(values: Sequence[float | None]) -> Spread | None:
    """Of the values that there are."""
    found = [value for value in values if value is not None]
    return Spread(median=median(found), low=min(found), high=max(found)) if found else None


def time_to_target(target: str, searches: Sequence[SearchOutcome], index: int) -> TimeToTarget:
    """When a target was reached.

    Args:
        target: what it is called.
        searches: of an arm.
        index: of the target.
    """
    reached = [(search.reached[index], search.initial) for search in searches]
    spent = [at for at, _ in reached if at is not None]
    after = [
        Spent(
            evaluations=max(0, at.evaluations - initial.evaluations),
            trainings=max(0, at.trainings - initial.trainings),
            training_seconds=max(0.0, at.training_seconds - initial.training_seconds),
        )
        for at, initial in reached
        if at is not None
    ]
    missed = len(searches) - len(spent)
    return TimeToTarget(
        target=target,
        reached=len(spent),
        searches=len(searches),
        evaluations=_median_with_missed([at.evaluations for at in spent], missed),
        training_seconds=_median_with_missed([at.training_seconds for at in spent], missed),
        evaluations_after_initial=_median_with_missed([at.evaluations for at in after], missed),
        training_seconds_after_initial=_median_with_missed([at.training_seconds for at in after], missed),
    )


def _median_with_missed(values: Sequence[float], missed: int) -> float | None:
    """The median, where those that missed took for ever; None if that is the median."""
    found = median([*values, *[np.inf] * missed])
    return float(found) if np.isfinite(found) else None


def _gain(
    own: Sequence[SearchOutcome], base: Sequence[SearchOutcome], maximize: bool, confidence: float
) -> Gain | None:
    pairs = [(a.test, b.test) for a, b in zip(own, base, strict=True)]
    complete = [(a, b) for a, b in pairs if a is not None and b is not None]
    if len(complete) < max(2, len(pairs)):
        return None
    first, second = (orient(scores, maximize) for scores in zip(*complete, strict=True))
    found = paired(first, second, confidence)
    return Gain(mean=found.mean, low=found.low, high=found.high)


def _arm_line(
    arm: ArmSettings, metric: str, searches: Sequence[SearchOutcome], targets: Sequence[str], gain: Gain | None
) -> ArmLine:
    after = [search.spent - search.initial for search in searches]
    return ArmLine(
        name=arm.name,
        algorithm=arm.algorithm,
        proposer=arm.proposer,
        metric=metric,
        selection=spread([search.selection for search in searches]),
        test=spread([search.test for search in searches]),
        gain=gain,
        fallbacks=sum(search.champion is None for search in searches),
        evaluations=median(search.spent.evaluations for search in searches),
        trainings=median(search.spent.trainings for search in searches),
        training_seconds=median(search.spent.training_seconds for search in searches),
        wall_seconds=median(search.wall_seconds for search in searches),
        evaluations_after_initial=median(spent.evaluations for spent in after),
        trainings_after_initial=median(spent.trainings for spent in after),
        training_seconds_after_initial=median(spent.training_seconds for spent in after),
        times=tuple(time_to_target(target, searches, index) for index, target in enumerate(targets)),
        searches=tuple(searches),
    )


def _reference_lines(
    arms: Sequence[ArmSettings],
    seeds: Sequence[int],
    where: Where,
    known: Mapping[tuple[str, int], Sequence[ReferenceOutcome]],
) -> tuple[ReferenceLine, ...]:
    """Those of each task, or way of training; where there are several, with the name of the first arm that has it."""
    owners: dict[Path, str] = {}
    for arm in arms:
        owners.setdefault(where[arm.name, seeds[0]].parent, arm.name)
    lines = []
    for owner in owners.values():
        outcomes = [known[owner, seed] for seed in seeds]
        for column in zip(*outcomes, strict=True):
            name = BEST_OF_ZOO if column[0].loss.startswith(BEST_OF_ZOO) else column[0].loss
            lines.append(
                ReferenceLine(
                    name=name if len(owners) == 1 else f"{name}, as of {owner}",
                    selection=spread([outcome.selection for outcome in column]),
                    test=spread([outcome.test for outcome in column]),
                    searches=column,
                )
            )
    return tuple(lines)


def _targets(
    benchmark: BenchmarkSettings, references: Path, outcomes: Sequence[ReferenceOutcome]
) -> tuple[float | None, ...]:
    if benchmark.targets is not None:
        return benchmark.targets
    return outcomes[0].search, best_of_zoo_in_search(references)


def _labels(benchmark: BenchmarkSettings, outcomes: Sequence[ReferenceOutcome]) -> tuple[str, ...]:
    if benchmark.targets is not None:
        return tuple(number(target) for target in benchmark.targets)
    return outcomes[0].loss, BEST_OF_ZOO


def _sum(costs: Sequence[Spent]) -> Spent:
    return Spent(
        evaluations=sum(cost.evaluations for cost in costs),
        trainings=sum(cost.trainings for cost in costs),
        training_seconds=sum(cost.training_seconds for cost in costs),
    )
