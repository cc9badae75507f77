"""Label noise: how many labels change, and to what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alphaloss.training import AsymmetricNoise, SymmetricNoise


def test_symmetric_noise_replaces_its_share_by_other_classes_evenly():
    labels = np.zeros(30_000, int)
    noisy = SymmetricNoise(rate=0.4).apply(labels, 4, np.random.default_rng(0))
    shares = np.bincount(noisy, minlength=4) / len(labels)
    # Binomial with 30,000 draws: a standard deviation is below 0.003.
    np.testing.assert_allclose(shares, [0.6, 0.4 / 3, 0.4 / 3, 0.4 / 3], atol=0.012)
    assert (labels == 0).all()


def test_asymmetric_noise_replaces_its_share_by_the_next_class_and_the_last_by_the_first():
    labels = np.repeat([0, 1, 2], 30_000)
    noisy = AsymmetricNoise(rate=0.4).apply(labels, 3, np.random.default_rng(0))
    became = np.array([np.bincount(noisy[labels == c], minlength=3) for c in range(3)]) / 30_000
    # Rows are the transition matrix of pair flipping (Han et al. 2018); a standard deviation is below 0.003.
    np.testing.assert_allclose(became, [[0.6, 0.4, 0], [0, 0.6, 0.4], [0.4, 0, 0.6]], atol=0.012)


@given(
    noise=st.one_of(
        st.builds(SymmetricNoise, rate=st.floats(0, 0.99)), st.builds(AsymmetricNoise, rate=st.floats(0, 0.49))
    ),
    classes=st.integers(2, 100),
    seed=st.integers(0, 2**32),
)
def test_labels_stay_labels_and_a_seed_draws_them_again(noise, classes, seed):
    labels = np.arange(200, dtype=np.int32) % classes
    noisy = noise.apply(labels, classes, np.random.default_rng(seed))
    assert (noisy.dtype, noisy.shape) == (labels.dtype, labels.shape)
    assert 0 <= noisy.min() <= noisy.max() < classes
    assert (noisy == noise.apply(labels, classes, np.random.default_rng(seed))).all()
    if noise.rate == 0:
        assert (noisy == labels).all()


@pytest.mark.parametrize(
    ("noise", "rate"), [(SymmetricNoise, -0.1), (SymmetricNoise, 1.0), (AsymmetricNoise, -0.1), (AsymmetricNoise, 0.5)]
)
def test_a_rate_at_which_nothing_could_be_learnt_is_refused(noise, rate):
    with pytest.raises(ValidationError):
        noise(rate=rate)


def test_each_says_what_it_does():
    assert SymmetricNoise(rate=0.4).sentence.startswith("40% of the training labels become a random other class")
    assert AsymmetricNoise(rate=0.3).sentence.startswith("30% of each class's training labels become the next class")
