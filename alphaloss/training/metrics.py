"""The metrics that score a training: external to every loss, computed from logits and labels with numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

Direction = Literal["max", "min"]


@dataclass(frozen=True)
class Metric:
    """A mean over samples, so that an interval can be bootstrapped from the contributions.

    Attributes:
        name: how tasks and reports call it.
        direction: whether larger (`max`) or smaller (`min`) is better.
        samples: from logits (samples, classes) and labels (samples,) to contributions (samples,), float64.
        chance: from labels (samples,) to the score of the best prediction that is the same for all samples.
    """

    name: str
    direction: Direction
    samples: Callable[[np.ndarray, np.ndarray], np.ndarray]
    chance: Callable[[np.ndarray], float]

    def better(self, score: float, than: float) -> bool:
        """Whether `score` is strictly better."""
        return score > than if self.direction == "max" else score < than


def _correct(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    correct: np.ndarray = logits.argmax(axis=-1) == labels
    return correct.astype(np.float64)


def _most_frequent(labels: np.ndarray) -> float:
    return float(np.bincount(labels).max() / len(labels))


METRICS: Mapping[str, Metric] = MappingProxyType(
    {m.name: m for m in [Metric("accuracy", "max", samples=_correct, chance=_most_frequent)]}
)
"""All metrics by name."""
