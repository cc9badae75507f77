"""Training data on its way to the model: inputs held as one tensor or streamed, and labels as a loss sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alphaloss.losses.types import Target
from alphaloss.training.memory import check_inputs

HELD_BYTES = 2**30
"""Inputs up to this size are held on the device as one tensor: CIFAR's 50,000 images take 147 MiB as integers.

Fixed, since the choice decides the order of rounding, and a score must not depend on the memory that is free.
"""

_AHEAD = 2  # batches that are prepared while the device computes


class Inputs:
    """Training inputs, from an array or a memory map; integers stay integers, floats get Keras' precision.

    Attributes:
        spec: of one batch, (batch, ...).
        tensor: all of them, shape (samples, ...), where they fit; else None.
        bytes: what they take as a tensor.
    """

    def __init__(self, x: np.ndarray, held_bytes: int = HELD_BYTES) -> None:
        """Moves them to the device, if they fit.

        Args:
            x: shape (samples, ...).
            held_bytes: the largest size that is held.

        Raises:
            EvaluatorError: there is too little memory.
        """
        self._x = x
        one = as_keras(x[:1])
        self.spec = tf.TensorSpec((None, *x.shape[1:]), one.dtype)
        self.bytes = one.nbytes * len(x)
        self.tensor = None
        if self.bytes <= held_bytes:
            check_inputs(self.bytes)
            self.tensor = tf.constant(as_keras(x))

    def first(self, count: int) -> np.ndarray:
        """The inputs of the first samples."""
        return as_keras(self._x[:count])

    def batches(self, order: np.ndarray, size: int) -> Iterator[tuple[Any, np.ndarray]]:
        """The inputs of each step, with the indices of their samples.

        Args:
            order: indices of samples, shape (samples,).
            size: of a batch; the last may be smaller.
        """
        parts = [order[i : i + size] for i in range(0, len(order), size)]
        if self.tensor is not None:
            for part in parts:
                yield tf.gather(self.tensor, part), part
            return
        streamed = tf.data.Dataset.from_generator(
            lambda: (as_keras(self._x[part]) for part in parts), output_signature=self.spec
        )
        yield from zip(streamed.prefetch(_AHEAD), parts, strict=True)


@dataclass(frozen=True)
class Labels:
    """How labels become what a loss compares with.

    Attributes:
        target: what the labels are.
        width: number of classes, or of outputs of a regression.
    """

    target: Target
    width: int

    @property
    def spec(self) -> Any:
        """The tensor of some labels: integers (samples,), or floats (samples, outputs)."""
        if self.target == "classes":
            return tf.TensorSpec((None,), tf.int32)
        return tf.TensorSpec((None, self.width), tf.float32)

    def tensor(self, labels: np.ndarray) -> Any:
        """Labels as such a tensor."""
        return tf.constant(labels, self.spec.dtype)

    def y_true(self, labels: Any) -> Any:
        """One-hot classes (samples, classes), or the values themselves (samples, outputs); float32."""
        return tf.one_hot(labels, self.width) if self.target == "classes" else labels


def as_keras(x: np.ndarray) -> np.ndarray:
    """Floats in Keras' precision, integers as they are: what `fit` does."""
    return x.astype(keras.config.floatx()) if np.issubdtype(x.dtype, np.floating) else x
