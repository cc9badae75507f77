"""What an algorithm costs when many programs were told, and how searches end on a made-up landscape.

python benchmarks/population.py [PROGRAMS]      milliseconds of ask and tell, and memory
python benchmarks/population.py --searches      true scores of what algorithms end with, by the noise of a training
"""

from __future__ import annotations

import itertools
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the landscape is the tests'

from algorithms.landscape import Landscape

from alphaloss.algorithms import Algorithm, BestOfN, Islands, Tournament
from alphaloss.config import IslandSettings, TournamentSettings, VariationSettings
from alphaloss.records import Program
from alphaloss.scores import Scores

WAVE = 4
SEARCHES = 100
Maker = Callable[[Program, Scores], Algorithm]


def islands(seed: int, **settings: float) -> Maker:
    """Islands as they are by default, but for some settings."""
    return lambda start, scores: Islands(
        IslandSettings(**settings), VariationSettings(), [start], scores, seed=seed, most_seeds=4
    )


ALGORITHMS: dict[str, Callable[[int], Maker]] = {
    "islands": islands,
    "islands, no repeats": lambda seed: islands(seed, repeats=0.0),
    "tournament": lambda seed: (
        lambda start, scores: Tournament(TournamentSettings(), VariationSettings(), [start], scores, seed=seed)
    ),
    "best of n": lambda seed: lambda start, scores: BestOfN([start], scores, seed=seed),
}


def print_costs(programs: int) -> None:
    """Milliseconds of processor time of ask, best(8) and tell, in ten parts of a long search; memory of a program."""
    landscape = Landscape(seed=0)
    algorithm = islands(seed=0)(landscape.start, landscape.scores())
    print(f"{'programs told':>14}{'ask ms':>9}{'p99':>8}{'best ms':>9}{'p99':>8}{'tell ms':>9}{'p99':>8}")
    for part in range(1, 11):
        times = np.array(list(_waves(landscape, algorithm, programs // WAVE // 10)))
        cells = [f"{np.median(times[:, i]):9.2f}{np.quantile(times[:, i], 0.99):8.2f}" for i in range(3)]
        print(f"{part * programs // 10:14}{''.join(cells)}", flush=True)
    tracemalloc.start()
    waves = 250
    before = _own_bytes()
    deque(_waves(landscape, algorithm, waves), maxlen=0)
    print(f"bytes that a told program adds: {(_own_bytes() - before) / (waves * WAVE):.0f}")


def _own_bytes() -> int:
    """What the algorithm and the scores hold, without the landscape."""
    own = [tracemalloc.Filter(True, f"*/{name}") for name in ("algorithms/*", "scores.py", "deap/*")]
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(own).traces)


def _waves(landscape: Landscape, algorithm: Algorithm, count: int) -> Iterator[tuple[float, float, float]]:
    for _ in range(count):
        start = time.process_time()
        wave = algorithm.ask(WAVE)
        asked = time.process_time()
        algorithm.best(8)
        shown = time.process_time()
        told = [landscape.answer(variation) for variation in wave]
        telling = time.process_time()
        algorithm.tell(wave, told)
        yield 1e3 * (asked - start), 1e3 * (shown - asked), 1e3 * (time.process_time() - telling)


def print_searches() -> None:
    """Mean and standard error over searches, each algorithm on the same landscapes."""
    print(f"{SEARCHES} searches each: true score of the best (standard error), what is claimed for it; of the champion")
    print(f"{'trainings':>9}{'noise':>7}  {'algorithm':20}{'best':>14}{'claimed':>9}{'champion':>14}{'repeats':>9}")
    for evaluations, noise in itertools.product((88, 160), (0.03, 0.06, 0.09)):
        for name, make in ALGORITHMS.items():
            rows = np.array([_search(seed, noise, evaluations, make) for seed in range(SEARCHES)])
            best, claimed, champion, repeats = rows.mean(axis=0)
            error, _, its_error, _ = rows.std(axis=0, ddof=1) / np.sqrt(SEARCHES)
            print(
                f"{evaluations:9}{noise:7}  {name:20}{best:6.3f} ({error:.3f}){claimed:9.3f}"
                f"{champion:6.3f} ({its_error:.3f}){repeats:9.1f}",
                flush=True,
            )


def _search(seed: int, noise: float, evaluations: int, make: Callable[[int], Maker]) -> tuple[float, ...]:
    landscape = Landscape(seed, noise)
    algorithm = landscape.search(make(seed), evaluations, WAVE)
    best, champion = algorithm.hall_of_fame[0], landscape.champion(algorithm)
    repeats = sum(landscape.trainings.values()) - len(landscape.trainings) - 1
    return landscape.truth(best.program), best.score.mean, landscape.truth(champion), repeats


if __name__ == "__main__":
    if "--searches" in sys.argv:
        print_searches()
    else:
        print_costs(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
