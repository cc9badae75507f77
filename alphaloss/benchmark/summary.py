"""From the folders of a finished comparison to its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

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
from alphaloss.config import RANDOM, ArmSettings, BenchmarkSettings, BudgetSettings, EvaluatorSettings
from alphaloss.statistics import orient, paired
from alphaloss.verdict import BEST_OF_ZOO
from alphaloss.wording import number

_OF_BUDGET = ("evaluations are spent", "trainings are spent", "seconds of training are spent", "generations are done")
"""How the reasons end for which a search ends with its budget."""

Where = Mapping[tuple[str, int], Path]
"""The folder of the references of each search, by arm and search seed."""


class Task(NamedTuple):
    """Equal where test scores can be compared."""

    evaluator: EvaluatorSettings
    metric: str
    direction: str
    data_hash: str


def summarise(benchmark: BenchmarkSettings, folder: Path) -> BenchmarkResult:
    """The table, from the databases alone.

    Args:
        benchmark: what was compared.
        folder: where all of its searches are finished.
    """
    return _Comparison(benchmark, folder).result()


class _Comparison:
    """All that is read of a comparison; by arm and search seed, or by arm."""

    def __init__(self, benchmark: BenchmarkSettings, folder: Path) -> None:
        self.benchmark = benchmark
        self.folder = folder
        self.arms, self.seeds = benchmark.all_arms, benchmark.search_seeds
        self.where: Where = {
            (arm.name, seed): reference_folder(folder, benchmark.of_search(arm, seed))
            for arm in self.arms
            for seed in self.seeds
        }
        self.known = {(name, seed): read_references(path, seed) for (name, seed), path in self.where.items()}
        self.searches = {arm.name: [self._read(arm.name, seed) for seed in self.seeds] for arm in self.arms}
        self.tasks = {arm.name: self._task(arm) for arm in self.arms}
        self.owners: dict[Path, str] = {}
        """The first arm of each folder of references."""
        for arm in self.arms:
            self.owners.setdefault(self._references(arm.name), arm.name)

    def result(self) -> BenchmarkResult:
        """The table."""
        settings, where = self.benchmark.settings, self.where
        with opened(search_folder(self.folder, self.arms[0].name, self.seeds[0])) as first:
            info = first.info
        labels = _labels(self.benchmark, self.known[self.arms[0].name, self.seeds[0]])
        final = [read_final(search_folder(self.folder, name, seed), path) for (name, seed), path in where.items()]
        return BenchmarkResult(
            task=info.name,
            metric=info.metric,
            direction=info.direction,
            budget=self.benchmark.budget,
            seeds=tuple(self.seeds),
            confidence=settings.verdict.confidence,
            targets=labels,
            references=tuple(self._reference_lines()),
            arms=tuple(self._line(arm, labels) for arm in self.arms),
            reference_cost=_sum([read_reference_cost(path) for path in dict.fromkeys(where.values())]),
            final_cost=_sum(final),
            selection_seeds=settings.selection.seeds,
            verdict_seeds=settings.verdict.seeds,
        )

    def _read(self, name: str, seed: int) -> SearchOutcome:
        known = self.known[name, seed]
        targets = _targets(self.benchmark, self.where[name, seed], known)
        return read_search(search_folder(self.folder, name, seed), seed, targets, fallback=known[0])

    def _task(self, arm: ArmSettings) -> Task:
        with opened(search_folder(self.folder, arm.name, self.seeds[0])) as found:
            info = found.info
        evaluator = self.benchmark.of_search(arm, self.seeds[0]).evaluator
        return Task(evaluator, info.metric, info.direction, info.data_hash)

    def _line(self, arm: ArmSettings, labels: Sequence[str]) -> ArmLine:
        searches, task, budget = self.searches[arm.name], self.tasks[arm.name], self.benchmark.budget
        after = [search.spent - search.initial for search in searches]
        random = self._random(arm)
        references = [self.known[arm.name, seed][0] for seed in self.seeds]
        return ArmLine(
            name=arm.name,
            algorithm=arm.algorithm,
            proposer=arm.proposer,
            metric=task.metric,
            task=list(self.tasks.values()).index(task),
            reference=self._reference_name(arm.name, references[0]),
            random=random,
            selection=spread([search.selection for search in searches]),
            test=spread([search.test for search in searches]),
            gain=self._gain(arm, self.searches[random]) if random else None,
            reference_gain=self._gain(arm, references),
            fallbacks=sum(search.champion is None and not search.failed for search in searches),
            failures=sum(search.failed for search in searches),
            early=self._early(arm),
            overshoot=max(beyond(budget, search.spent) for search in searches),
            evaluations=median(search.spent.evaluations for search in searches),
            trainings=median(search.spent.trainings for search in searches),
            training_seconds=median(search.spent.training_seconds for search in searches),
            wall_seconds=median(search.wall_seconds for search in searches),
            evaluations_after_initial=median(spent.evaluations for spent in after),
            trainings_after_initial=median(spent.trainings for spent in after),
            training_seconds_after_initial=median(spent.training_seconds for spent in after),
            times=tuple(time_to_target(target, searches, index) for index, target in enumerate(labels)),
            searches=tuple(searches),
        )

    def _random(self, arm: ArmSettings) -> str | None:
        """The first random search with an arm's proposer on its task; None of a random search, or if there is none."""
        alike = (other for other in self.arms if other.algorithm == RANDOM and other.proposer == arm.proposer)
        same = (other.name for other in alike if self.tasks[other.name] == self.tasks[arm.name])
        return None if arm.algorithm == RANDOM else next(same, None)

    def _gain(self, arm: ArmSettings, others: Sequence[SearchOutcome | ReferenceOutcome]) -> Gain | None:
        """Of an arm over others in test score, seed by seed; None where one has none, and for a single seed."""
        own = [search.test for search in self.searches[arm.name] if search.test is not None]
        base = [other.test for other in others if other.test is not None]
        if len(self.seeds) < 2 or not len(own) == len(base) == len(self.seeds):
            return None
        maximize = self.tasks[arm.name].direction == "max"
        found = paired(orient(own, maximize), orient(base, maximize), self.benchmark.settings.verdict.confidence)
        return Gain(mean=found.mean, low=found.low, high=found.high)

    def _early(self, arm: ArmSettings) -> dict[str, int]:
        """Why searches ended before the budget was spent, and how many of them."""
        ended = (search.ended for search in self.searches[arm.name])
        return dict(Counter(why for why in ended if not why.endswith(_OF_BUDGET)))

    def _references(self, name: str) -> Path:
        """The folder of the references of an arm, for all search seeds."""
        return self.where[name, self.seeds[0]].parent

    def _reference_name(self, arm: str, outcome: ReferenceOutcome) -> str:
        """In the table: with the first arm that has it, where there are several tasks, or ways of training."""
        name = BEST_OF_ZOO if outcome.loss.startswith(BEST_OF_ZOO) else outcome.loss
        return name if len(self.owners) == 1 else f"{name}, as of {self.owners[self._references(arm)]}"

    def _reference_lines(self) -> Iterator[ReferenceLine]:
        for owner in self.owners.values():
            for column in zip(*(self.known[owner, seed] for seed in self.seeds), strict=True):
                yield ReferenceLine(
                    name=self._reference_name(owner, column[0]),
                    selection=spread([outcome.selection for outcome in column]),
                    test=spread([outcome.test for outcome in column]),
                    searches=column,
                )


def spread(values: Sequence[float | None]) -> Spread | None:
    """Of the values that there are, and how many there are not."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    return Spread(median=median(found), low=min(found), high=max(found), missing=len(values) - len(found))


def beyond(budget: BudgetSettings, spent: Spent) -> float:
    """By how much a search overshot a budget of trainings or of their seconds; the others are kept to."""
    if budget.trainings is not None:
        return max(0, spent.trainings - budget.trainings)
    if budget.training_seconds is not None:
        return max(0.0, spent.training_seconds - budget.training_seconds)
    return 0.0


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
