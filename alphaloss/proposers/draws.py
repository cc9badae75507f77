"""Random choices that every operator makes: one of several, a factor, a number that reads well."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class NotApplicableError(Exception):
    """The operator has nothing to work on in this graph."""


def pick(choices: Sequence[T], rng: np.random.Generator) -> T:
    """One of the choices, all alike.

    Raises:
        NotApplicableError: there are none.
    """
    if not choices:
        raise NotApplicableError
    return choices[int(rng.integers(len(choices)))]


def number(rng: np.random.Generator, low: float, high: float) -> float:
    """Log-uniform in [low, high], both positive."""
    return three_digits(math.exp(rng.uniform(math.log(low), math.log(high))))


def three_digits(value: float) -> float:
    """Enough for a search, and readable in the printed loss."""
    return float(f"{value:.3g}")
