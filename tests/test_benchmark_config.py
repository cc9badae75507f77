from __future__ import annotations

from pathlib import Path

import pytest
from comparisons import configure

from alphaloss.config import ArmSettings, Settings, load_benchmark
from alphaloss.errors import UsageError

ISLANDS = {"name": "islands", "algorithm": "islands"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "compare.yaml"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"budget": {}}, "exactly one of evaluations, trainings, training_seconds and generations; received none"),
        ({"budget": {"evaluations": 5, "generations": 2}}, "exactly one .* received evaluations, generations"),
        ({"budget": {"evaluation": 5}}, "no setting `budget.evaluation`. Did you mean `budget.evaluations`"),
        ({"arms": []}, "Setting `arms`: tuple should have at least 1 item"),
        ({"arms": [ISLANDS, ISLANDS]}, "An arm cannot be called islands: this name is taken"),
        ({"arms": [{"name": "references", "algorithm": "ngl"}]}, "An arm cannot be called references"),
        ({"arms": [{"name": "random-offline", "algorithm": "ngl"}]}, "An arm cannot be called random-offline"),
        ({"arms": [{"name": "../up", "algorithm": "ngl"}]}, "Setting `arms.0.name`"),
        ({"arms": [{"name": "a", "algorithm": "iland"}]}, "Setting `arms.0.algorithm`"),
        ({"arms": [{"name": "a"}]}, r"Setting `arms.0.algorithm`: field required\.$"),
        ({"arms": [ISLANDS | {"settings": {"search": {"wvae": 1}}}]}, "Did you mean `arms.settings.search.wave`"),
        ({"arms": [ISLANDS | {"settings": {"seed": 1}}]}, "Arm islands cannot set `seed`: all arms share it"),
        ({"arms": [ISLANDS | {"settings": {"verdict": {"seeds": 3}}}]}, "Arm islands cannot set `verdict`"),
        (
            {"arms": [ISLANDS | {"settings": {"search": {"trainings": 3}}}]},
            "cannot set `search.trainings`: the arms and",
        ),
        ({"settings": {"search": {"evaluations": 3}}}, "common settings cannot set `search.evaluations`"),
        ({"arms": [{"name": "Evaluations.png", "algorithm": "ngl"}]}, "An arm cannot be called Evaluations.png"),
        ({"arms": [ISLANDS | {"settings": {"search": {"minutes": 3}}}]}, "cannot set `search.minutes`: all searches"),
        ({"settings": {"search": {"patience": 30}}}, "common settings cannot set `search.patience`"),
        ({"settings": {"ngl": {"generations": 4}}}, "common settings cannot set `ngl.generations`: the arms and"),
        ({"settings": {"algorithm": "ngl"}}, "common settings cannot set `algorithm`"),
        ({"budget": {"generations": 2}}, "The budget is in generations, and no arm goes by them"),
    ],
)
def test_what_makes_no_fair_comparison_is_refused_with_a_sentence(file: Path, changes: dict, sentence: str):
    with pytest.raises(UsageError, match=sentence):
        configure(file, **changes)


def test_settings_that_contradict_each_other_only_together_are_told_with_the_arm(file: Path):
    arm = ISLANDS | {"settings": {"variation": {"refine": 0.5}}}
    with pytest.raises(UsageError, match=r"Arm `islands`: .*these shares add up to more than 1"):
        configure(file, settings={"variation": {"crossover": 0.6}}, arms=[arm])


def test_a_search_has_the_common_settings_then_those_of_its_arm_then_the_budget(file: Path):
    arm = {"name": "a", "algorithm": "ngl", "proposer": "tree", "settings": {"evaluator": {"options": {"noise": 0.2}}}}
    common = {"evaluator": {"name": "digits-noisy", "options": {"noise": 0.1, "kind": "symmetric"}}, "seed": 7}
    benchmark = configure(file, settings=common, arms=[arm], budget={"training_seconds": 60})
    settings = benchmark.of_search(benchmark.arms[0], 8)
    assert settings.evaluator.options == {"noise": 0.2, "kind": "symmetric"}
    assert (settings.seed, settings.algorithm, settings.proposer) == (8, "ngl", "tree")
    assert settings.search.training_seconds == 60
    assert settings.search.evaluations > 10_000  # the clock ends it
    assert settings.gate == Settings().gate
    assert list(benchmark.search_seeds) == [7, 8]


def test_keys_can_be_set_on_the_command_line(file: Path):
    configure(file)
    benchmark = load_benchmark(file, ["budget.evaluations=9", "settings.evaluator.options.noise=0.3"], seeds=3)
    assert (benchmark.budget.evaluations, benchmark.seeds) == (9, 3)
    assert benchmark.settings.evaluator.options == {"noise": 0.3}


def test_a_random_search_with_the_most_frequent_proposer_is_added(file: Path):
    proposers = {"a": "offline", "b": "tree", "c": "tree"}
    arms = [{"name": name, "algorithm": "ngl", "proposer": proposer} for name, proposer in proposers.items()]
    benchmark = configure(file, arms=arms)
    assert benchmark.all_arms[-1] == ArmSettings(name="random-tree", algorithm="random", proposer="tree")
    own = configure(file, arms=[*arms, {"name": "d", "algorithm": "random", "proposer": "offline"}])
    assert own.all_arms == own.arms


def test_a_budget_of_generations_is_that_of_the_algorithm_and_of_others_what_they_are_told(file: Path):
    benchmark = configure(file, arms=[ISLANDS, {"name": "ngl", "algorithm": "ngl"}], budget={"generations": 3})
    islands, ngl, _ = benchmark.all_arms
    assert benchmark.of_search(ngl, 0).ngl.generations == 3
    assert benchmark.of_search(islands, 0, evaluations=40).search.evaluations == 40
