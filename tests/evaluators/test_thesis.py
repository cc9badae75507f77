"""The thesis' suite, and the same with small networks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from alphaloss.errors import EvaluatorError
from alphaloss.evaluators import thesis_cpu
from alphaloss.training import find_evaluator
from alphaloss.training.loading import load_task

CLASSES = {"digits": 10, "clutter": 10, "pairs": 100}


def test_the_thesis_trains_on_three_data_sets_in_batches_of_64_by_the_published_recipe():
    suite = load_task(find_evaluator("thesis"), {"epochs": 10, "aggregate": "average-improvement-error"})
    assert [task.name for task in suite.tasks] == [
        *("inceptionv3-cifar10", "inceptionv3-fashion-mnist", "inceptionv3-cifar100")
    ]
    assert {(task.batch_size, task.rungs[-1].epochs, task.transforms) for task in suite.tasks} == {(64, 10, ())}
    assert suite.aggregate == "average-improvement-error"
    assert load_task(find_evaluator("thesis"), {}).aggregate == "average-improvement-loss"


def test_the_data_sets_of_the_thesis_can_be_read_from_a_folder(tmp_path):
    shapes = {"cifar10": ((32, 32, 3), 10), "fashion_mnist": ((28, 28), 10), "cifar100": ((32, 32, 3), 100)}
    for name, (shape, classes) in shapes.items():
        y = np.arange(2 * classes) % classes
        x = np.zeros((len(y), *shape), np.uint8)
        np.savez(tmp_path / f"{name}.npz", x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
    suite = load_task(find_evaluator("thesis"), {"data": str(tmp_path)})
    for task, (shape, classes) in zip(suite.tasks, shapes.values(), strict=True):
        data = task.data()
        assert data.x_train.shape[1:3] == shape[:2]
        assert (len(data.y_train), len(data.y_validation)) == (1.8 * classes, 0.2 * classes)  # a tenth validates
    (tmp_path / "cifar100.npz").unlink()
    with pytest.raises(EvaluatorError, match=r"cifar100\.npz"):
        suite.tasks[2].data()


@pytest.fixture(scope="module")
def suite():
    return load_task(find_evaluator("thesis-cpu"), {"epochs": 4})


def test_the_small_suite_has_as_many_classes_as_the_thesis_and_validates_with_a_tenth(suite):
    assert [task.name for task in suite.tasks] == [*CLASSES]
    for task in suite.tasks:
        data = task.data()
        assert len(data.y_validation) * 9 == len(data.y_train)
        assert task.rungs[-1].epochs == 4
        for y in (data.y_train, data.y_test):
            assert set(y) == set(range(CLASSES[task.name]))
        for x in (data.x_train, data.x_validation, data.x_test):
            assert x.min() == 0.0
            assert x.max() == 1.0


def test_no_image_is_made_of_parts_of_two_parts_of_the_data():
    whole = load_digits().data / 16
    parts = thesis_cpu.parts()
    assert {name: len(y) for name, (_, y) in parts.items()} == {"train": 1080, "validation": 120, "test": 597}
    images = np.concatenate([x.reshape(-1, 64) for x, _ in parts.values()])
    assert len(np.unique(images, axis=0)) == len(np.unique(whole, axis=0)) == len(whole)  # each image once
    pairs = thesis_cpu.drawn(thesis_cpu.pairs)
    for part, (x, y) in parts.items():
        known = {image.tobytes(): label for image, label in zip(x, y, strict=True)}
        drawn, labels = getattr(pairs, f"x_{part}"), getattr(pairs, f"y_{part}")
        for image, label in zip(drawn, labels, strict=True):
            left, right = np.ascontiguousarray(image[:, :8]), np.ascontiguousarray(image[:, 8:])
            assert label == 10 * known[left.tobytes()] + known[right.tobytes()]


def test_the_label_of_a_cluttered_image_is_that_of_the_stronger_digit():
    x = np.zeros((2, 8, 8, 1), "float32")
    x[0, 0], x[1, 1] = 1.0, 1.0
    made, labels = thesis_cpu.clutter((x[:1], np.array([3])), (x[1:], np.array([7])))
    assert labels.tolist() == [3]
    assert made[0, 0].min() == 1.0
    assert made[0, 1] == pytest.approx(thesis_cpu.FAINT)
