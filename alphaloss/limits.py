"""When a search ends: its budgets, and what was spent of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from alphaloss.config import SearchSettings
from alphaloss.records import Told


class Limits:
    """What a search has spent, and whether that is enough.

    Attributes:
        waves: that were told.
        evaluations: that were begun.
        trainings: that were begun, at all rungs; whoever begins them keeps it up to date.
        training_seconds: that the waves told took, at all rungs.
    """

    def __init__(self, settings: SearchSettings, wave: int) -> None:
        self.settings = settings
        self._most_barren = settings.dead_waves * wave
        self.waves = 0
        self.evaluations = 0
        self.trainings = 0
        self.training_seconds = 0.0
        self._started = time.monotonic()
        self._barren = 0  # variations in a row without a score; waves may be short
        self._best: float | None = None
        self._best_since = 0  # evaluations that had begun when the best was found

    def left(self, seeds: int) -> int:
        """How many programs may still be begun.

        Args:
            seeds: trainings that a program gets at first.
        """
        evaluations = self.settings.evaluations - self.evaluations
        if self.settings.trainings is None:
            return evaluations
        return min(evaluations, -((self.trainings - self.settings.trainings) // seeds))  # rounded up

    @property
    def reached(self) -> str:
        """Why no further wave is asked for; empty while the search goes on."""
        settings = self.settings
        since = self.evaluations - self._best_since
        minutes = (time.monotonic() - self._started) / 60
        limits = (
            (self.evaluations, settings.evaluations, "all evaluations are spent"),
            (self.trainings, settings.trainings, "all trainings are spent"),
            (self._barren, self._most_barren, f"{self._barren} variations in a row gave no program with a score"),
            (since, settings.patience, f"{since} evaluations in a row brought no better best"),
            (minutes, settings.minutes, f"{settings.minutes or 0:g} minutes are over"),
            (
                self.training_seconds,
                settings.training_seconds,
                f"{settings.training_seconds or 0:g} seconds of training are spent",
            ),
        )
        return next((reason for spent, limit, reason in limits if limit is not None and spent >= limit), "")

    def wave(self, told: Sequence[Told], training_seconds: float, best: float | None) -> None:
        """Counts a wave, after which `best` is the best cautious score."""
        self.waves += 1
        self._barren = 0 if any(t.score is not None for t in told) else self._barren + len(told)
        self.training_seconds += training_seconds
        if best is not None and (self._best is None or best > self._best):
            self._best, self._best_since = best, self.evaluations
