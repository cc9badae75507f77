"""The small convolutional tasks: their options reach the task, and each trains, on images that are made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from keras import ops
from sklearn.datasets import load_digits

from alphaloss.errors import EvaluatorError
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.records import Status
from alphaloss.training import AsymmetricNoise, LongTail, Rung, SymmetricNoise, TrainJob, find_evaluator
from alphaloss.training.loading import load_task
from alphaloss.training.trainer import Trainer

ANY = LossGraph(
    inputs=("y_true", "y_pred"), nodes=(Node(op="sum", args=(1,), kwargs={"axis": -1}),), output=2
)  # names the result only
SHAPES = {"cnn-fashion-mnist": (28, 28), "cnn-mnist": (28, 28), "cnn-cifar10": (32, 32, 3)}


def digits(folder, shape):
    """scikit-learn's digits, enlarged and padded to `shape`, 1,000 to train with and 200 to test."""
    x, y = load_digits(return_X_y=True)
    x = np.kron((x * 15).astype(np.uint8).reshape(-1, 8, 8), np.ones((1, 3, 3), np.uint8))
    x = np.pad(x, ((0, 0), *[((size - 24) // 2,) * 2 for size in shape[:2]]))
    x = np.repeat(x[..., None], 3, axis=-1) if len(shape) == 3 else x
    path = folder / "digits.npz"
    np.savez(path, x_train=x[:1000], y_train=y[:1000], x_test=x[1000:1200], y_test=y[1000:1200])
    return str(path)


@pytest.mark.parametrize("name", SHAPES)
def test_its_options_reach_the_task(name, tmp_path):
    path = digits(tmp_path, SHAPES[name])
    task = load_task(find_evaluator(name), {"data": path, "train": 600, "validation": 200, "metric": "nll"})
    data = task.data()
    assert (len(data.y_train), len(data.y_validation), len(data.y_test)) == (600, 200, 200)
    assert (data.x_train.dtype, data.x_train.shape[1:3]) == (np.uint8, SHAPES[name][:2])
    assert np.bincount(data.y_validation).min() >= 18  # stratified
    assert (task.name, task.metric, task.transforms) == (name, "nll", (SymmetricNoise(rate=0.4),))
    whole = load_task(find_evaluator(name), {"data": path, "train": 0, "validation": 300, "noise": 0.0})
    assert len(whole.data().y_train) == 700
    assert whole.transforms == ()
    tailed = load_task(find_evaluator(name), {"noise": 0.2, "kind": "asymmetric", "imbalance": 10})
    assert [r.name for r in tailed.rungs] == ["full"]
    if name != "cnn-cifar10":
        rungs = load_task(find_evaluator(name), {"cascade": True}).rungs
        assert [(r.name, r.epochs, r.share) for r in rungs] == [("quarter", 15, 0.25), ("full", 15, 1.0)]
    assert tailed.transforms == (LongTail(imbalance=10), AsymmetricNoise(rate=0.2))


@pytest.mark.parametrize(("name", "epochs", "parameters"), [("cnn-mnist", 5, 103_018), ("cnn-cifar10", 1, 551_018)])
def test_it_trains_as_it_is(name, epochs, parameters, tmp_path):
    options = {"data": digits(tmp_path, SHAPES[name]), "train": 600, "validation": 200, "noise": 0.0}
    task = load_task(find_evaluator(name), options)
    trainer = Trainer(replace(task, rungs=(Rung(name="full", epochs=epochs),)))
    assert trainer.info.classes == 10
    # cnn-mnist: 80 + 1,168 + 785 * 128 + 129 * 10.
    assert trainer.info.parameters == parameters
    job = TrainJob(graph=ANY, rung="full", seeds=(0,))
    (training,) = trainer.train_function(lambda y, z: -ops.sum(y * ops.log_softmax(z), axis=-1), job)
    assert training.status is Status.OK
    if name == "cnn-mnist":
        assert training.score > 0.8
    else:
        assert training.steps == 5  # 600 images in batches of 128


def test_the_options_of_labels_are_checked():
    with pytest.raises(EvaluatorError, match="`kind` must be symmetric or asymmetric; received 'both'"):
        load_task(find_evaluator("cnn-mnist"), {"kind": "both"})
