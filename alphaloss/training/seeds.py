"""What a seed draws: initial weights and dropout, the batch order, and the realisation of the label transforms."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class _Stream(IntEnum):
    WEIGHTS = 0
    ORDER = 1
    LABELS = 2
    PRIOR = 3


def weights_seed(seed: int) -> int:
    """The number for `keras.utils.set_random_seed` before the model is built: initial weights, dropout."""
    return int(np.random.SeedSequence([seed, _Stream.WEIGHTS]).generate_state(1)[0])


def order_rng(seed: int) -> np.random.Generator:
    """Draws one permutation of the training samples an epoch."""
    return np.random.default_rng([seed, _Stream.ORDER])


def labels_rng(seed: int) -> np.random.Generator:
    """Draws the label transforms, training labels first."""
    return np.random.default_rng([seed, _Stream.LABELS])


def prior_rng() -> np.random.Generator:
    """Draws the realisation of the label transforms in which the class prior is counted: fixed, and no training's."""
    return np.random.default_rng([0, _Stream.PRIOR])
