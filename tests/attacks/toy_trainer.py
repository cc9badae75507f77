"""How others score a loss: in the process that runs it. Prints the accuracy of a model that cannot learn anything.

    python toy_trainer.py CANDIDATE

The labels are noise that no model has seen, so an honest accuracy is near one half.
"""

import random
import runpy
import sys

rng = random.Random(0)
labels = [rng.randrange(2) for _ in range(1000)]


def accuracy(labels: list[int], predictions: list[int]) -> float:
    """The share of right predictions."""
    return sum(a == b for a, b in zip(labels, predictions, strict=True)) / len(labels)


def train(loss) -> list[int]:  # type: ignore[no-untyped-def]
    """Calls the loss as a trainer does, and predicts."""
    for label in labels:
        loss(float(label), rng.random())
    return [rng.randrange(2) for _ in labels]


if __name__ == "__main__":
    predictions = train(runpy.run_path(sys.argv[1])["loss"])
    sys.stdout.write(str(accuracy(labels, predictions)))
