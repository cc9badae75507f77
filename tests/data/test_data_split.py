"""Splitting a validation part off: no sample is lost, doubled or moved, and the classes keep their proportions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from alphaloss import EvaluatorError
from alphaloss.data import Dataset, label_transforms, split
from alphaloss.training.transforms import AsymmetricNoise, LongTail, SymmetricNoise


def numbered(counts: list[int]) -> Dataset:
    """As many samples of each class as `counts` says, each with its own number; two of each class for the test."""
    y = np.repeat(np.arange(len(counts)), counts)
    y_test = np.repeat(np.arange(len(counts)), 2)
    x = np.arange(len(y) + len(y_test), dtype=np.float32).reshape(-1, 1)
    return Dataset(x_train=x[: len(y)], y_train=y, x_test=x[len(y) :], y_test=y_test)


@given(
    counts=st.lists(st.integers(8, 40), min_size=2, max_size=6),
    share=st.floats(0.2, 0.6),
    stratify=st.booleans(),
    seed=st.integers(0, 9),
)
def test_every_sample_is_in_one_part_with_its_label(counts, share, stratify, seed):
    dataset = numbered(counts)
    data = split(dataset, share, stratify=stratify, seed=seed)
    numbers = np.concatenate([data.x_train, data.x_validation]).ravel().astype(int)
    assert np.array_equal(np.sort(numbers), np.arange(sum(counts)))
    labels = np.concatenate([data.y_train, data.y_validation])
    assert np.array_equal(labels, dataset.y_train[numbers])
    assert len(data.y_validation) == round(share * sum(counts))
    assert data.x_test is dataset.x_test
    if stratify:
        expected = np.array(counts) * len(data.y_validation) / sum(counts)
        assert np.abs(np.bincount(data.y_validation, minlength=len(counts)) - expected).max() < 1
    again = split(dataset, share, stratify=stratify, seed=seed)
    assert np.array_equal(again.x_train, data.x_train)


def test_counts_choose_how_many_and_the_seed_which():
    dataset = numbered([60, 30])
    data = split(dataset, 15, train=30)
    assert np.bincount(data.y_train).tolist() == [20, 10]
    assert np.bincount(data.y_validation).tolist() == [10, 5]
    assert not set(data.x_train.ravel()) & set(data.x_validation.ravel())
    other = split(dataset, 15, train=30, seed=1)
    assert not np.array_equal(np.sort(other.x_validation, axis=0), np.sort(data.x_validation, axis=0))


def test_the_split_of_the_published_recipe_is_scikit_learns():
    dataset = numbered([50, 50])
    expected, held = train_test_split(dataset.x_train, test_size=0.1, random_state=42)
    data = split(dataset, 0.1, stratify=False, seed=42)
    assert np.array_equal(data.x_train, expected)
    assert np.array_equal(data.x_validation, held)


@pytest.mark.parametrize(
    ("counts", "arguments", "says"),
    [
        ([5, 5], {"validation": 10}, "10 training samples cannot give 10 for validation and some for training"),
        ([5, 5], {"validation": 4, "train": 7}, "cannot give 4 for validation and 7 for training"),
        ([5, 5], {"validation": 0}, "cannot give 0 for validation"),
        ([5, 2], {"validation": 3}, "class 1 has 2 training samples; a stratified split needs 3"),
        ([5, 5, 5], {"validation": 2}, "2 samples cannot hold all 3 classes"),
        ([5, 5, 5], {"validation": 3, "train": 2}, "2 samples cannot hold all 3 classes"),
    ],
)
def test_too_few_samples_are_refused_in_a_sentence(counts, arguments, says):
    with pytest.raises(EvaluatorError) as refused:
        split(numbered(counts), **arguments)
    assert says in str(refused.value)


def test_the_options_of_spoilt_labels():
    assert label_transforms(0.0) == ()
    assert label_transforms(0.3) == (SymmetricNoise(rate=0.3),)
    both = (LongTail(imbalance=20), AsymmetricNoise(rate=0.2))
    assert label_transforms(0.2, "asymmetric", 20) == both
    with pytest.raises(EvaluatorError, match="`kind` must be symmetric or asymmetric; received 'pair'"):
        label_transforms(0.2, "pair")
