"""The digits with wrong training labels: a task on which cross-entropy memorises what it should not."""

from __future__ import annotations

from dataclasses import replace

from alphaloss import SymmetricNoise, Task
from alphaloss.evaluators import digits


def task(noise: float = 0.4, validation_noise: bool = False) -> Task:
    """The digits task with symmetric label noise.

    Args:
        noise: the share of training labels that are wrong.
        validation_noise: whether the 200 validation labels are wrong at the same rate; else they are trusted.
    """
    return replace(
        digits.task,
        name="digits-noisy",
        transforms=(SymmetricNoise(rate=noise),),
        validation_noise=validation_noise,
    )
