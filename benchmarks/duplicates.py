"""How well duplicates are recognised: rewritten spellings that are found, near misses that are not taken for another.

python benchmarks/duplicates.py [SPELLINGS]
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "gate"))  # the spellings are the tests'

from spellings import FAMILIES, near_misses, spellings

from alphaloss.config import GateSettings
from alphaloss.gate import Gate, probes
from alphaloss.gate.duplicates import Field, KnownLosses, gradient_field
from alphaloss.gate.probes import Space
from alphaloss.losses.graph import LossGraph
from alphaloss.records import Candidate
from alphaloss.sandbox import Sandbox

SPACE = Space("classes", 10)


def main(count: int) -> None:
    """Traces all, and prints a confusion table and the distances it rests on."""
    known = KnownLosses(GateSettings().duplicate_distance, SPACE)
    keys: dict[str, str] = {}
    graphs: dict[str, LossGraph] = {}
    outcomes: Counter[tuple[str, str]] = Counter()
    farthest: dict[str, float] = defaultdict(float)
    by_key = 0
    with Sandbox() as sandbox:
        gate = Gate(sandbox, GateSettings())
        for name, source in near_misses().items():
            graphs[name] = graph = _trace(gate, source)
            twin = known.find(graph, _fields(graph)[0])
            outcomes["near miss", "admitted" if twin is None else "merged"] += 1
            known.add(graph, _fields(graph)[0], 1.0)
            keys[graph.key] = name
        for name, source in spellings(count):
            graph = _trace(gate, source)
            twin = known.find(graph, _fields(graph)[0])
            found = "missed" if twin is None else "found" if keys[twin] == name else "merged"
            outcomes["spelling", found] += 1
            by_key += graph.key == graphs[name].key
            family = name.rpartition(" ")[0]
            farthest[family] = max(farthest[family], _distance(graph, graphs[name]))
    for (kind, outcome), number in sorted(outcomes.items()):
        print(f"{kind:10} {outcome:9}{number:5}")
    print(f"\nof the spellings, {by_key} have the same canonical graph; the others behave the same")
    print(
        f"\n{'family':24}{'farthest spelling':>19}{'nearest near miss':>19}   cosine distance, the larger of two looks"
    )
    for family in FAMILIES:
        own = [name for name in graphs if name.rpartition(" ")[0] == family]
        nearest = min(_distance(graphs[a], graphs[b]) for a in own for b in graphs if a != b)
        print(f"{family:24}{farthest[family]:19.1e}{nearest:19.1e}")


def _trace(gate: Gate, source: str) -> LossGraph:
    graph = gate.trace(Candidate(source=source, operator="benchmark"))
    assert isinstance(graph, LossGraph), (source, graph)
    return graph


_CACHE: dict[str, tuple[Field, Field]] = {}


def _fields(graph: LossGraph) -> tuple[Field, Field]:
    if graph.key not in _CACHE:
        looks = (probes.typical(SPACE), probes.second_look(SPACE))
        first, second = (gradient_field(graph, inputs) for inputs in looks)
        _CACHE[graph.key] = first, second
    return _CACHE[graph.key]


def _distance(a: LossGraph, b: LossGraph) -> float:
    return max(float(0.5 * np.sum((x - y) ** 2)) for x, y in zip(_fields(a), _fields(b), strict=True))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
