"""The digits with wrong training labels: a task on which cross-entropy memorises what it should not."""

from __future__ import annotations

from dataclasses import replace

from alphaloss import AsymmetricNoise, EvaluatorError, SymmetricNoise, Task
from alphaloss.evaluators import digits

KINDS: dict[str, type[SymmetricNoise | AsymmetricNoise]] = {"symmetric": SymmetricNoise, "asymmetric": AsymmetricNoise}


def task(noise: float = 0.4, kind: str = "symmetric", validation_noise: bool = False) -> Task:
    """The digits task with label noise.

    Args:
        noise: the share of training labels that are wrong; below one half if `kind` is asymmetric.
        kind: `symmetric`, where a wrong label is any other digit, or `asymmetric`, where it is the next one (9: 0).
        validation_noise: whether the 200 validation labels are wrong at the same rate; else they are trusted.
    """
    if kind not in KINDS:
        raise EvaluatorError(f"The option `kind` must be {' or '.join(KINDS)}; received {kind!r}.")
    return replace(
        digits.task,
        name="digits-noisy",
        transforms=(KINDS[kind](rate=noise),),
        validation_noise=validation_noise,
    )
