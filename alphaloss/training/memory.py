"""Whether the training data and a step fit into memory, before anything is tried that the system would kill."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from alphaloss.errors import EvaluatorError

_MEMINFO = Path("/proc/meminfo")
_GIB = 2**30


def available_bytes() -> int | None:
    """Memory that processes can still get without swapping; None where the system does not say (not Linux)."""
    if not _MEMINFO.is_file():
        return None
    fields = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024


def check_inputs(needed: int) -> None:
    """Refuses training inputs of which no copy can be made.

    Args:
        needed: bytes that they take as a tensor.

    Raises:
        EvaluatorError: they do not fit; the message has both figures.
    """
    available = available_bytes()
    if available is not None and needed > available:
        raise EvaluatorError(
            f"x_train needs {needed / _GIB:.1f} GiB as a tensor, but only {available / _GIB:.1f} GiB of memory are "
            "free. Keep images as integers (uint8) with `keras.layers.Rescaling(1 / 255)` in the model, take fewer or "
            "smaller samples, or fewer workers."
        )


def check_step(sample_bytes: int, batch_size: int) -> None:
    """Refuses a model of which not even one training step fits. Of a GPU's memory nothing is known here.

    Args:
        sample_bytes: what the tensors of the forward pass take for one sample.
        batch_size: samples a step.

    Raises:
        EvaluatorError: it does not fit; the message has both figures.
    """
    available = available_bytes()
    needed = sample_bytes * batch_size
    if available is not None and needed > available and not tf.config.list_physical_devices("GPU"):
        raise EvaluatorError(
            f"A training step of {batch_size} samples needs about {needed / _GIB:.1f} GiB, but only "
            f"{available / _GIB:.1f} GiB of memory are free. Lower `batch_size`, the image size or the width of the "
            "model, or use fewer workers."
        )
