"""How searches with a cascade end on the made-up landscape of the tests, by the size of waves and what a rung costs.

    python benchmarks/cascade_landscape.py [SEARCHES]

The score of a program at the cheap rung is its true score, an error of its own that further seeds do not lessen, and
the noise of a training. Prints the true score of what a search believes to be best after so much training (standard
error). It shows what noise and waves do, and is no evidence about real losses.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the landscape is the tests'

from algorithms.landscape import NOISE, Landscape
from population import islands

from alphaloss.algorithms import Wave
from alphaloss.cascade import Screened, promote
from alphaloss.records import REPEAT, Told

BUDGETS = (30, 60, 120, 240)  # in trainings at the full rung


class Case(NamedTuple):
    """A cascade over two rungs; without a cost there is none."""

    wave: int
    cost: float | None = 0.3  # of a training at the cheap rung, as a share of one at the full rung
    error: float = 0.03  # of the cheap rung: standard deviation over programs
    keep: float = 1 / 3
    late: float = 0.1


CASES = (
    Case(4, cost=None),
    Case(12, cost=None),
    *(Case(wave) for wave in (4, 8, 12, 18)),
    *(Case(wave, error=0.08) for wave in (4, 8, 12)),
    *(Case(wave, cost=0.6) for wave in (8, 12)),
    Case(8, keep=1 / 2),
    Case(12, keep=1 / 4),
    Case(12, late=0.0),
)


def search(seed: int, case: Case) -> Iterator[float]:
    """Plays a search, one wave late; at each budget the true score of the best that it believes in."""
    landscape, rng = Landscape(seed), np.random.default_rng([seed, 7])
    algorithm = islands(seed)(landscape.start, landscape.scores())
    spent, untold = 0.0, list[tuple[Wave, list[Told]]]()
    for budget in BUDGETS:
        while spent < budget:
            wave = algorithm.ask(case.wave)
            told, cost = _train(landscape, wave, case, rng)
            spent += cost
            untold.append((wave, told))
            if len(untold) > 1:
                algorithm.tell(*untold.pop(0))
        yield landscape.truth(algorithm.hall_of_fame[0].program)


def _train(landscape: Landscape, wave: Wave, case: Case, rng: np.random.Generator) -> tuple[list[Told], float]:
    """What the algorithm is told of a wave, and what its trainings cost."""
    programs = [v.parents[0] if v.operator == REPEAT else landscape.vary(v) for v in wave]
    new = [place for place, variation in enumerate(wave) if variation.operator != REPEAT]
    going, cost = set(range(len(wave))), 0.0
    if case.cost is not None:
        errors = rng.normal(size=(len(new), 2)) @ (case.error, NOISE)
        screened = {p: Screened(landscape.truth(programs[p]) + e, 1) for p, e in zip(new, errors, strict=True)}
        going -= set(new) - set(promote(screened, keep=case.keep, late=case.late, rng=rng))
        cost = case.cost * len(new)
    told = [
        Told(outcome=program, evaluation=landscape.train(program, 1) if place in going else None)
        for place, program in enumerate(programs)
    ]
    return told, cost + len(going)


def main() -> None:
    """Prints a line a case."""
    searches = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(
        f"cost | error | wave | keep | late | after {', '.join(map(str, BUDGETS))} full trainings, {searches} searches"
    )
    for case in CASES:
        found = np.array([list(search(seed, case)) for seed in range(searches)])
        errors = found.std(axis=0, ddof=1) / np.sqrt(searches)
        scores = " ".join(f"{m:.3f} ({e:.3f})" for m, e in zip(found.mean(axis=0), errors, strict=True))
        cost = "full rung only" if case.cost is None else f"{case.cost:g}"
        print(f"{cost} | {case.error:g} | {case.wave} | {case.keep:.2f} | {case.late:g} | {scores}", flush=True)


if __name__ == "__main__":
    main()
