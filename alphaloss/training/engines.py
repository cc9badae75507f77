"""Two ways to train an epoch with a candidate's loss: one compiled loop, or three compiled functions a step.

The loop is a graph that holds all, the model too: no Python between its steps, but the whole of it is optimised anew
for each candidate. That suits small models. Of a large one, forward, backward and update are compiled once a worker,
and a step calls them: for a candidate only its loss and its gradient with respect to the predictions are new.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
import tensorflow as tf

from alphaloss.training.batches import Inputs, Labels
from alphaloss.training.failure import blame_loss
from alphaloss.training.passes import Passes

LOOP_OPERATIONS = 1_500
"""Models whose forward pass has more operations are trained in steps. Measured: `docs/design/training.md`."""

Loss = Callable[[Any, Any], Any]
"""From `y_true` and `y_pred`, float32 tensors (batch, outputs), to values (batch,)."""

EpochFunction = Callable[[np.ndarray, np.ndarray, float], tuple[int, float]]
"""From the labels of all training samples, the indices of those that are trained with in their order, and the gradient
scale, to the steps done and the last loss. It stops after a step whose loss is not finite. It raises `LossError`."""


def loop_epoch(passes: Passes, inputs: Inputs, labels_of: Labels, loss: Loss, batch_size: int) -> EpochFunction:
    """One epoch as a single graph. The inputs must be held as a tensor.

    Raises:
        LossError: Keras refuses the loss.
    """
    variables, size = passes.variables, batch_size

    def epoch(labels: Any, order: Any, scale: Any) -> tuple[Any, Any]:
        steps = tf.constant(0)
        value = tf.constant(0.0)
        while steps * size < tf.size(order) and tf.math.is_finite(value):
            samples = order[steps * size : (steps + 1) * size]
            y_true = labels_of.y_true(tf.gather(labels, samples))
            with tf.GradientTape() as tape:
                predictions, added = passes.forward(tf.gather(inputs.tensor, samples))
                value = scale * tf.reduce_mean(loss(y_true, predictions)) + added
                scaled = passes.scale_loss(value)
            gradients = tape.gradient(scaled, variables, unconnected_gradients="zero")
            passes.update(*[tf.convert_to_tensor(g) for g in gradients])
            steps += 1
        return steps, value

    signature = [labels_of.spec, tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.float32)]
    with blame_loss():
        traced = tf.function(epoch, input_signature=signature, jit_compile=False).get_concrete_function()

    def run(labels: np.ndarray, order: np.ndarray, scale: float) -> tuple[int, float]:
        with blame_loss():
            steps, value = traced(labels_of.tensor(labels), tf.constant(order, tf.int32), tf.constant(scale))
            return int(steps), float(value)

    return run


def step_epoch(passes: Passes, inputs: Inputs, labels_of: Labels, loss: Loss, batch_size: int) -> EpochFunction:
    """One epoch as a loop of Python over compiled functions.

    Raises:
        LossError: Keras refuses the loss.
    """

    def value_and_gradient(labels: Any, predictions: Any, scale: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(predictions)
            value = scale * tf.reduce_mean(loss(labels_of.y_true(labels), predictions))
        return value, tape.gradient(value, predictions, unconnected_gradients="zero")

    predictions = tf.TensorSpec((None, labels_of.width), tf.float32)
    signature = [labels_of.spec, predictions, tf.TensorSpec((), tf.float32)]
    with blame_loss():
        traced = tf.function(value_and_gradient, input_signature=signature, jit_compile=False).get_concrete_function()

    def run(labels: np.ndarray, order: np.ndarray, scale: float) -> tuple[int, float]:
        steps, value = 0, 0.0
        for x, samples in inputs.batches(order, batch_size):
            with tf.GradientTape() as tape:
                predictions, added = passes.forward(x)
            with blame_loss():
                loss_value, gradient = traced(labels_of.tensor(labels[samples]), predictions, tf.constant(scale))
            gradients = tape.gradient(
                [predictions, added],
                passes.variables,
                output_gradients=[passes.scale_loss(gradient), passes.scale_loss(tf.constant(1.0))],
                unconnected_gradients="zero",
            )
            passes.update(*[tf.convert_to_tensor(g) for g in gradients])
            steps += 1
            value = float(loss_value + added)
            if not isfinite(value):
                break
        return steps, value

    return run
