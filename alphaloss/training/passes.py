"""The passes of a model that are the same for all candidates, each compiled once a worker."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alphaloss.errors import EvaluatorError
from alphaloss.training.batches import as_keras
from alphaloss.training.optimizer import Optimizer

_PREDICTION_SAMPLES = 1024
_PREDICTION_BYTES = 256 * 2**20  # of the largest tensor inside the model; a few of them live at once


class Passes:
    """Forward, update and prediction, as functions of TensorFlow.

    Attributes:
        variables: the trainable variables, as TensorFlow knows them.
        forward: from inputs (batch, ...) to predictions (batch, outputs), float32, and the sum of the losses that the
            model adds, such as regularisers; in training mode.
        update: from gradients in the order of `variables` to one step of the optimizer.
        scale_loss: a loss, or a gradient with respect to it, as the optimizer wants it scaled.
        operations: how many the forward pass has: the size of the model to a compiler.
        sample_bytes: what the tensors of the forward pass take for one sample; an upper bound of what a step keeps.
    """

    def __init__(self, model: keras.Model, optimizer: Optimizer, batch: tf.TensorSpec, xla: bool) -> None:
        """Traces the forward pass; the others when they are first used.

        Args:
            model: whose weights are trained.
            optimizer: built for them.
            batch: what a batch of inputs is.
            xla: compile forward, backward and prediction by XLA.

        Raises:
            EvaluatorError: the model draws random numbers that no seed resets.
        """
        self.variables = [_tensorflow(v) for v in model.trainable_variables]
        self.scale_loss = optimizer.scale_loss

        def forward(x: Any) -> tuple[Any, Any]:
            predictions = model(x, training=True)
            added = [tf.cast(loss, tf.float32) for loss in model.losses]
            return tf.cast(predictions, tf.float32), tf.add_n(added) if added else tf.constant(0.0)

        def predict(x: Any) -> Any:
            return tf.cast(model(x, training=False), tf.float32)

        def update(*gradients: Any) -> None:
            optimizer.apply(gradients, model.trainable_variables)

        def weights_finite() -> Any:
            return tf.reduce_all([tf.reduce_all(tf.math.is_finite(v)) for v in self.variables])

        gradients = [tf.TensorSpec(v.shape, v.dtype) for v in self.variables]
        self.forward = tf.function(forward, input_signature=[batch], jit_compile=xla)
        self.update = tf.function(update, input_signature=gradients, jit_compile=False)
        self._predict = tf.function(predict, input_signature=[batch], jit_compile=xla)
        self._weights_finite = tf.function(weights_finite, input_signature=[], jit_compile=False)
        graph = self.forward.get_concrete_function().graph
        _check_randomness(graph, model.variables)
        tensors = [_sample_bytes(t) for op in graph.get_operations() for t in op.outputs]
        self.operations = len(graph.get_operations())
        self.sample_bytes = sum(tensors)
        self._prediction_batch = max(1, min(_PREDICTION_SAMPLES, _PREDICTION_BYTES // max(tensors)))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predictions (samples, outputs), float32, in inference mode, in batches that fit into memory."""
        size = self._prediction_batch
        parts = [self._predict(as_keras(x[i : i + size])).numpy() for i in range(0, len(x), size)]
        return np.concatenate(parts)

    def weights_finite(self) -> bool:
        """Whether every trainable weight is a finite number."""
        return bool(self._weights_finite())


def _sample_bytes(tensor: Any) -> int:
    """What one sample adds to a tensor; 0 for weights and whatever else has no batch axis."""
    shape = tensor.shape
    if not shape.rank or shape[0] is not None:
        return 0
    size: int = prod(n or 1 for n in shape[1:]) * tensor.dtype.size
    return size


def _check_randomness(graph: Any, variables: Iterable[Any]) -> None:
    """Refuses random numbers that a seed would not reset."""
    own = {_tensorflow(v).ref() for v in variables}
    if any(v.ref() not in own for v in graph.variables):
        raise EvaluatorError(
            "model() uses a variable that is not part of the model, such as Keras' global random seed. "
            "In your own layers keep `keras.random.SeedGenerator()` as an attribute and pass it as `seed`."
        )
    random = sorted({op.type for op in graph.get_operations() if op.type.startswith(("Random", "TruncatedNormal"))})
    if random:
        raise EvaluatorError(
            f"model() draws random numbers that no seed resets ({', '.join(random)}). "
            "Use `keras.random` with a `keras.random.SeedGenerator` instead of `tf.random`."
        )


def _tensorflow(variable: Any) -> Any:
    return variable.value if isinstance(variable, keras.Variable) else variable
