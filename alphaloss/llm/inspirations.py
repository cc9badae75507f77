"""Which programs a prompt shows beside the parents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alphaloss.gate.duplicates import field_distance
from alphaloss.records import Program


def choose_inspirations(parents: Sequence[Program], best: Sequence[Program], count: int) -> list[Program]:
    """Programs to learn from beside the parents: the best, and of the others those that act most differently.

    Args:
        parents: are not chosen.
        best: the best programs of the search, the best first.
        count: how many at most; the larger half of them are the best.

    Returns:
        The chosen in turns, first a good one: so that those that a short prompt leaves out are the least useful.
    """
    taken = {program.key for program in parents}
    rest = [program for program in best if program.key not in taken]
    good, others = rest[: (count + 1) // 2], rest[(count + 1) // 2 :]
    seen = [*parents, *good]
    different: list[Program] = []
    while others and len(good) + len(different) < count:
        farthest = max(others, key=lambda program: min((_distance(program, s) for s in seen), default=0.0))
        others.remove(farthest)
        seen.append(farthest)
        different.append(farthest)
    turns = [program for pair in zip(good, different, strict=False) for program in pair]
    return [*turns, *good[len(different) :]]


def _distance(a: Program, b: Program) -> float:
    return field_distance(np.array(a.gradient_field), np.array(b.gradient_field))
