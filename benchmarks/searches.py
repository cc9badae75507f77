"""Whole runs of `alphaloss evolve`, one after the other, and a table of their verdicts.

    python benchmarks/searches.py --seeds 0 1 2
    python benchmarks/searches.py --seeds 0 --evaluator digits-noisy --set evaluator.options.noise=0.6

Prints for each run the minutes, the test scores, the three differences with their intervals, and whether they hold.
A file given by `--out` gets the whole results, one a line, and runs that are in it are not repeated.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def main() -> None:
    """Runs what is missing, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--evaluator", default="digits-noisy")
    parser.add_argument("--set", dest="overrides", action="append", default=[])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    name = " ".join([options.evaluator, *options.overrides])
    known = [json.loads(line) for line in options.out.read_text().splitlines()] if _exists(options.out) else []
    print("task | seed | minutes | busy | champion | CE | stopped early | best of zoo | - CE | - stopped early | - zoo")
    for seed in options.seeds:
        found = next((r for r in known if (r["named"], r["seed"]) == (name, seed)), None)
        if found is None:
            found = {"named": name, "seed": seed, **_evolve(options, seed)}
            if options.out:
                with options.out.open("a") as out:
                    out.write(json.dumps(found) + "\n")
        print(_line(found), flush=True)


def _exists(file: Path | None) -> bool:
    return file is not None and file.exists()


def _evolve(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "alphaloss", "evolve", f"{folder}/run", "--evaluator", options.evaluator]
        command += ["--seed", str(seed), "--workers", str(options.workers), "--json"]
        command += [part for override in options.overrides for part in ("--set", override)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {run.returncode}:\n{run.stderr}")
    result: dict[str, Any] = json.loads(run.stdout)
    return result


def _line(result: dict[str, Any]) -> str:
    tests = [result[role]["test"] for role in ("champion", "reference", "reference_early_stopped", "best_of_zoo")]
    scores = " | ".join("-" if test is None else f"{test:.4f}" for test in tests)
    claims = " | ".join(
        f"{c['difference']:+.3f} [{c['low']:+.3f}, {c['high']:+.3f}]{' holds' if c['holds'] else ''}"
        for c in result["verdict"]["claims"]
    )
    minutes, zoo = result["seconds"] / 60, result["best_of_zoo"]["name"]
    start = f"{result['named']} | {result['seed']} | {minutes:.1f} | {result['workers_busy']:.0%}"
    return f"{start} | {scores} ({zoo}) | {claims}"


if __name__ == "__main__":
    main()
