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
        training_seconds: that the waves told took, at all rungs.
    """

    def __init__(self, settings: SearchSettings) -> None:
        self.settings = settings
        self.waves = 0
        self.evaluations = 0
        self.training_seconds = 0.0
        self._started = time.monotonic()
        self._barren = 0  # waves in a row without a score
        self._best: float | None = None
        self._best_since = 0  # evaluations that had begun when the best was found

    @property
    def evaluations_left(self) -> int:
        """Of the budget."""
        return self.settings.evaluations - self.evaluations

    @property
    def reached(self) -> str:
        """Why no further wave is asked for; empty while the search goes on."""
        settings = self.settings
        since = self.evaluations - self._best_since
        if self.evaluations_left <= 0:
            return "all evaluations are spent"
        if self._barren >= settings.dead_waves:
            return f"{settings.dead_waves} waves in a row gave no program with a score"
        if settings.patience is not None and since >= settings.patience:
            return f"{since} evaluations in a row brought no better best"
        if settings.minutes is not None and time.monotonic() - self._started >= 60 * settings.minutes:
            return f"{settings.minutes:g} minutes are over"
        if settings.training_seconds is not None and self.training_seconds >= settings.training_seconds:
            return f"{settings.training_seconds:g} seconds of training are spent"
        return ""

    def wave(self, told: Sequence[Told], training_seconds: float, best: float | None) -> None:
        """Counts a wave, after which `best` is the best cautious score."""
        self.waves += 1
        self._barren = 0 if any(t.score is not None for t in told) else self._barren + 1
        self.training_seconds += training_seconds
        if best is not None and (self._best is None or best > self._best):
            self._best, self._best_since = best, self.evaluations
