"""How long `alphaloss --help` takes, as a whole process.

python benchmarks/start.py [RUNS]
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np


def main(runs: int) -> None:
    """Starts the command again and again, once more than is counted."""
    seconds = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "alphaloss", "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    median, late = np.quantile(seconds[1:], [0.5, 0.99])
    print(f"alphaloss --help, {runs} runs: median {median:.2f} s, p99 {late:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
