"""Whether something fits into memory, asked before it is tried: what is killed cannot say why. No TensorFlow.

Memory is that of a process alone: pages of mapped files, such as arrays on disk and libraries, can be given back.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path

from alphaloss.errors import EvaluatorError

MIB = 2**20

worker_limit_mib: ContextVar[int | None] = ContextVar("worker_limit_mib", default=None)
"""Memory at which this process is killed, in MiB; None outside a worker."""

_MEMINFO = Path("/proc/meminfo")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def own_bytes(pid: int | None = None) -> int | None:
    """Resident memory of a process without pages of files, in bytes; None where there is no `/proc`, or no process.

    Args:
        pid: of the process; None is this one.
    """
    try:
        statm = Path(f"/proc/{pid or 'self'}/statm").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return (int(statm[1]) - int(statm[2])) * _PAGE_BYTES


def available_bytes() -> int | None:
    """Memory that processes can still get without swapping; None where the system does not say (not Linux)."""
    if not _MEMINFO.is_file():
        return None
    fields = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024


def require_memory(what: str, needed: int, advice: str) -> None:
    """Refuses what neither the machine nor the limit of this worker leaves room for.

    Args:
        what: needs the memory, with its verb, for the message.
        needed: bytes.
        advice: a sentence.

    Raises:
        EvaluatorError: it does not fit; the message has both figures.
    """
    free = available_bytes()
    if free is not None and needed > free:
        raise EvaluatorError(f"{what} {needed // MIB} MiB of memory, and {free // MIB} MiB are free. {advice}")
    limit, used = worker_limit_mib.get(), own_bytes()
    if limit is not None and used is not None and needed > (left := max(0, limit * MIB - used)):
        raise EvaluatorError(
            f"{what} {needed // MIB} MiB of memory, and a worker has {left // MIB} MiB left of its limit of {limit} "
            f"MiB. {advice} Or raise the limit, `workers.memory_mib`."
        )


def check_inputs(needed: int) -> None:
    """Refuses training inputs of which no copy can be made.

    Args:
        needed: bytes that they take as a tensor.

    Raises:
        EvaluatorError: they do not fit; the message has both figures.
    """
    require_memory(
        "x_train needs as a tensor",
        needed,
        "Keep images as integers (uint8) with `keras.layers.Rescaling(1 / 255)` in the model, take fewer or smaller "
        "samples, or fewer workers.",
    )


def check_step(sample_bytes: int, batch_size: int) -> None:
    """Refuses a model of which not even one training step fits on a processor.

    Args:
        sample_bytes: what the tensors of the forward pass take for one sample.
        batch_size: samples a step.

    Raises:
        EvaluatorError: it does not fit; the message has both figures.
    """
    require_memory(
        f"A training step of {batch_size} samples needs about",
        sample_bytes * batch_size,
        "Lower `batch_size`, the image size or the width of the model, or use fewer workers.",
    )
