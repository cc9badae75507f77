"""When a failed request is sent again, and after how long: the one place that decides."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import numpy as np

from alphaloss.exchanges import Reply

_TRIES = {
    Reply.RATE_LIMITED: None,
    Reply.SERVER_ERROR: None,
    Reply.CONNECTION: None,
    Reply.PROTOCOL: 2,
    Reply.AUTH: 2,
    Reply.NOT_FOUND: 2,
}
"""Replies after which another try may help, and the most tries that each is worth; None: all that are allowed.

TIMEOUT is not among them: the deadline is the call's, so nothing of it is left. A key or a model that is refused has
passed before the run, when each was asked for a word in one try; a second refusal shows that it is not a gateway's."""

_LONGEST_DOUBLING = 6  # a pause stops growing at 2**6 times the first


def worth_another(reply: Reply, tries: int, attempts: int) -> bool:
    """Whether a call should be tried again.

    Args:
        reply: how the last try ended.
        tries: requests sent so far.
        attempts: the most that are allowed.
    """
    return reply in _TRIES and tries < min(attempts, _TRIES[reply] or attempts)


def pause_before(tries: int, first_seconds: float, asked_seconds: float | None, rng: np.random.Generator) -> float:
    """Seconds to wait before the next try.

    What the service asked for, or `first_seconds` doubled with each try, in both cases with up to as much again (at
    most `first_seconds` of it where the service asked), so that callers that failed together do not come back together.

    Args:
        tries: requests sent so far, at least 1.
        first_seconds: the pause before the second try.
        asked_seconds: what `retry_after` read; None if the service asked for nothing.
        rng: of the jitter; draws once.
    """
    jitter = rng.random()
    if asked_seconds is not None:
        return asked_seconds + first_seconds * jitter
    doubled: float = first_seconds * 2.0 ** min(tries - 1, _LONGEST_DOUBLING)
    return doubled * (1 + jitter)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a service asks to wait; None if it asks for nothing, or not in words that are known.

    Args:
        headers: of its answer; the names in lower case, or a mapping that ignores case.
        now: the time of day, in seconds since 1970, for a header that names a date.
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        seconds = _number(headers.get(name), unit)
        if seconds is not None:
            return seconds
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _number(text: str | None, unit: float) -> float | None:
    try:
        seconds = float(text or "") * unit
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
