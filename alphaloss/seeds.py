"""Where training seeds come from: one sequence a phase, and no seed in two phases."""

from __future__ import annotations

import numpy as np

from alphaloss.records import Phase

_PHASES = (Phase.SEARCH, Phase.SELECTION, Phase.VERDICT, Phase.EVALUATION)


def phase_seeds(run_seed: int, phase: Phase, count: int) -> tuple[int, ...]:
    """The first `count` seeds of a phase, distinct, below 2**31.

    The last three bits tell the phase, so that phases cannot share a seed, whatever the run's seed.
    """
    mark = _PHASES.index(phase)
    seeds: dict[int, None] = {}
    draw = 0
    while len(seeds) < count:
        word = np.random.SeedSequence([run_seed, mark, draw]).generate_state(1)[0]
        seeds[(int(word) >> 4 << 3) | mark] = None
        draw += 1
    return tuple(seeds)
