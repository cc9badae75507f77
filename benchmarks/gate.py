"""What the gate sees and costs: its measures for the zoo, what becomes of bad losses, and milliseconds, check by check.

python benchmarks/gate.py [PROPOSALS]
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "gate"))  # the bad losses are the tests'

import bad_losses

from alphaloss.config import Settings
from alphaloss.gate import Gate, checks, probes
from alphaloss.gate.duplicates import gradient_field
from alphaloss.gate.probes import Space
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import REFERENCE, zoo_names, zoo_source
from alphaloss.proposers import Context, OfflineProposer
from alphaloss.records import Candidate, Code, Program, Variation
from alphaloss.sandbox import Sandbox

SETTINGS = Settings()
WIDTHS: dict[Target, tuple[int, ...]] = {"classes": (2, 10, 100, 1000), "values": (1, 3)}
ABBREVIATIONS = {None: "-", **{code: code.value for code in Code}}


def main(proposals: int) -> None:
    """Prints all tables."""
    with Sandbox(SETTINGS.sandbox) as sandbox:
        for target in WIDTHS:
            good = {name: zoo_source(name) for name in zoo_names(target)}
            bad = getattr(bad_losses, target.upper())
            print_measures(sandbox, target, good)
            print_refusals(sandbox, target, bad)
        print_times(sandbox, proposals)


def print_measures(sandbox: Sandbox, target: Target, sources: dict[str, str]) -> None:
    """Of each good loss, by width: gradient ratio, alignment, steps until it has learnt."""
    print(f"\n{'gradient ratio, alignment, steps to learn':24}", *(f"{Space(target, w)!s:>24}" for w in WIDTHS[target]))
    for name, source in sources.items():
        graph = _traced(sandbox, target, source)
        cells = []
        for width in WIDTHS[target]:
            space = Space(target, width)
            steps = checks.learn(graph, space, SETTINGS.gate).steps
            cells.append(f"{checks.gradient_ratio(graph, space):10.1e}{checks.alignment(graph, space):7.2f}{steps:7}")
        print(f"{name:41}", *cells)


def print_refusals(sandbox: Sandbox, target: Target, losses: dict[str, bad_losses.BadLoss]) -> None:
    """Of each bad loss, by width of the task: the code that it is refused with; and how many each check refuses."""
    print(f"\n{'refused with':41}", *(f"{Space(target, w)!s:>16}" for w in WIDTHS[target]))
    counts: dict[int, Counter[str]] = {width: Counter() for width in WIDTHS[target]}
    for name, bad in losses.items():
        cells = []
        for width in WIDTHS[target]:
            gate = Gate(sandbox, SETTINGS.gate, target=target, classes=width)
            source = bad_losses.source(bad.expression, target, bad.parameters)
            outcome = gate.admit(Candidate(source=source, operator="benchmark"))
            code = getattr(outcome, "code", None)
            counts[width][ABBREVIATIONS[code]] += 1
            cells.append(f"{ABBREVIATIONS[code]:>16}")
        print(f"{name:41}", *cells)
    for code in (*Code, None):
        if any(counts[width][ABBREVIATIONS[code]] for width in counts):
            name = code or "admitted (right at that width)"
            print(f"{name:41}", *(f"{counts[width][ABBREVIATIONS[code]]:16}" for width in counts))


def print_times(sandbox: Sandbox, proposals: int) -> None:
    """Milliseconds of each check and of the whole gate, over what the offline proposer makes."""
    for classes in WIDTHS["classes"]:
        times: dict[str, list[float]] = defaultdict(list)
        outcomes: Counter[str] = Counter()
        gate = Gate(sandbox, SETTINGS.gate, classes=classes)
        for candidate in _proposed(gate, proposals, times):
            outcome = _timed(times, "all checks", gate.admit, candidate)
            outcomes[getattr(outcome, "code", type(outcome).__name__.lower())] += 1
            _check_by_check(gate, candidate, times)
        print(f"\n{f'task of {classes} classes':28}{'median':>9}{'p99':>9}   milliseconds")
        for name, seconds in times.items():
            median, late = np.quantile(seconds, [0.5, 0.99]) * 1e3
            print(f"{name:28}{median:9.1f}{late:9.1f}")
        print("outcomes: " + ", ".join(f"{name} {count}" for name, count in outcomes.most_common()))


def _proposed(gate: Gate, proposals: int, times: dict[str, list[float]]) -> Iterator[Candidate]:
    """Variations of cross-entropy and of what came of it, in a search that keeps all that its own gate admits."""
    nursery = Gate(gate.sandbox, SETTINGS.gate)
    start = nursery.admit(Candidate(source=zoo_source(REFERENCE), operator="start"))
    assert isinstance(start, Program)
    pool = [start]
    proposer = OfflineProposer(SETTINGS.offline, start.graph)
    for number in range(proposals):
        rng = np.random.default_rng([1, number])
        parents = tuple(pool[i] for i in rng.integers(len(pool), size=2))
        crossover = rng.random() < 0.3 and parents[0].key != parents[1].key
        variation = (
            Variation(operator="crossover", parents=parents)
            if crossover
            else Variation(operator="mutate", parents=parents[:1])
        )
        for candidate in _timed(times, "propose and print", proposer.propose, variation, Context(rng=rng)):
            outcome = nursery.admit(candidate)
            if isinstance(outcome, Program):
                pool.append(outcome)
            yield candidate


def _check_by_check(gate: Gate, candidate: Candidate, times: dict[str, list[float]]) -> None:
    graph = _timed(times, "1-2 source, trace, bind", gate.trace, candidate)
    if not isinstance(graph, LossGraph):
        return
    spaces = [Space("classes", width) for width in sorted({*SETTINGS.gate.class_counts, gate.task.width})]
    _timed(times, "2 cost", checks.check_cost, graph, gate.task, gate.settings)
    _timed(times, "3 shape", checks.check_shape, graph, spaces)
    _timed(times, "4 finite", checks.check_finite, graph, spaces)
    _timed(times, "5 per sample", checks.check_per_sample, graph, gate.task)
    _timed(times, "6 gradient", checks.gradient_ratio, graph, gate.task)
    field = gradient_field(graph, probes.typical(Space("classes", 10)))
    _timed(times, "7 duplicate", gate.known.find, graph, field)
    _timed(times, "8 alignment", checks.check_alignment, graph, gate.task, gate.settings)
    _timed(times, "9 bounded", checks.check_bounded, graph, gate.task)
    _timed(times, "9 learning", checks.check_learning, graph, gate.task, gate.settings)


def _traced(sandbox: Sandbox, target: Target, source: str) -> LossGraph:
    graph = Gate(sandbox, SETTINGS.gate, target=target).trace(Candidate(source=source, operator="benchmark"))
    assert isinstance(graph, LossGraph), graph
    return graph


def _timed(times: dict[str, list[float]], name: str, function: Callable[..., Any], *args: Any) -> Any:
    began = time.perf_counter()
    result = function(*args)
    times[name].append(time.perf_counter() - began)
    return result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
