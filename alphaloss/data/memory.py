"""Whether arrays will fit into memory, asked before they are made."""

from __future__ import annotations

from pathlib import Path

from alphaloss.errors import EvaluatorError

_COPIES = 3  # as read, as split into parts, and as the worker's tensors
_MIB = 2**20


def require_memory(what: str, size: int) -> None:
    """Refuses what the machine has no memory for.

    Args:
        what: is to be loaded, for the message.
        size: of one copy of it, in bytes.

    Raises:
        EvaluatorError: it does not fit; the message has both figures.
    """
    available = _available()
    if size * _COPIES > available:
        raise EvaluatorError(
            f"{what} need {size * _COPIES // _MIB} MiB while they are loaded, and {available // _MIB} MiB are free; "
            "ask for a smaller size or fewer images."
        )


def _available() -> int:
    """What the kernel can give without swapping, in bytes (Linux)."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    (kib,) = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return kib * 1024
