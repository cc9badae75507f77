"""The digits with wrong training labels: a task on which cross-entropy memorises what it should not."""

from __future__ import annotations

from dataclasses import replace

from alphaloss import Task
from alphaloss.data import label_transforms
from alphaloss.evaluators import digits


def task(noise: float = 0.4, kind: str = "symmetric", validation_noise: bool = False) -> Task:
    """The digits task with label noise.

    Args:
        noise: the share of training labels that are wrong; below one half if `kind` is asymmetric.
        kind: `symmetric`, where a wrong label is any other digit, or `asymmetric`, where it is the next one (9: 0).
        validation_noise: whether the 200 validation labels are wrong at the same rate; else they are trusted.
    """
    return replace(
        digits.task,
        name="digits-noisy",
        transforms=label_transforms(noise, kind),
        validation_noise=validation_noise,
    )
