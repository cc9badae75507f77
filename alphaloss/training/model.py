"""Builds a task's Keras model, and refuses, in a sentence each, those that cannot be trained with."""

from __future__ import annotations

import inspect

import keras
import numpy as np
import tensorflow as tf

from alphaloss.errors import EvaluatorError
from alphaloss.losses.types import Target
from alphaloss.training.task import Task


def build_model(task: Task, seed: int, image_size: int | None) -> keras.Model:
    """A new model, its random numbers drawn from the seed.

    Args:
        task: gives `model`.
        seed: for Keras' global random numbers, from which initial weights are drawn.
        image_size: what `model` is called with; None calls it without arguments.

    Raises:
        EvaluatorError: `model()` gave something else than an uncompiled Keras model with weights.
    """
    arguments = () if image_size is None else (image_size,)
    try:
        inspect.signature(task.model).bind(*arguments)
    except TypeError:
        raise EvaluatorError(_wrong_arguments(image_size)) from None
    keras.utils.set_random_seed(seed)
    model = task.model(*arguments)
    if not isinstance(model, keras.Model):
        raise EvaluatorError(f"model() must return a Keras model; received {type(model).__name__}.")
    if model.compiled:
        raise EvaluatorError("model() must return an uncompiled model, since losses change; remove `compile(...)`.")
    if not model.built:
        raise EvaluatorError("model() must return a built model; begin it with `keras.Input(shape)`.")
    for method in ("train_step", "compute_loss"):
        if getattr(type(model), method) is not getattr(keras.Model, method):
            raise EvaluatorError(
                f"model() overrides `{method}`, which cannot be honoured: the training step is alphaloss' own. "
                "Express it as layers, with `add_loss` for additional losses."
            )
    if not model.trainable_variables:
        raise EvaluatorError("model() has no trainable weights; set `trainable = True` on some layer.")
    return model


def check_outputs(model: keras.Model, x: np.ndarray, width: int, target: Target) -> None:
    """Runs the model once, before any training.

    Args:
        model: from `build_model`.
        x: some training samples, as the model will get them.
        width: number of classes, or of outputs of a regression.
        target: what the labels are.

    Raises:
        EvaluatorError: it cannot take the samples, or its outputs have the wrong shape, are not finite, or are
            probabilities where losses take logits.
    """
    try:
        outputs = model(x, training=False)
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        reason = " ".join(str(error).split())[:200]
        raise EvaluatorError(f"model() cannot take x_train, samples of shape {x.shape[1:]}: {reason}") from None
    shape = tuple(getattr(outputs, "shape", ()))
    if shape != (len(x), width):
        wanted = (
            f"logits of shape (batch, {width}), as the labels go from 0 to {width - 1}"
            if target == "classes"
            else f"values of shape (batch, {width}), as y_train has {width} for each sample"
        )
        raise EvaluatorError(
            f"model() must output {wanted}; for a batch of {len(x)} it gave {shape}. Change the last layer or the "
            "labels."
        )
    values = keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))
    if not np.isfinite(values).all():
        raise EvaluatorError(
            "model() gives NaN or infinity for the first training samples, before any training. Scale the inputs, for "
            "images with `keras.layers.Rescaling(1 / 255)` as the first layer, or check its initial weights."
        )
    if target == "classes" and (values >= 0).all() and np.allclose(values.sum(axis=-1), 1.0, atol=1e-2):
        raise EvaluatorError(
            f"model() ends in a softmax (its last layer is `{model.layers[-1].name}`), but losses take logits. "
            f"Remove the softmax: `keras.layers.Dense({width})` without activation."
        )


def _wrong_arguments(image_size: int | None) -> str:
    if image_size is None:
        return (
            "model() needs an argument, but a rung has no `image_size` to give it. Set `image_size` on every rung, or "
            "give the argument a default."
        )
    return (
        f"model() does not take the image size {image_size} of a rung. Define `def model(image_size=None)` with a "
        "`keras.layers.Resizing(image_size, image_size)`, or remove `image_size` from the rungs."
    )
