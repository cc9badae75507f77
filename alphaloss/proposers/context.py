"""What a proposer may know when it makes a candidate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alphaloss.records import Outcome, Program


@dataclass(frozen=True)
class Context:
    """Everything beside the variation itself.

    Attributes:
        rng: the only source of randomness that a deterministic proposer may use.
        best: the best programs of the search so far, the best first.
        failures: what became of earlier candidates for the same variation.
        wave: number of the variation's wave in the search.
        position: of the variation in its wave.
        alike: how many variations of the wave, this one and later ones, ask for the same, where it is a first attempt.
    """

    rng: np.random.Generator
    best: tuple[Program, ...] = ()
    failures: tuple[Outcome, ...] = ()
    wave: int = 0
    position: int = 0
    alike: int = 1
