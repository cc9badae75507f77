"""A Keras model and its optimizer, compiled once: what all candidates of a worker share.

The forward pass, the update of the weights and the prediction are functions of TensorFlow that are traced once. The
training loop of a candidate calls them, so that tracing it costs the operations of its loss and little else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alphaloss.errors import EvaluatorError
from alphaloss.training.task import Task

Loss = Callable[[Any, Any], Any]
State = list[np.ndarray]
EpochFunction = Callable[[Any, Any, Any], tuple[Any, Any]]

_PREDICTION_BATCH = 1024  # samples; bounds the memory of a prediction
_REASON_CHARACTERS = 300


class LossError(Exception):
    """Keras cannot trace or compute a loss; says why, in the same words in every worker."""


def configure_tensorflow() -> None:
    """Makes this process deterministic: one thread, deterministic operations. Call it before any tensor exists."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


class CompiledModel:
    """The model and optimizer of a task, and the functions that train and run them.

    Attributes:
        model: its weights are those of the latest training.
        optimizer: its state is that of the latest training.
    """

    def __init__(self, task: Task, x_train: np.ndarray, classes: int) -> None:
        """Builds and compiles.

        Args:
            task: gives the model and the optimizer.
            x_train: shape (samples, ...); held as one tensor.
            classes: how many outputs the model must have.

        Raises:
            EvaluatorError: the model or the optimizer cannot be trained with; the message names the fix.
        """
        self._task = task
        self._classes = classes
        self._x = tf.constant(_as_keras(x_train))
        self.model = build_model(task, seed=0)
        _check_outputs(self.model, self._x[:8], classes)
        self._variables = [_tensorflow(v) for v in self.model.trainable_variables]
        if not self._variables:
            raise EvaluatorError("model() has no trainable weights; set `trainable = True` on some layer.")
        self._learning_rate_scale = tf.Variable(1.0, trainable=False)
        self.optimizer = _build_optimizer(task, self.model.trainable_variables, self._learning_rate_scale)
        self._optimizer_start = [v.numpy() for v in self.optimizer.variables]
        self._compile()

    def _compile(self) -> None:
        batch = tf.TensorSpec((None, *self._x.shape[1:]), self._x.dtype)
        gradients = [tf.TensorSpec(v.shape, v.dtype) for v in self._variables]

        def forward(x: Any) -> tuple[Any, Any]:
            logits = self.model(x, training=True)
            added = [tf.cast(loss, tf.float32) for loss in self.model.losses]
            return tf.cast(logits, tf.float32), tf.add_n(added) if added else tf.constant(0.0)

        def predict(x: Any) -> Any:
            return tf.cast(self.model(x, training=False), tf.float32)

        def update(*gradients: Any) -> None:
            self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))

        def weights_finite() -> Any:
            return tf.reduce_all([tf.reduce_all(tf.math.is_finite(v)) for v in self._variables])

        self._forward = tf.function(forward, input_signature=[batch], jit_compile=False)
        self._predict = tf.function(predict, input_signature=[batch], jit_compile=False)
        self._update = tf.function(update, input_signature=gradients, jit_compile=False)
        self._weights_finite = tf.function(weights_finite, input_signature=[], jit_compile=False)
        _check_randomness(self._forward.get_concrete_function().graph, self.model.variables)

    def epoch_function(self, loss: Loss) -> EpochFunction:
        """Traces one epoch of training with a loss; the whole of what is compiled for a candidate.

        Args:
            loss: from one-hot labels and logits, both (batch, classes), to values (batch,).

        Returns:
            A function of the labels (samples,), the order of the samples (samples,), both int32 tensors, and the
            gradient scale, that gives the steps done and the last loss. It stops after a step whose loss is not finite.
            It raises `LossError` as well.

        Raises:
            LossError: Keras refuses the loss.
        """
        size = self._task.batch_size

        def epoch(labels: Any, order: Any, scale: Any) -> tuple[Any, Any]:
            steps = tf.constant(0)
            value = tf.constant(0.0)
            while steps * size < tf.size(order) and tf.math.is_finite(value):
                samples = order[steps * size : (steps + 1) * size]
                y_true = tf.one_hot(tf.gather(labels, samples), self._classes)
                with tf.GradientTape() as tape:
                    logits, added = self._forward(tf.gather(self._x, samples))
                    value = scale * tf.reduce_mean(loss(y_true, logits)) + added
                    scaled = self.optimizer.scale_loss(value)
                gradients = tape.gradient(scaled, self._variables, unconnected_gradients="zero")
                self._update(*[tf.convert_to_tensor(g) for g in gradients])
                steps += 1
            return steps, value

        integers = tf.TensorSpec((None,), tf.int32)
        signature = [integers, integers, tf.TensorSpec((), tf.float32)]
        with _blame_loss():
            traced = tf.function(epoch, input_signature=signature, jit_compile=False).get_concrete_function()

        def run(labels: Any, order: Any, scale: Any) -> tuple[Any, Any]:
            with _blame_loss():
                steps, value = traced(labels, order, scale)
            return steps, value

        return run

    def start(self, state: State, learning_rate_scale: float) -> None:
        """Puts the weights, dropout seeds and optimizer where a training starts.

        Args:
            state: from `initial_state`.
            learning_rate_scale: factor on the optimizer's learning rate or schedule.
        """
        self.restore(state)
        for variable, value in zip(self.optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(value)
        self._learning_rate_scale.assign(learning_rate_scale)
        if isinstance(_rate(self.optimizer), keras.Variable):
            self.optimizer.learning_rate = float(self.optimizer.learning_rate) * learning_rate_scale

    def initial_state(self, seed: int) -> State:
        """The variables of a model that is built after `keras.utils.set_random_seed(seed)`.

        Raises:
            EvaluatorError: `model()` built another architecture than before.
        """
        state = [v.numpy() for v in build_model(self._task, seed).variables]
        shapes = [v.shape for v in self.model.variables]
        if [v.shape for v in state] != shapes:
            raise EvaluatorError("model() must build the same architecture every time; only initial values may differ.")
        return state

    def state(self) -> State:
        """A copy of all variables of the model."""
        return [v.numpy() for v in self.model.variables]

    def restore(self, state: State) -> None:
        """Puts a state back."""
        for variable, value in zip(self.model.variables, state, strict=True):
            variable.assign(value)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Logits (samples, classes), float32, in inference mode."""
        x = _as_keras(x)
        parts = [self._predict(x[i : i + _PREDICTION_BATCH]).numpy() for i in range(0, len(x), _PREDICTION_BATCH)]
        return np.concatenate(parts)

    def weights_finite(self) -> bool:
        """Whether every trainable weight is a finite number."""
        return bool(self._weights_finite())


@contextmanager
def _blame_loss() -> Iterator[None]:
    """Turns what tracing or running a candidate's epoch raises into a `LossError`.

    All else in the epoch has been traced and run with cross-entropy when the worker started. Lack of memory passes: it
    depends on the machine, so another process gets a chance.
    """
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:  # AutoGraph raises a private type for exceptions that it cannot rebuild
        raise LossError(f"Keras cannot compute this loss: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The exception in one line, without stacks and without names that TensorFlow numbers anew in each process."""
    wrapped = str(error).startswith("in user code:")  # AutoGraph's copy, with its own stack, of what was raised
    original = error.__context__ if wrapped and error.__context__ else error
    text = re.sub(r"\{\{.*?\}\}|\[Op:.*?\]", "", str(original))
    lines = [line.strip() for line in text.splitlines() if line[:1].strip()]
    said = [line for line in lines if not line.startswith(("Graph execution error", "Detected at node"))]
    return f"{type(original).__name__}: {said[0][:_REASON_CHARACTERS] if said else 'no message'}"


def build_model(task: Task, seed: int) -> keras.Model:
    """A new model, its random numbers drawn from the seed.

    Raises:
        EvaluatorError: `model()` gave something else than an uncompiled Keras model with weights.
    """
    keras.utils.set_random_seed(seed)
    model = task.model()
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
    return model


def _check_outputs(model: keras.Model, x: Any, classes: int) -> None:
    try:
        outputs = model(x, training=False)
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        reason = str(error).strip().splitlines()[0]
        raise EvaluatorError(f"model() cannot take x_train, samples of shape {x.shape[1:]}: {reason}") from None
    shape = tuple(getattr(outputs, "shape", ()))
    if shape != (len(x), classes):
        raise EvaluatorError(
            f"model() must output logits of shape (batch, {classes}), as the labels go from 0 to {classes - 1}; "
            f"for a batch of {len(x)} it gave {shape}. Change the last layer or the labels."
        )
    values = keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))
    if (values >= 0).all() and np.allclose(values.sum(axis=-1), 1.0, atol=1e-2):
        raise EvaluatorError(
            f"model() ends in a softmax (its last layer is `{model.layers[-1].name}`), but losses take logits. "
            f"Remove the softmax: `keras.layers.Dense({classes})` without activation."
        )


def _build_optimizer(task: Task, variables: Iterable[Any], scale: Any) -> keras.optimizers.Optimizer:
    optimizer = task.optimizer()
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise EvaluatorError(f"optimizer() must return a Keras optimizer; received {type(optimizer).__name__}.")
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise EvaluatorError("optimizer(): `LossScaleOptimizer` is not supported; use the optimizer inside it.")
    if optimizer.use_ema:
        raise EvaluatorError("optimizer(): `use_ema=True` is not supported; remove it.")
    rate = _rate(optimizer)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        optimizer.learning_rate = _ScaledSchedule(rate, scale)
    elif not isinstance(rate, keras.Variable):
        raise EvaluatorError("optimizer(): `learning_rate` must be a number or a `LearningRateSchedule`.")
    optimizer.build(variables)
    return optimizer


def _rate(optimizer: keras.optimizers.Optimizer) -> Any:
    return optimizer._learning_rate  # the public property gives a schedule's current value, not the schedule


class _ScaledSchedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # keras has no types
    """A schedule times a factor that is set for each training."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, scale: Any) -> None:
        self._schedule = schedule
        self._scale = scale

    def __call__(self, step: Any) -> Any:
        return self._schedule(step) * self._scale

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("a scaled schedule lives within one worker")


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


def _as_keras(x: np.ndarray) -> np.ndarray:
    """Floats in Keras' precision, integers as they are: what `fit` does."""
    return x.astype(keras.config.floatx()) if np.issubdtype(x.dtype, np.floating) else x
