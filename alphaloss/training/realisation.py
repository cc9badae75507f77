"""What a seed trains with: which samples, and their labels after the task's transforms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from alphaloss.training.seeds import labels_rng, share_rng
from alphaloss.training.task import Data, Task
from alphaloss.training.transforms import LabelNoise, Subsample, Transform


@dataclass(frozen=True)
class Realisation:
    """The training part of one seed at one rung, and the labels that it is validated on.

    Attributes:
        chosen: indices into the training samples, shape (chosen,), ascending.
        labels: of the chosen samples, shape (chosen,), or (chosen, outputs) of a regression.
        validation: labels of all validation samples.
    """

    chosen: np.ndarray
    labels: np.ndarray
    validation: np.ndarray


def realise(task: Task, data: Data, classes: int, seed: int, share: float = 1.0) -> Realisation:
    """Draws it.

    The share is drawn after the transforms and from a stream of its own: at every rung a sample has the same label, and
    the samples of a smaller share are among those of a larger one.

    Args:
        task: gives the transforms.
        data: as the task gives it; its test part is not looked at.
        classes: number of classes, or of outputs of a regression.
        seed: of the training.
        share: of the rung.
    """
    rng = labels_rng(seed)
    chosen, labels = transformed(task.transforms, data.y_train, classes, rng)
    validation = data.y_validation
    if task.validation_noise:
        for transform in task.transforms:
            if isinstance(transform, LabelNoise):
                validation = transform.apply(validation, classes, rng)
    if share < 1:
        kept = Subsample(share=share).choose(labels, classes, share_rng(seed))
        chosen, labels = chosen[kept], labels[kept]
    return Realisation(chosen, labels, validation)


def transformed(
    transforms: Iterable[Transform], labels: np.ndarray, classes: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The samples that are left by the transforms, in their order, and the labels of these.

    Args:
        transforms: of a task.
        labels: of all training samples, shape (samples,) or (samples, outputs).
        classes: number of classes, or of outputs of a regression.
        rng: makes the realisation.

    Returns:
        Indices, shape (chosen,), ascending; and labels, shape (chosen,) or (chosen, outputs).
    """
    chosen = np.arange(len(labels))
    for transform in transforms:
        if isinstance(transform, LabelNoise):
            labels = transform.apply(labels, classes, rng)
        else:
            kept = transform.choose(labels, classes, rng)
            chosen, labels = chosen[kept], labels[kept]
    return chosen, labels
