"""A circuit breaker: an endpoint that keeps failing is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Counts calls that fail in a row; from the limit on, one passes after each pause, until one succeeds.

        closed --`failures` in a row--> open --pause over: one call--> closed if it succeeds, else open again

    A call that never reports back (it was cancelled) does no harm: the next one passes a pause later.

    Args:
        failures: in a row, after which it opens.
        pause_seconds: how long it stays open.
        clock: seconds that never go back.

    Reference: M. Nygard, "Release It!", 2007, on circuit breakers.
    """

    def __init__(self, failures: int, pause_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._pause = pause_seconds
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    def lets_through(self) -> bool:
        """Whether a call may begin now; when it is open, the answer True is given once a pause."""
        if self._failures < self._limit:
            return True
        if self.remaining > 0:
            return False
        self._until = self._clock() + self._pause
        return True

    @property
    def remaining(self) -> float:
        """Seconds until a call may begin; 0 if one may now."""
        return max(0.0, self._until - self._clock()) if self._failures >= self._limit else 0.0

    def succeeded(self) -> None:
        """The endpoint answered as it should."""
        self._failures = 0

    def failed(self) -> None:
        """The endpoint failed."""
        self._failures += 1
        if self._failures >= self._limit:
            self._until = self._clock() + self._pause
