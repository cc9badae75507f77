"""The thesis' experiments as files: the numbers of T.-Y. Chou (NTUT, 2025), Algorithms 1 to 3 and Table 4.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from alphaloss.config import Settings
from alphaloss.config.loading import load_benchmark

FOLDER = Path(__file__).parents[1] / "experiments"


def searches(name: str) -> dict[str, Settings]:
    benchmark = load_benchmark(FOLDER / f"{name}.yaml")
    return {arm.name: benchmark.of_search(arm, 0) for arm in benchmark.arms}


@pytest.mark.parametrize(
    ("name", "evaluator", "epochs", "generations"),
    [("thesis_small", "thesis", 6, 4), ("thesis_large", "thesis", 10, 12), ("thesis_cpu", "thesis-cpu", 6, 4)],
)
def test_an_experiment_is_what_the_thesis_writes(name: str, evaluator: str, epochs: int, generations: int):
    found = searches(name)
    assert {"sample-tournament", "ngl"} <= {settings.algorithm for settings in found.values()}
    for settings in found.values():
        assert (settings.evaluator.name, settings.evaluator.options["epochs"]) == (evaluator, epochs)
        assert settings.start == ()
        assert (settings.gate.useful, settings.gradient_scale, settings.cascade.use) == (False, "none", False)
        assert (settings.search.most_seeds, settings.search.stop_hopeless) == (1, False)
        assert settings.proposer == "tree"
        tree = settings.tree
        assert (tree.primitives, tree.values, tree.invalid) == ("thesis", (1e-5, 1e5), "new")
        assert (tree.least_height, tree.most_height) == (2, 100)
        if settings.algorithm == "sample-tournament":
            sample = settings.sample_tournament
            assert (sample.population, sample.generations) == (8, generations)
            assert (sample.sample, sample.winners) == (3 / 4, 1 / 2)
            assert (sample.crossover, sample.subtree, sample.point) == (0.5, 0.3, 0.1)
        elif settings.algorithm == "ngl":
            assert (settings.ngl.population, settings.ngl.generations) == (8, generations)


def test_only_the_fitness_differs_between_the_two_readings():
    found = searches("thesis_cpu")
    for name in ("sample-tournament", "ngl", "random"):
        values, errors = found[f"{name}-values"], found[f"{name}-errors"]
        assert values.evaluator.options["aggregate"] == "average-improvement-loss"
        assert errors.evaluator.options["aggregate"] == "average-improvement-error"
        assert values.model_copy(update={"evaluator": errors.evaluator}) == errors
    for name in ("thesis_small", "thesis_large"):
        aggregates = {settings.evaluator.options["aggregate"] for settings in searches(name).values()}
        assert aggregates == {"average-improvement-loss"}
