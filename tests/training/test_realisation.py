"""What a seed trains with: transforms in their order, and shares that lie within each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import small_task as small
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.training.realisation import realise
from alphaloss.training.transforms import LongTail, Subsample, SymmetricNoise

DATA = small.data()
seeds = st.integers(0, 2**32)


def task_with(*transforms, validation_noise=False):
    return replace(small.task(), transforms=transforms, validation_noise=validation_noise)


@given(seed=seeds, low=st.floats(0.01, 1), high=st.floats(0.01, 1), noise=st.floats(0, 0.9))
def test_a_share_keeps_the_labels_of_the_full_rung_and_lies_within_larger_ones(seed, low, high, noise):
    low, high = sorted((low, high))
    task = task_with(SymmetricNoise(rate=noise))
    small_part, large, full = (realise(task, DATA, 3, seed, share) for share in (low, high, 1.0))
    assert set(small_part.chosen) <= set(large.chosen) <= set(full.chosen)
    assert (full.chosen == np.arange(100)).all()
    for part in (small_part, large):
        assert (part.labels == full.labels[part.chosen]).all()
        assert (np.diff(part.chosen) > 0).all()
        assert (np.unique(part.labels) == np.unique(full.labels)).all()
        assert (part.validation == DATA.y_validation).all()


@given(seed=seeds)
def test_transforms_apply_in_their_order(seed):
    # Noise before the long tail: the tail is of the noisy labels. After it: only of the kept samples' own labels.
    tail = LongTail(imbalance=10)
    before = realise(task_with(SymmetricNoise(rate=0.5), tail), DATA, 3, seed)
    counts = np.bincount(before.labels, minlength=3)
    assert (np.diff(counts) < 0).all()
    after = realise(task_with(tail, SymmetricNoise(rate=0.5)), DATA, 3, seed)
    assert np.bincount(DATA.y_train[after.chosen]).tolist() == [33, 10, 3]  # 33, 33 / sqrt(10), 33 / 10


@given(seed=seeds)
def test_validation_gets_the_noise_but_keeps_all_samples(seed):
    sampled = realise(task_with(Subsample(share=0.5), validation_noise=True), DATA, 3, seed)
    assert (sampled.validation == DATA.y_validation).all()
    assert len(sampled.chosen) == 17 + 16 + 16  # of 34, 33 and 33; halves are rounded to even
    noisy = realise(task_with(Subsample(share=0.5), SymmetricNoise(rate=0.9), validation_noise=True), DATA, 3, seed)
    assert noisy.validation.shape == DATA.y_validation.shape
    assert (noisy.validation != DATA.y_validation).any()


def test_values_have_no_classes_to_keep_in_proportion():
    values = np.linspace(0, 1, 200).reshape(100, 2)
    data = replace(DATA, y_train=values)
    part = realise(replace(small.task(), target="values", metric="mse"), data, 2, 1, 0.25)
    assert part.labels.shape == (25, 2)
    assert (part.labels == values[part.chosen]).all()
