"""A regression from start to verdict: its own zoo and reference, and a metric that is better when smaller."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.testing import assert_allclose

import alphaloss as api
from alphaloss import EvaluatorError, Outliers
from alphaloss.cli import main
from alphaloss.evaluators import regression
from alphaloss.losses.zoo import zoo_names

TINY = """
from dataclasses import replace
from alphaloss import Rung
from alphaloss.evaluators import regression
task = replace(regression.task("diabetes", outliers=0.2), rungs=(Rung(name="full", epochs=4),), metric={metric})
"""
SMALL = (
    *("--set=selection.seeds=2", "--set=verdict.seeds=2", "--set=selection.programs=1", "--set=selection.zoo=1"),
    *("--set=selection.learning_rates=[0.5]", "--set=search.reference_seeds=1", "--workers=1"),
)


def alphaloss(*args: str | Path) -> dict:
    done = CliRunner().invoke(main, [*map(str, args), "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory: pytest.TempPathFactory):
    """Makes the file of a small task with some metric."""
    folder = tmp_path_factory.mktemp("evaluators")

    def make(metric: object) -> Path:
        path = folder / "tiny_regression.py"
        path.write_text(TINY.format(metric=repr(metric)), encoding="utf-8")
        return path

    return make


@pytest.fixture(scope="module")
def run(evaluator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    found = alphaloss("evolve", folder, "--evaluator", evaluator("mse"), "--evaluations", "4", *SMALL)
    assert Path(found["run"]) == folder
    return folder


def test_the_verdict_compares_with_the_squared_error(run: Path):
    found = alphaloss("show", run)["result"]
    assert found["metric"] == "mse"
    assert found["verdict"]["reference"] == found["reference"]["name"] == "squared"
    assert found["reference_early_stopped"]["role"] == "squared, stopped early"
    assert found["best_of_zoo"]["name"] in set(zoo_names("values")) - {"squared"}
    against = [claim["against"] for claim in found["verdict"]["claims"]]
    assert against == ["squared", "squared, stopped early", "best of the zoo"]
    for claim, line in zip(
        found["verdict"]["claims"], ("reference", "reference_early_stopped", "best_of_zoo"), strict=True
    ):
        # A gain is positive where the champion's error is smaller.
        assert claim["difference"] == pytest.approx(found[line]["test"] - found["champion"]["test"])
    text = CliRunner().invoke(main, ["show", str(run)]).stdout
    assert "squared, tuned learning rate" in text
    assert "than squared (" in text
    assert "cross-entropy" not in text


def test_the_start_is_the_reference_and_the_best_of_the_search_is_the_smallest(run: Path):
    shown = alphaloss("show", run)
    scores = [line["search"] for line in shown["best"]]
    assert scores == sorted(scores)
    squared = next(line for line in shown["best"] if line["name"] == "squared")
    assert alphaloss("show", run, squared["id"])["operator"] == "start"


def test_the_champion_can_be_loaded_exported_and_evaluated_by_another_objective(run: Path, evaluator):
    champion = alphaloss("show", run)["result"]["champion"]
    exported: dict = {}
    source = (run / "best_loss.py").read_text()
    exec(source, exported)  # noqa: S102  # the file that the run wrote
    y, predicted = np.ones((3, 1), "float32"), np.array([[0.5], [1.0], [3.0]], "float32")
    assert_allclose(api.load_loss(run)(y, predicted), exported["loss"](y, predicted), rtol=1e-6)
    assert_allclose(api.load_loss(run / "best_loss.py", target="values")(y, predicted), exported["loss"](y, predicted))
    assert "logit" not in source

    sums = ("--evaluator", evaluator({"r2": 1, "mae": 0.5}), "--seeds", "2", "--workers", "1")
    lines = alphaloss("evaluate", run, "huber", *sums)
    assert [line["loss"] for line in lines] == ["squared", f"first:{champion['id']}", "huber"]
    for line in lines:
        assert line["metric"] == "r2 - 0.5 mae"
        assert line["metrics"].keys() == {"mse", "mae", "r2"}
        assert line["mean"] == pytest.approx(line["metrics"]["r2"] - 0.5 * line["metrics"]["mae"])


def test_sums_are_sums_and_both_tasks_are_standardised():
    for data in regression.KINDS.values():
        found = data()
        assert_allclose(found.x_train.mean(axis=0), 0.0, atol=1e-6)
        assert_allclose(found.y_train.std(), 1.0, rtol=1e-6)
        assert len(found.y_test) > len(found.y_validation)
    found = regression.sums()
    spread = found.x_train.std(axis=0)
    assert np.linalg.lstsq(found.x_train, found.y_train, rcond=None)[1] < 1e-6 * len(spread) * len(found.y_train)
    with pytest.raises(EvaluatorError, match="`data` must be sums or diabetes; received 'houses'"):
        regression.task("houses")


def test_outliers_change_the_values_that_they_should():
    values = np.random.default_rng(0).normal(3.0, 2.0, (20_000, 1))
    noisy = Outliers(rate=0.1, scale=5.0).apply(values, 1, np.random.default_rng(1))
    errors = (noisy - values)[noisy != values]
    assert len(errors) / len(values) == pytest.approx(0.1, abs=0.01)
    assert errors.std() == pytest.approx(10.0, rel=0.1)
    assert errors.mean() == pytest.approx(0.0, abs=1.0)


def test_a_task_of_classes_takes_no_outliers(evaluator):
    from alphaloss.evaluators import digits  # noqa: PLC0415

    task = regression.task(outliers=0.1)
    with pytest.raises(EvaluatorError, match="without those of values"):
        type(task)(**{**vars(digits.task), "transforms": task.transforms})
