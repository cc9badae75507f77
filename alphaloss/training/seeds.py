"""What a seed draws: initial weights and dropout, the batch order, the transforms, and the share of a rung."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class _Stream(IntEnum):
    WEIGHTS = 0
    ORDER = 1
    LABELS = 2
    PRIOR = 3
    SHARE = 4


def weights_seed(seed: int) -> int:
    """The number for `keras.utils.set_random_seed` before the model is built: initial weights, dropout."""
    return int(np.random.SeedSequence([seed, _Stream.WEIGHTS]).generate_state(1)[0])


def order_rng(seed: int) -> np.random.Generator:
    """Draws one permutation of the training samples an epoch."""
    return np.random.default_rng([seed, _Stream.ORDER])


def labels_rng(seed: int) -> np.random.Generator:
    """Draws the transforms, those of the training part first."""
    return np.random.default_rng([seed, _Stream.LABELS])


def share_rng(seed: int) -> np.random.Generator:
    """Draws the samples of a rung that uses a share of them: a stream of its own, the same at every rung."""
    return np.random.default_rng([seed, _Stream.SHARE])


def prior_rng() -> np.random.Generator:
    """Draws the realisation of the transforms in which the class prior is counted: fixed, and no training's."""
    return np.random.default_rng([0, _Stream.PRIOR])
