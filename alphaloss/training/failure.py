"""`LossError`: what a candidate's loss raises, turned into one sentence that is the same in every process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

_REASON_CHARACTERS = 300


class LossError(Exception):
    """Keras cannot trace or compute a loss; says why, in the same words in every worker."""


@contextmanager
def blame_loss() -> Iterator[None]:
    """Turns what tracing or running a candidate's loss raises into a `LossError`.

    All else in the block has been traced and run with the reference when the worker started. Lack of memory passes: it
    depends on the machine, so another process gets a chance.
    """
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:  # AutoGraph raises a private type for exceptions that it cannot rebuild
        raise LossError(f"Keras cannot compute this loss: {_reason(error)}") from error


def first_line(error: Exception) -> str:
    """What an exception says, without stacks and without names that TensorFlow numbers anew in each process."""
    text = re.sub(r"\{\{.*?\}\}|\[Op:.*?\]", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line[:1].strip()]
    said = [line for line in lines if not line.startswith(("Graph execution error", "Detected at node"))]
    return said[0][:_REASON_CHARACTERS] if said else "no message"


def _reason(error: Exception) -> str:
    wrapped = str(error).startswith("in user code:")  # AutoGraph's copy, with its own stack, of what was raised
    original = error.__context__ if wrapped and isinstance(error.__context__, Exception) else error
    return f"{type(original).__name__}: {first_line(original)}"
