"""Data that cannot be trained with is refused, with the part and the fault in one sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alphaloss import Data, EvaluatorError
from alphaloss.training.checks import check_data

RNG = np.random.default_rng(0)
X = {"x_train": RNG.random((6, 2)), "x_validation": RNG.random((4, 2)), "x_test": RNG.random((4, 2))}
CLASSES = Data(**X, y_train=np.arange(6) % 3, y_validation=np.arange(4) % 3, y_test=np.arange(4) % 2)
VALUES = Data(**X, y_train=np.arange(6.0), y_validation=np.arange(4.0), y_test=np.arange(4))


def test_classes_are_counted_and_left_as_they_are():
    data, width = check_data(CLASSES, "classes")
    assert width == 3
    assert data is CLASSES


def test_values_become_columns_of_floats():
    data, width = check_data(VALUES, "values")
    assert width == 1
    for part, samples in (("train", 6), ("validation", 4), ("test", 4)):
        y = getattr(data, f"y_{part}")
        assert y.tolist() == [[float(value)] for value in range(samples)]
    two = replace(
        VALUES, **{f"y_{part}": RNG.random((n, 2)) for part, n in (("train", 6), ("validation", 4), ("test", 4))}
    )
    data, width = check_data(two, "values")
    assert width == 2
    np.testing.assert_array_equal(data.y_train, two.y_train)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"y_train": np.array([0, 0, 2, 2, 2, 2])},
            "every class from 0 to 2, the largest label of all parts; it has 2 of",
        ),
        (
            {"y_train": np.zeros(6, int), "y_validation": np.zeros(4, int), "y_test": np.zeros(4, int)},
            "no sample of 1.",
        ),
        ({"y_test": np.array([0, 1, 2, 10**12])}, "every class from 0 to 1000000000000, the largest"),
        ({"y_validation": np.array([0, 1, 2, -1])}, "y_validation has the label -1; labels go from 0"),
        ({"y_validation": np.array([0.0, 1.0, 2.0, 1.0])}, "of a regression say so, with Task(target='values')"),
        ({"x_test": np.array([[0, 0], [0, 1], [0, np.inf], [0, 0]])}, "x_test has NaN or infinity, first in sample 2"),
        ({"x_train": X["x_train"][:0], "y_train": np.zeros(0, int)}, "The train data is empty"),
        ({"x_validation": RNG.random((4, 3))}, "x_validation has samples of shape (3,), x_train of (2,)"),
        ({"x_test": RNG.random((3, 2))}, "x_test has 3 samples but y_test has 4"),
        ({"y_test": [0, 1, 0, 1]}, "y_test must be a numpy array; received list"),
    ],
)
def test_unusable_classes_are_refused(changed, sentence):
    with pytest.raises(EvaluatorError) as refused:
        check_data(replace(CLASSES, **changed), "classes")
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"y_test": np.array([1.0, np.nan, 2.0, 0.0])}, "y_test has NaN or infinity, first in sample 1"),
        ({"y_validation": np.full(4, 2.5)}, "y_validation has the same value 2.5 in every sample, in output 0"),
        ({"y_train": RNG.random((6, 2))}, "train, validation and test have 2, 1, 1 outputs"),
        ({"y_train": RNG.random((6, 2, 2))}, "received float64, shape (6, 2, 2): use y.reshape(len(y), -1)"),
        ({"y_train": np.array(list("abcdef"))}, "the values of a regression, shape (samples,) or (samples, outputs)"),
        ({"y_train": RNG.random((6, 0))}, "shape (6, 0)"),
    ],
)
def test_unusable_values_are_refused(changed, sentence):
    with pytest.raises(EvaluatorError) as refused:
        check_data(replace(VALUES, **changed), "values")
    assert sentence in str(refused.value)
