"""A task's optimizer, which can be put back to where a training starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alphaloss.errors import EvaluatorError
from alphaloss.training.task import Task


class Optimizer:
    """A Keras optimizer whose state and learning rate are set anew for each training.

    A `LossScaleOptimizer`, which training in float16 needs, is honoured; as in Keras' `compile`, it is added where it
    is missing.

    Attributes:
        keras: the optimizer, built.
    """

    def __init__(self, task: Task, model: keras.Model) -> None:
        """Builds it.

        Args:
            task: gives the optimizer.
            model: whose trainable variables it updates.

        Raises:
            EvaluatorError: it is no Keras optimizer, or one that cannot be put back to its start.
        """
        self.keras = task.optimizer()
        if not isinstance(self.keras, keras.optimizers.Optimizer):
            raise EvaluatorError(f"optimizer() must return a Keras optimizer; received {type(self.keras).__name__}.")
        if _is_half(model) and not isinstance(self.keras, keras.optimizers.LossScaleOptimizer):
            self.keras = keras.optimizers.LossScaleOptimizer(self.keras)
        self._inner = self.keras
        if isinstance(self.keras, keras.optimizers.LossScaleOptimizer):
            self._inner = self.keras.inner_optimizer
        if self._inner.use_ema:
            raise EvaluatorError("optimizer(): `use_ema=True` is not supported; remove it.")
        self._scale = tf.Variable(1.0, trainable=False)
        rate = self._inner._learning_rate  # the public property gives a schedule's current value, not the schedule
        self._has_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
        if self._has_schedule:
            if task.plateau is not None:
                raise EvaluatorError(
                    "optimizer() has a learning rate schedule, which `plateau` cannot lower; drop one."
                )
            self._inner.learning_rate = _ScaledSchedule(rate, self._scale)
        elif not isinstance(rate, keras.Variable):
            raise EvaluatorError("optimizer(): `learning_rate` must be a number or a `LearningRateSchedule`.")
        self.keras.build(model.trainable_variables)
        self._start = [_compact(v.numpy()) for v in self.keras.variables]

    def start(self, learning_rate_scale: float) -> None:
        """Puts it where a training starts.

        Args:
            learning_rate_scale: factor on the learning rate or schedule.
        """
        for variable, value in zip(self.keras.variables, self._start, strict=True):
            variable.assign(value)
        self._scale.assign(learning_rate_scale)
        if not self._has_schedule:
            self.learning_rate *= learning_rate_scale

    @property
    def learning_rate(self) -> float:
        """Of the next step; only one that does not follow a schedule can be set."""
        return float(self._inner.learning_rate)

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._inner.learning_rate = rate

    def scale_loss(self, value: Any) -> Any:
        """A loss, or a gradient with respect to it, times the factor that `apply` divides gradients by."""
        return self.keras.scale_loss(value)

    def apply(self, gradients: Sequence[Any], variables: Sequence[Any]) -> None:
        """One step, from the gradients of the scaled loss."""
        self.keras.apply_gradients(zip(gradients, variables, strict=True))


class _ScaledSchedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # keras has no types
    """A schedule times a factor that is set for each training."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, scale: Any) -> None:
        self._schedule = schedule
        self._scale = scale

    def __call__(self, step: Any) -> Any:
        return self._schedule(step) * self._scale

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("a scaled schedule lives within one worker")


def _is_half(model: keras.Model) -> bool:
    return any(layer.compute_dtype == "float16" for layer in model._flatten_layers(include_self=False))


def _compact(value: np.ndarray) -> np.ndarray:
    """The same values; all of them 0 take no memory, and moments are as large as the model."""
    return value if value.any() else np.broadcast_to(value.dtype.type(0), value.shape)
