"""How TensorFlow uses a worker's processors and GPUs. Imports TensorFlow, so only inside a worker."""

from __future__ import annotations

import tensorflow as tf


def configure_tensorflow(threads: int = 1, deterministic: bool = True) -> None:
    """Sets up this process; call it before any tensor exists.

    Args:
        threads: processor threads of one operation. Operations never run side by side, as their order would be open.
        deterministic: let every operation give the same bits each time; without it some are faster on a GPU.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)  # workers may share it


def visible_gpus() -> int:
    """How many GPUs TensorFlow sees in this process."""
    return len(tf.config.list_physical_devices("GPU"))
