"""Lowering the learning rate when the validation metric stands still, as `keras.callbacks.ReduceLROnPlateau` does."""

from __future__ import annotations

from math import inf

from pydantic import BaseModel, ConfigDict, Field

from alphaloss.training.metrics import Direction

_LEAST_GAIN = 1e-4  # Keras' min_delta


class ReduceOnPlateau(BaseModel):
    """When a task's learning rate is lowered; the monitor is the task's metric on validation data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: float = Field(0.1, gt=0, lt=1, description="the learning rate is multiplied by it")
    patience: int = Field(10, ge=1, description="epochs without a better score after which it is lowered")
    least: float = Field(0.0, ge=0, description="learning rate below which it is never lowered")


class PlateauWatch:
    """Follows one training. Like Keras, with `cooldown=0`."""

    def __init__(self, plateau: ReduceOnPlateau, direction: Direction) -> None:
        self._plateau = plateau
        self._sign = 1 if direction == "max" else -1
        self._best = -inf
        self._waited = 0

    def rate(self, score: float, rate: float) -> float:
        """The learning rate of the next epoch.

        Args:
            score: validation metric after this epoch.
            rate: learning rate of this epoch.
        """
        if self._sign * score > self._best + _LEAST_GAIN:
            self._best, self._waited = self._sign * score, 0
            return rate
        self._waited += 1
        if self._waited < self._plateau.patience or rate <= self._plateau.least:
            return rate
        self._waited = 0
        return max(rate * self._plateau.factor, self._plateau.least)
