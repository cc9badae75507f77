"""What the gate costs: milliseconds a candidate, check by check, over offline proposals.

python benchmarks/gate.py [PROPOSALS]
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict

import numpy as np

from alphaloss.config import Settings
from alphaloss.gate import Gate, checks, probes
from alphaloss.gate.duplicates import gradient_field
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.proposers import Context, OfflineProposer
from alphaloss.records import Candidate, Program, Variation
from alphaloss.sandbox import Sandbox


def main(proposals: int) -> None:
    """Proposes, gates, and prints medians and 99th percentiles."""
    settings = Settings()
    times: dict[str, list[float]] = defaultdict(list)
    outcomes: Counter[str] = Counter()
    with Sandbox(settings.sandbox) as sandbox:
        gate = Gate(sandbox, settings.gate)
        start = gate.admit(Candidate(source=zoo_source(REFERENCE), operator="start"))
        assert isinstance(start, Program)
        pool = [start]
        proposer = OfflineProposer(settings.offline, start.graph)
        for number in range(proposals):
            rng = np.random.default_rng([1, number])
            parents = tuple(pool[i] for i in rng.integers(len(pool), size=2))
            crossover = rng.random() < 0.3 and parents[0].key != parents[1].key
            variation = (
                Variation(operator="crossover", parents=parents)
                if crossover
                else Variation(operator="mutate", parents=parents[:1])
            )
            began = time.perf_counter()
            candidates = proposer.propose(variation, Context(rng=rng))
            times["propose and print"].append(time.perf_counter() - began)
            if not candidates:
                outcomes["operator did not apply"] += 1
                continue
            outcome = _timed(times, "all checks", gate.admit, candidates[0])
            outcomes[getattr(outcome, "code", type(outcome).__name__.lower())] += 1
            _check_by_check(gate, candidates[0], times)
            if isinstance(outcome, Program):
                pool.append(outcome)
    print(f"{'':28}{'median':>9}{'p99':>9}   milliseconds")
    for name, seconds in times.items():
        median, late = np.quantile(seconds, [0.5, 0.99]) * 1e3
        print(f"{name:28}{median:9.1f}{late:9.1f}")
    print("\noutcomes: " + ", ".join(f"{name} {count}" for name, count in outcomes.most_common()))


def _check_by_check(gate: Gate, candidate: Candidate, times: dict[str, list[float]]) -> None:
    graph = _timed(times, "1-2 source, trace, bind", gate.trace, candidate)
    if not isinstance(graph, LossGraph):
        return
    _timed(times, "3 shape", checks.check_shape, graph, gate.settings)
    _timed(times, "4 finite", checks.check_finite, graph, gate.settings)
    _timed(times, "5 per sample", checks.check_per_sample, graph)
    _timed(times, "6 gradient", checks.gradient_ratio, graph, 10)
    field = gradient_field(graph, probes.random_logits(10))
    _timed(times, "7 duplicate", gate.known.find, graph, field)
    _timed(times, "8 alignment", checks.check_alignment, graph, gate.settings)
    _timed(times, "9 learning", checks.check_learning, graph, gate.settings)


def _timed(times, name, function, *args):  # type: ignore[no-untyped-def]
    began = time.perf_counter()
    result = function(*args)
    times[name].append(time.perf_counter() - began)
    return result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
