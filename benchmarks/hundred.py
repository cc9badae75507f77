"""Traces a hundred losses as language models write them, and compares each with what Keras makes of its source.

    python benchmarks/hundred.py

The losses are in tests/candidates/hundred. A row shows the largest relative difference of value and gradient in
float32, over 10 and 3 classes, with one-hot and soft labels; or the sentence that refuses the loss.
"""

import sys
from pathlib import Path

from alphaloss.sandbox import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from candidates.agreement import HUNDRED, compare, trace


def main() -> None:
    """Print the table."""
    worst, refused = [0.0, 0.0], []
    with Sandbox() as sandbox:
        for path in HUNDRED:
            graph = trace(sandbox, path.read_text())
            if isinstance(graph, str):
                refused.append(path.stem)
                print(f"{path.stem:35} refused: {graph}")
                continue
            found = [compare(path, graph, classes) for classes in (10, 3)]
            value, gradient = max(a.value for a in found), max(a.gradient for a in found)
            worst = [max(worst[0], value), max(worst[1], gradient)]
            print(f"{path.stem:35} {len(graph.nodes):3} nodes, value {value:.1e}, gradient {gradient:.1e}")
    print(
        f"{len(HUNDRED) - len(refused)} of {len(HUNDRED)} traced; worst: value {worst[0]:.1e}, gradient {worst[1]:.1e}"
    )


if __name__ == "__main__":
    main()
