"""CIFAR-10, Fashion-MNIST and CIFAR-100 with InceptionV3: the three data sets that the thesis searched on.

T.-Y. Chou, "Efficiency-oriented genetic programming for loss functions" (NTUT, 2025), Algorithms 2 and 3: every loss is
trained with from scratch on all three and compared with cross-entropy on each. It does not print its recipe; that of
`inceptionv3_cifar10`'s preset `thesis` agrees with the steps an epoch of its logs. For a GPU: one loss took the thesis
5,000 seconds at 6 epochs, 9,800 at 10 (RTX A2000). `thesis_cpu` is the same experiment with small networks.
"""

from __future__ import annotations

from pathlib import Path

from alphaloss import Suite
from alphaloss.evaluators.inceptionv3_cifar10 import recipe

DATASETS = ("cifar10", "fashion_mnist", "cifar100")


def task(
    aggregate: str = "average-improvement-loss",
    epochs: int = 6,
    data: str = "",
    precision: str = "float32",
    xla: bool = False,
) -> Suite:
    """The three tasks as one.

    Args:
        aggregate: how the three results become a score; the default is what the thesis writes.
        epochs: of each training: 6 at the thesis's small scale, 10 at its large one (Table 4.1).
        data: a folder with `cifar10.npz`, `fashion_mnist.npz` and `cifar100.npz` (x_train, y_train, x_test, y_test);
            empty for those that Keras downloads.
        precision: of the network: `float32`, `mixed_bfloat16` (GPUs since Ampere) or `mixed_float16`.
        xla: compile with XLA, which takes minutes and pays on a GPU.
    """
    files = {name: str(Path(data) / f"{name}.npz") if data else "" for name in DATASETS}
    return Suite(
        name="thesis",
        tasks=tuple(
            recipe(name, preset="thesis", data=file, epochs=epochs, precision=precision, xla=xla)
            for name, file in files.items()
        ),
        aggregate=aggregate,
    )
