"""Label noise, for experiments: what is done to a task's training labels, drawn anew for each seed."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class SymmetricNoise(BaseModel):
    """Wrong labels: a share of them, drawn at random, becomes one of the other classes, each equally likely."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(ge=0, lt=1, description="probability that a label is replaced")

    def apply(self, labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
        """A noisy copy of the labels.

        Args:
            labels: shape (samples,), integers below `classes`.
            classes: how many classes there are, at least 2.
            rng: makes the realisation.

        Returns:
            Labels of the same shape and type.
        """
        replaced = rng.random(labels.shape) < self.rate
        others = (labels + rng.integers(1, classes, size=labels.shape)) % classes
        return np.where(replaced, others, labels).astype(labels.dtype)

    @property
    def sentence(self) -> str:
        """What it does, for reports."""
        return f"{self.rate:.0%} of the training labels become a random other class, drawn anew for each seed."


class AsymmetricNoise(BaseModel):
    """Wrong labels that always err in the same direction: a share of each class's becomes the next class.

    Also called pair flipping (Han et al., "Co-teaching", 2018); cf. the class-dependent noise of Patrini et al.,
    "Making deep neural networks robust to label noise", 2017. From a rate of one half on, a class's labels would
    mostly belong to another class, and nothing could be learnt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(ge=0, lt=0.5, description="probability that a label is replaced")

    def apply(self, labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
        """A noisy copy of the labels, in which class c may have become (c + 1) mod `classes`.

        Args:
            labels: shape (samples,), integers below `classes`.
            classes: how many classes there are, at least 2.
            rng: makes the realisation.

        Returns:
            Labels of the same shape and type.
        """
        replaced = rng.random(labels.shape) < self.rate
        return np.where(replaced, (labels + 1) % classes, labels).astype(labels.dtype)

    @property
    def sentence(self) -> str:
        """What it does, for reports."""
        return f"{self.rate:.0%} of each class's training labels become the next class, drawn anew for each seed."


Transform = SymmetricNoise | AsymmetricNoise
"""What `Task.transforms` may hold."""
