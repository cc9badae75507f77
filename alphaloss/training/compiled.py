"""A task's model at one image size with its optimizer: what all candidates of a worker share."""

from __future__ import annotations

import functools

import keras
import numpy as np

from alphaloss.errors import EvaluatorError
from alphaloss.training.batches import Inputs, Labels
from alphaloss.training.engines import LOOP_OPERATIONS, EpochFunction, Loss, loop_epoch, step_epoch
from alphaloss.training.memory import check_step
from alphaloss.training.model import build_model, check_outputs
from alphaloss.training.optimizer import Optimizer
from alphaloss.training.passes import Passes
from alphaloss.training.seeds import weights_seed
from alphaloss.training.task import Task

State = list[np.ndarray]

_FEWEST_STATES = 4
_STATES_BYTES = 64 * 2**20  # initial weights are kept for the seeds that fit; building a model takes long


class CompiledModel:
    """The model and optimizer of a task, and the functions that train and run them.

    Attributes:
        model: its weights are those of the latest training.
        optimizer: its state is that of the latest training.
        passes: its compiled functions.
    """

    def __init__(self, task: Task, image_size: int | None, inputs: Inputs, labels: Labels) -> None:
        """Builds, traces and checks the model; it is compiled when it is first used.

        Args:
            task: gives the model and the optimizer.
            image_size: what `task.model` is called with.
            inputs: of the training samples.
            labels: what the model predicts.

        Raises:
            EvaluatorError: the model or the optimizer cannot be trained with; the message names the fix.
        """
        self._task = task
        self._image_size = image_size
        self._inputs = inputs
        self._labels = labels
        self.model = build_model(task, 0, image_size)
        check_outputs(self.model, inputs.first(8), labels.width, labels.target)
        self.optimizer = Optimizer(task, self.model)
        self.passes = Passes(self.model, self.optimizer, inputs.spec, task.xla)
        check_step(self.passes.sample_bytes, task.batch_size)
        size = sum(v.nbytes for v in self.state())
        kept = max(_FEWEST_STATES, _STATES_BYTES // size)
        self.initial_state = functools.lru_cache(maxsize=kept)(self._draw_initial_state)

    @property
    def parameters(self) -> int:
        """How many trainable numbers the model has."""
        return sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)

    def epoch_function(self, loss: Loss) -> EpochFunction:
        """What trains one epoch with a loss: the whole of what is compiled for a candidate.

        Raises:
            LossError: Keras refuses the loss.
        """
        in_steps = self.passes.operations > LOOP_OPERATIONS or self._inputs.tensor is None or self._task.xla
        engine = step_epoch if in_steps else loop_epoch
        return engine(self.passes, self._inputs, self._labels, loss, self._task.batch_size)

    def start(self, seed: int, learning_rate_scale: float) -> None:
        """Puts the weights, dropout seeds and optimizer where the training of a seed starts.

        Args:
            seed: draws the weights.
            learning_rate_scale: factor on the optimizer's learning rate or schedule.

        Raises:
            EvaluatorError: `model()` built another architecture than before.
        """
        self.restore(self.initial_state(seed))
        self.optimizer.start(learning_rate_scale)

    def state(self) -> State:
        """A copy of all variables of the model."""
        return [v.numpy() for v in self.model.variables]

    def restore(self, state: State) -> None:
        """Puts a state back."""
        for variable, value in zip(self.model.variables, state, strict=True):
            variable.assign(value)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predictions (samples, outputs), float32, in inference mode."""
        return self.passes.predict(x)

    def weights_finite(self) -> bool:
        """Whether every trainable weight is a finite number."""
        return self.passes.weights_finite()

    def _draw_initial_state(self, seed: int) -> State:
        """The variables of a model that is built after `keras.utils.set_random_seed`."""
        drawn: keras.Model = build_model(self._task, weights_seed(seed), self._image_size)
        state = [v.numpy() for v in drawn.variables]
        if [v.shape for v in state] != [v.shape for v in self.model.variables]:
            raise EvaluatorError("model() must build the same architecture every time; only initial values may differ.")
        return state
