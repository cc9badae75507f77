"""What is done to a task's training part, drawn anew for each seed: label noise, and which samples are kept.

Transforms are applied in their order. Label noise can be had on the validation labels as well; which samples are kept
concerns the training part alone, and nothing ever touches the test part.
"""

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


class Outliers(BaseModel):
    """Gross errors in the values of a regression: a contaminated normal distribution.

    As in Tukey, "A survey of sampling from contaminated distributions", 1960, from which robust statistics began.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(ge=0, lt=1, description="probability that a value gets an error")
    scale: float = Field(5.0, gt=0, description="standard deviation of the errors, in those of the output's values")

    def apply(self, labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
        """A noisy copy of the values.

        Args:
            labels: shape (samples, outputs), floats.
            classes: the number of outputs; not needed.
            rng: makes the realisation.

        Returns:
            Values of the same shape and type.
        """
        wrong = rng.random(labels.shape) < self.rate
        errors = rng.normal(size=labels.shape) * self.scale * labels.std(axis=0)
        return np.where(wrong, labels + errors, labels).astype(labels.dtype)

    @property
    def sentence(self) -> str:
        """What it does, for reports."""
        return (
            f"{self.rate:.0%} of the training values get an error of {self.scale:g} standard deviations, drawn anew "
            "for each seed."
        )


class LongTail(BaseModel):
    """Exponential class imbalance: class c keeps n * imbalance^(-c / (classes - 1)) samples (Cui et al., CVPR 2019).

    n is the size of the smallest class, so that every class can give what it should.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    imbalance: float = Field(ge=1, description="samples of the first class for each of the last")

    def choose(self, labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
        """Which samples are kept.

        Args:
            labels: shape (samples,), integers below `classes`, with every class among them.
            classes: how many classes there are, at least 2.
            rng: makes the realisation.

        Returns:
            Indices, shape (kept,), ascending; at least one of each class.
        """
        most = np.bincount(labels, minlength=classes).min()
        kept = np.maximum(1, np.round(most * self.imbalance ** (-np.arange(classes) / (classes - 1)))).astype(int)
        chosen = [rng.permutation(np.flatnonzero(labels == c))[:count] for c, count in enumerate(kept)]
        return np.sort(np.concatenate(chosen))

    @property
    def sentence(self) -> str:
        """What it does, for reports."""
        return f"The training classes shrink exponentially, {self.imbalance:g} to 1, drawn anew for each seed."


class Subsample(BaseModel):
    """A part of the training samples, drawn at random, as many of each class as there are in proportion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(gt=0, le=1, description="part of the samples that is kept")

    def choose(self, labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
        """Which samples are kept.

        Args:
            labels: shape (samples,) of classes, or (samples, outputs) of a regression, which has no classes to keep in
                proportion.
            classes: how many classes there are.
            rng: makes the realisation. With equal states, a smaller share keeps some of what a larger one does.

        Returns:
            Indices, shape (kept,), ascending; at least one of each class.
        """
        order = rng.permutation(len(labels))
        groups = [order[labels[order] == c] for c in range(classes)] if labels.ndim == 1 else [order]
        chosen = [group[: max(1, round(self.share * len(group)))] for group in groups]
        return np.sort(np.concatenate(chosen))

    @property
    def sentence(self) -> str:
        """What it does, for reports."""
        return f"{self.share:.0%} of the training samples are used, drawn anew for each seed."


LabelNoise = SymmetricNoise | AsymmetricNoise | Outliers
"""Changes labels: `apply(labels, classes, rng)` gives a noisy copy."""

Sampling = LongTail | Subsample
"""Keeps some of the training samples: `choose(labels, classes, rng)` gives their indices."""

OfClasses = SymmetricNoise | AsymmetricNoise | LongTail
"""What makes sense for classes only."""

OfValues = Outliers
"""What makes sense for the values of a regression only."""

Transform = LabelNoise | Sampling
"""What `Task.transforms` may hold."""
