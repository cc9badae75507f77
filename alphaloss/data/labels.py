"""The options that tasks with spoilt training labels share."""

from __future__ import annotations

from alphaloss.errors import EvaluatorError
from alphaloss.training.transforms import AsymmetricNoise, LongTail, SymmetricNoise, Transform

_KINDS: dict[str, type[SymmetricNoise | AsymmetricNoise]] = {"symmetric": SymmetricNoise, "asymmetric": AsymmetricNoise}


def label_transforms(noise: float, kind: str = "symmetric", imbalance: float = 1.0) -> tuple[Transform, ...]:
    """What `Task.transforms` gets for an evaluator's options; nothing for a noise of 0 and an imbalance of 1.

    The long tail comes first: noise then hits what is left of each class.

    Args:
        noise: share of training labels that are wrong, 0 to 1; below one half if `kind` is asymmetric.
        kind: `symmetric`, where a wrong label is any other class, or `asymmetric`, where it is the next one.
        imbalance: how many times as many training samples the first class has as the last, at least 1.

    Raises:
        EvaluatorError: `kind` is neither.
        pydantic.ValidationError: a number is out of its range.
    """
    if kind not in _KINDS:
        raise EvaluatorError(f"The option `kind` must be {' or '.join(_KINDS)}; received {kind!r}.")
    transforms: list[Transform] = []
    if imbalance != 1:
        transforms.append(LongTail(imbalance=imbalance))
    if noise != 0:
        transforms.append(_KINDS[kind](rate=noise))
    return tuple(transforms)
