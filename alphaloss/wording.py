"""Numbers, times and sentences that more than one report has."""

from __future__ import annotations

from collections.abc import Collection


def number(value: float, *, sign: str = "", decimals: int = 4) -> str:
    """With these decimals, or two digits of what is too small for them; what rounding leaves of zero is zero."""
    enough = abs(value) < 1e-12 or abs(value) >= 10 ** (1 - decimals)
    return f"{value:{sign}z.{decimals}f}" if enough else f"{value:{sign}.2g}"


def duration(seconds: float) -> str:
    """In a unit that leaves two or three digits."""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 9.5 else f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def best_at_the_end(best: float, tried: Collection[float]) -> str:
    """A sentence if the best learning rate lies at the end of those tried; empty if it does not, or is the only one.

    Args:
        best: factor on the learning rate.
        tried: all factors, also those that failed.
    """
    if len(tried) == 1 or min(tried) < best < max(tried):
        return ""
    end, further = ("smallest", "smaller") if best == min(tried) else ("largest", "larger")
    return (
        f"Of the learning rates tried x {best:g} is the {end}: a {further} one may be better still "
        "(selection.learning_rates)."
    )
