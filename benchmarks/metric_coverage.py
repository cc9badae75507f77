"""How often intervals from the contributions of a metric hold the truth: `docs/design/metrics.md`.

python benchmarks/metric_coverage.py      two simulated classifiers, 1,000 test sets each, some two minutes
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alphaloss.training.metrics import METRICS

TRIALS = 1_000
LARGE = 400_000
CASES = (("macro-f1", 1.0), ("balanced-accuracy", 1.0), ("ece", 1.0), ("ece", 1.5), ("ece", 3.0))
SHARES = {"rare class": (0.5, 0.3, 0.15, 0.05), "ten classes": (0.1,) * 10}


def main() -> None:
    """Prints the coverage of the difference of two models, and of the first alone."""
    for name, factor in CASES:
        for samples in (200, 500, 2_000):
            found = [f"{label} {coverage(name, factor, samples, shares)}" for label, shares in SHARES.items()]
            print(f"{name}, logits x {factor:g}, {samples} samples: {'; '.join(found)}")


def coverage(name: str, factor: float, samples: int, shares: Sequence[float]) -> str:
    """The shares of 95 % intervals that hold the truth."""
    rng = np.random.default_rng(1)
    metric, classes = METRICS[name], len(shares)

    def contributions(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = rng.choice(classes, count, p=shares)
        noise, one_hot = rng.normal(size=(2, count, classes)), np.eye(classes)[labels]
        first = factor * (2.0 * one_hot + noise[0])
        second = 1.4 * one_hot + 0.7 * noise[0] + 0.7 * noise[1]
        both = metric.samples(first, labels), metric.samples(second, labels)
        return both[0] - both[1], both[0]

    truths = [values.mean() for values in contributions(LARGE)]
    held = np.zeros(2)
    for _ in range(TRIALS):
        for i, values in enumerate(contributions(samples)):
            held[i] += abs(values.mean() - truths[i]) < 1.96 * values.std() / np.sqrt(samples)
    return f"{held[0] / TRIALS:.3f}, alone {held[1] / TRIALS:.3f}"


if __name__ == "__main__":
    main()
