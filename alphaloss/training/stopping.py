"""When a training of a search is hopeless, so that the rest of its epochs would be wasted."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from alphaloss.training.metrics import Metric

_FEWEST_EPOCHS = 3


def hopeless(curve: Sequence[float], epochs: int, metric: Metric, chance: float) -> str:
    """Looks once, after a third of the epochs and at least three, whether a training has learnt anything at all.

    It has not if none of its scores so far is better than guessing, and if they do not rise: the mean of their later
    half is not better than that of the earlier half. Who starts slowly does either. Losses that train badly, yet
    better than chance, go on: ranking them is the search's business. Measured: `docs/design/training.md`.

    Args:
        curve: validation scores of the epochs so far, at least one.
        epochs: of the whole training.
        metric: of the scores.
        chance: what the best constant prediction scores.

    Returns:
        Why it is hopeless; empty if it is not, or if this is not the epoch to look.
    """
    done = len(curve)
    if done >= epochs or done != max(_FEWEST_EPOCHS, ceil(epochs / 3)):
        return ""
    half = done // 2
    rising = metric.better(float(np.mean(curve[-half:])), float(np.mean(curve[:half])))
    if rising or any(metric.better(score, chance) for score in curve):
        return ""
    return (
        f"No better than guessing after {done} of {epochs} epochs: {metric.name} {curve[-1]:.3f}, guessing "
        f"{chance:.3f}."
    )
