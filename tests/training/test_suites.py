"""Suites of tasks: what a training of several tasks is made of, and what a suite must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tiny_suite
import tiny_task
from factories import make_program
from losses.graphs import cross_entropy, gce, inverted, label_smoothing

from alphaloss.benchmark.readings import READINGS, chosen, trained_programs
from alphaloss.database import Database
from alphaloss.errors import EvaluatorError
from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.records import Phase, Status, Training
from alphaloss.training import Rung, Suite, TrainJob
from alphaloss.training.suite import with_shares
from alphaloss.training.suite_trainer import SuiteTrainer
from alphaloss.training.trainer import Trainer

CE, GCE = cross_entropy(), gce()


def never_finite() -> LossGraph:
    b = GraphBuilder()
    return b.graph(b.add("log", b.add("negative", b.add("sum", b.input("y_true"), axis=-1))))


def fourth_class() -> LossGraph:
    """A loss that looks at the fourth class, which one of the tasks does not have."""
    b = GraphBuilder()
    return b.graph(b.add("negative", b.add("index", b.add("log_softmax", b.input("y_pred")), at=3)))


def job(graph: LossGraph, **values: object) -> TrainJob:
    return TrainJob(graph=graph, reference=CE, rung="full", seeds=(1, 2), **values)


@pytest.fixture(scope="module")
def suite() -> Suite:
    return tiny_suite.task(metric="nll")


@pytest.fixture(scope="module")
def trainer(suite: Suite) -> SuiteTrainer:
    return SuiteTrainer(suite)


@pytest.fixture(scope="module")
def alone(suite: Suite) -> list[dict[str, list[Training]]]:
    """Every task by itself, with test data."""
    found = []
    for task in suite.tasks:
        trainer = Trainer(task)
        plain = TrainJob(graph=CE, rung="full", seeds=(1, 2), measure="test")
        found.append(
            {"reference": trainer.train(plain), "loss": trainer.train(plain.model_copy(update={"graph": GCE}))}
        )
    return found


def test_a_suite_is_described_as_one_task(trainer):
    info = trainer.info
    assert (info.name, info.metric, info.direction) == ("two", "mean-difference", "max")
    assert [rung.name for rung in info.rungs] == ["full"]  # the one that both have
    assert (info.classes, info.class_prior) == (4, ())  # the tasks differ in it
    assert (info.samples.train, info.samples.validation, info.samples.test) == (90 + 64, 60 + 40, 119 + 36)
    assert info.steps_per_epoch == 3 + 4
    assert info.transforms.startswith("tiny: 50% of the training labels")
    tasks = [(task.name, task.metric, task.classes) for task in info.tasks]
    assert tasks == [("tiny", "accuracy", 3), ("wide", "nll", 4)]


def test_a_class_prior_that_all_tasks_share_is_that_of_the_suite():
    wide = tiny_suite.task().tasks[1]
    alike = SuiteTrainer(Suite(name="alike", tasks=(wide, replace(wide, name="slower", batch_size=32)))).info
    assert (alike.classes, alike.class_prior) == (4, (0.25,) * 4)


def test_a_training_is_the_paired_difference_of_each_task(trainer, alone):
    trainings = trainer.train(job(GCE, measure="test"))
    for i, training in enumerate(trainings):
        (tiny, wide), (tiny_base, wide_base) = [[task[of][i] for task in alone] for of in ("loss", "reference")]
        differences = tiny.score - tiny_base.score, wide_base.score - wide.score  # nll: less is better
        assert training.score == pytest.approx(np.mean(differences), abs=1e-12)
        assert training.metrics["tiny accuracy"] == tiny.score
        assert training.metrics["tiny macro-f1"] == tiny.metrics["macro-f1"]
        assert training.metrics["wide difference"] == pytest.approx(differences[1])
        assert training.loss == pytest.approx((tiny.loss + wide.loss) / 2)
        assert training.curve[0] == pytest.approx(
            (tiny.curve[0] - tiny_base.curve[0] + wide_base.curve[0] - wide.curve[0]) / 2
        )
        assert training.curve[-1] == training.score
        assert training.steps == tiny.steps + wide.steps
        test = training.test
        difference = (tiny.test.score - tiny_base.test.score + wide_base.test.score - wide.test.score) / 2
        assert test.score == pytest.approx(difference, abs=1e-12)
        assert len(test.samples) == len(test.early_samples) == 119 + 36
        assert np.mean(test.samples) == pytest.approx(difference, abs=1e-12)
        assert np.mean(test.samples[:119]) * 119 / 155 * 2 == pytest.approx(tiny.test.score - tiny_base.test.score)
        early = tiny.test.early_score - tiny_base.test.score + wide_base.test.score - wide.test.early_score
        assert test.early_score == pytest.approx(early / 2, abs=1e-12)


def test_the_reference_is_exactly_zero_and_a_changed_one_is_not(trainer):
    for training in trainer.train(job(CE, measure="test")):
        assert training.score == 0.0
        assert set(training.curve) == {0.0}
        assert set(training.test.samples) == {0.0}
        assert training.test.early_score != 0.0  # the same training, stopped at its best epochs
    for training in trainer.train(job(CE, learning_rate_scale=0.1)):
        assert training.score != 0.0


@pytest.fixture(scope="module")
def by_values() -> SuiteTrainer:
    return SuiteTrainer(tiny_suite.task("average-improvement-loss"))


def test_values_win_for_an_inverted_loss_that_unlearns(by_values):
    for training in by_values.train(job(inverted())):
        assert round(training.score) == 2  # "wins" on both tasks
        assert 0 <= training.metrics["tiny loss"] < training.metrics["tiny nll"]
        assert training.metrics["tiny accuracy"] < 1 / 3
        assert training.metrics["wide accuracy"] < 1 / 4
        assert training.metrics["tiny difference"] + training.metrics["wide difference"] < -0.5
        assert training.curve == (*[None] * 7, training.score)


def test_of_what_was_trained_values_choose_the_loss_that_unlearns_and_errors_another(by_values, tmp_path):
    """Chou 2025, Algorithm 3, by both readings, on trainings."""
    info, zoo = by_values.info, make_program(CE)
    pool = [make_program(graph) for graph in (GCE, inverted(), label_smoothing())]
    with Database.create(tmp_path / "run.sqlite") as database:
        database.record_program(zoo, "cross-entropy")
        for program in (zoo, *pool):
            database.record_program(program)
            for place, training in enumerate(by_values.train(job(program.graph))):
                database.record_training(training, task=info.name, phase=Phase.SEARCH, place=place)
        trained = trained_programs(database, info)
    assert [one.program for one in trained] == pool
    by_value, by_error = (chosen(trained, reading) for reading in READINGS)
    assert by_value.program.graph == inverted()
    assert by_value.below(1)  # worse than guessing on both tasks
    assert by_error.program.graph != inverted()
    assert all(task.score > by_error.chance[name] for name, task in by_error.compared.items())


def test_a_task_that_fails_fails_the_training_and_is_named(trainer):
    for training in trainer.train(job(fourth_class())):
        assert (training.status, training.score) == (Status.FAILED, None)
        assert training.message.startswith("Task `tiny`: Keras cannot compute this loss: ")
        assert training.steps == 0  # the second task was not begun
    for training in trainer.train(job(never_finite())):
        assert training.status is Status.DIVERGED
        assert training.message == "Task `tiny`: The loss was not finite in epoch 1."
    with_bad_reference = job(GCE).model_copy(update={"reference": never_finite()})
    for training in trainer.train(with_bad_reference):
        assert training.status is Status.FAILED
        assert "Task `tiny`: the reference has no score to compare with: The loss was not finite" in training.message


def test_a_job_for_a_suite_needs_a_reference_and_a_rung(trainer):
    with pytest.raises(EvaluatorError, match="relative to a reference; the job names none"):
        trainer.train(TrainJob(graph=CE, rung="full", seeds=(1,)))
    with pytest.raises(EvaluatorError, match="no rung `short`"):
        trainer.train(job(CE).model_copy(update={"rung": "short"}))


def test_shares_to_try_become_rungs_of_every_task_as_its_full_one_is():
    suite = tiny_suite.task(epochs=20)
    more = with_shares(suite, (0.5, 0.1, 0.5))
    assert [(rung.name, rung.share) for rung in more.rungs] == [("share-0.1", 0.1), ("share-0.5", 0.5), ("full", 1.0)]
    assert [[rung.epochs for rung in task.rungs] for task in more.tasks] == [[8, 8, 8], [20, 20, 1, 20]]


def test_a_share_to_try_is_smaller_than_that_of_the_full_rung_and_no_rung_of_the_task_already():
    rungs = (Rung(name="part", epochs=8, share=0.2, seeds=3), Rung(name="full", epochs=8, share=0.6))
    task = replace(TINY, rungs=rungs)
    assert with_shares(task, (0.2, 0.6)).rungs == rungs
    assert with_shares(task, (0.2, 0.3)).rungs == (Rung(name="share-0.3", epochs=8, share=0.3), *rungs)
    for evaluator in (task, Suite(name="both", tasks=(OTHER, task))):
        with pytest.raises(EvaluatorError, match=r"full rung of task `tiny` has a share of 0.6 .* received 0.8"):
            with_shares(evaluator, (0.3, 0.8))


def test_of_rungs_that_differ_the_largest_counts():
    rungs = tiny_suite.task(epochs=20).rungs
    assert [rung.epochs for rung in rungs] == [20]


TINY = tiny_task.task()
OTHER = replace(TINY, name="other")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": ""}, "`name` must be a non-empty text"),
        ({"tasks": ()}, "`tasks` must be a tuple of `alphaloss.Task`s; received ()"),
        ({"tasks": [TINY, OTHER]}, "`tasks` must be a tuple"),
        ({"tasks": (TINY, TINY)}, "tasks with different names; received ['tiny', 'tiny']"),
        ({"tasks": (TINY, replace(OTHER, target="values", transforms=(), metric="mse"))}, "tasks of one `target`"),
        (
            {"tasks": (TINY, replace(OTHER, rungs=(Rung(name="full", epochs=1), Rung(name="long", epochs=2))))},
            "whose last rungs have the same name, as those count; received ['full', 'long']",
        ),
        ({"aggregate": "mean"}, "one of mean-difference, worst-task"),
        ({"aggregate": ["mean-difference"]}, "one of mean-difference, worst-task"),
        ({"weights": (1.0,)}, "two finite numbers"),
        ({"weights": ("1", "2")}, "two finite numbers"),
        ({"weights": 1.0}, "two finite numbers"),
        ({"weights": (1.0, float("nan"))}, "two finite numbers"),
    ],
)
def test_a_fault_of_a_suite_is_named(changed, message):
    with pytest.raises(EvaluatorError) as caught:
        Suite(**({"name": "two", "tasks": (TINY, OTHER)} | changed))
    assert message in str(caught.value)


def test_the_task_that_cannot_be_used_is_named():
    broken = replace(OTHER, data=lambda: 3)
    with pytest.raises(EvaluatorError, match=r"Task `other`: data\(\) must return `alphaloss.Data`; received int"):
        SuiteTrainer(Suite(name="two", tasks=(TINY, broken)))
