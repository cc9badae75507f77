"""Sends good, bad and hostile candidates through one sandbox and one gate, and watches what piles up.

    python benchmarks/soak.py --candidates 5000

Prints, at intervals, the resident memory of the controller and of the hosting process, and the controller's descriptors
and threads; then the slopes of memory from the second interval on, and the latency of an answer by kind of candidate.
Reads /proc.
"""

from __future__ import annotations

import argparse
import itertools
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.records import Candidate, Rejection
from alphaloss.sandbox import Sandbox

HOSTILE = Path(__file__).parents[1] / "tests" / "attacks" / "candidates"
HEAD = """from keras import ops
def loss(y_true, y_pred):
    p = ops.softmax(y_pred, axis=-1)
    ce = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
    return """
BAD = (
    "ops.mean(ce)", "-ce", "1e30 * ce", "undefined * ce", "ops.sum(p * p, axis=-1)", "ops.log(p)",
    "ce if ce > 1 else p", "-ops.sum(y_true * ops.log(p), axis=-1)", "ops.square(ce - 1.8)", "ops.no_such(ce)", "ce +",
    "(ce, 1.0)",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """What is in use after so many candidates; memory in MiB."""

    candidates: int
    controller_mib: float
    hosting_mib: float
    hosting_pid: int
    descriptors: int
    threads: int


@dataclass
class Soak:
    """Samples in their order, seconds an answer by kind, and how many ends of each kind."""

    samples: list[Sample] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def slope(self, name: str) -> float:
        """MiB that a thousand candidates add, by least squares from the second sample on."""
        later = self.samples[1:]
        counts = [sample.candidates / 1_000 for sample in later]
        return float(np.polyfit(counts, [getattr(sample, name) for sample in later], 1)[0])


def candidates() -> Iterator[tuple[str, str]]:
    """Kinds and sources without an end: every third is good, every third bad, every third hostile."""
    good = [zoo_source(name) for name in zoo_names()]
    bad = [HEAD + expression + "\n" for expression in BAD]
    hostile = [path.read_text(encoding="utf-8") for path in sorted(HOSTILE.rglob("*.py"))]
    kinds = [itertools.cycle([(kind, text) for text in texts]) for kind, texts in
             (("good", good), ("bad", bad), ("hostile", hostile))]  # fmt: skip
    return itertools.chain.from_iterable(zip(*kinds, strict=True))


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def soak(count: int, interval: int) -> Soak:
    """Sends `count` candidates and takes a sample after every `interval` of them."""
    done = Soak()
    with Sandbox() as sandbox:
        gate = Gate(sandbox, GateSettings())
        for number, (kind, source) in enumerate(itertools.islice(candidates(), count), start=1):
            began = time.perf_counter()
            outcome = gate.admit(Candidate(source=source, operator="soak"))
            done.seconds[kind].append(time.perf_counter() - began)
            done.ends[outcome.code if isinstance(outcome, Rejection) else type(outcome).__name__] += 1
            if number % interval == 0:
                done.samples.append(_sample(number, sandbox))
    return done


def _sample(number: int, sandbox: Sandbox) -> Sample:
    pid = sandbox.pid
    assert pid is not None
    return Sample(
        candidates=number,
        controller_mib=resident_mib(os.getpid()),
        hosting_mib=resident_mib(pid),
        hosting_pid=pid,
        descriptors=len(os.listdir("/proc/self/fd")),
        threads=threading.active_count(),
    )


def main(count: int) -> None:
    """Print the table."""
    done = soak(count, max(1, count // 10))
    print("candidates  controller  hosting process  descriptors  threads   (memory in MiB)")
    for s in done.samples:
        print(
            f"{s.candidates:10} {s.controller_mib:11.1f} {s.hosting_mib:16.1f} {s.descriptors:12} {s.threads:8}"
            f"   process {s.hosting_pid}"
        )
    for name in ("controller_mib", "hosting_mib"):
        print(f"{name}: {done.slope(name):+.3f} MiB in a thousand candidates")
    for kind, seconds in done.seconds.items():
        median, late = np.quantile(seconds, [0.5, 0.99]) * 1e3
        print(f"{kind}: median {median:.1f} ms, p99 {late:.1f} ms, longest {max(seconds) * 1e3:.0f} ms")
    print(", ".join(f"{name} {number}" for name, number in done.ends.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=5_000, help="how many to send")
    main(parser.parse_args().candidates)
