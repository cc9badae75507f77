"""Runs the fuzzers of tests/attacks/test_fuzz.py on new examples, for as long as it is told to.

    python benchmarks/fuzz.py --minutes 30

Each round is a process of its own, with 2,000 examples a property from another seed and at most 4 GiB of data. It
prints what the examples came to, and what hypothesis found: the smallest example that breaks a property.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEMORY_BYTES = 4 * 2**30
EVENT = re.compile(r"\* ([\d.]+)%, ([A-Za-z_]+)$")
EXAMPLES = re.compile(r"- (\d+) passing, (\d+) failing")


def limit_memory() -> None:
    """In the child: what asks for more gets a MemoryError, which fails the property."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


def run_round(seed: int) -> tuple[int, Counter[str], str]:
    """Examples that passed, what they came to, and the output if a property failed."""
    options = ("--hypothesis-profile=explore", f"--hypothesis-seed={seed}", "--hypothesis-show-statistics")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "tests/attacks/test_fuzz.py", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_memory,
    )
    passed, ends = 0, Counter[str]()
    count = 0
    for line in done.stdout.splitlines():
        if found := EXAMPLES.search(line):
            count = int(found[1])
            passed += count
        elif found := EVENT.search(line):
            ends[found[2]] += round(float(found[1]) * count / 100)
    return passed, ends, done.stdout + done.stderr if done.returncode else ""


def main(minutes: float, seed: int) -> None:
    """Rounds until the time is over."""
    began, passed, findings = time.monotonic(), 0, 0
    ends: Counter[str] = Counter()
    while time.monotonic() - began < 60 * minutes:
        count, came_to, failure = run_round(seed)
        passed += count
        ends += came_to
        if failure:
            findings += 1
            print(f"--- seed {seed} ---\n{failure}", flush=True)
        elapsed = (time.monotonic() - began) / 60
        print(f"{elapsed:.1f} minutes, seed {seed}: {passed} examples, {findings} rounds with findings", flush=True)
        seed += 1
    print(", ".join(f"{name} {number}" for name, number in ends.most_common()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long to go on starting rounds")
    parser.add_argument("--seed", type=int, default=1, help="of the first round; the others follow")
    options = parser.parse_args()
    main(options.minutes, options.seed)
