"""`Task`: what an evaluator file defines (data, model, optimizer, metric, rungs), and what is told about it.

Nothing here imports TensorFlow, so that an evaluator file can be checked, and its options read, cheaply.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from alphaloss.errors import EvaluatorError
from alphaloss.losses.graph import LossGraph
from alphaloss.records import Status, Training
from alphaloss.training.metrics import METRICS, Direction
from alphaloss.training.transforms import Transform

if TYPE_CHECKING:
    import keras


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Data:
    """The arrays of a task: a training part, a small trusted validation part and a test part that no search sees.

    Attributes:
        x_train: inputs, shape (samples, ...), finite numbers; `x_validation` and `x_test` alike.
        y_train: labels, shape (samples,), integers 0 to classes - 1; `y_validation` and `y_test` alike.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class Rung(_Frozen):
    """One fidelity at which a program can be trained."""

    name: str = Field(min_length=1)
    epochs: int = Field(ge=1, description="passes over the training data")


@dataclass(frozen=True, kw_only=True)
class Task:
    """A training task: all that is fixed while losses are compared.

    Attributes:
        name: what reports call the task.
        data: gives the data; called once a worker, and must give the same arrays every time.
        model: gives an uncompiled Keras model that outputs logits (batch, classes); called for every new seed, with
            Keras' random seed set, so that the seed draws the initial weights.
        optimizer: gives a Keras optimizer.
        metric: what the score is; a key of `alphaloss.training.metrics.METRICS`.
        batch_size: samples a step; the last batch of an epoch may be smaller, as in Keras.
        rungs: the fidelities, cheapest first.
        transforms: applied to the training labels, with a new realisation for each seed.
        validation_noise: apply the transforms to the validation labels too.
        target: what the labels are.
    """

    name: str
    data: Callable[[], Data]
    model: Callable[[], keras.Model]
    optimizer: Callable[[], keras.optimizers.Optimizer]
    batch_size: int
    rungs: tuple[Rung, ...]
    metric: str = "accuracy"
    transforms: tuple[Transform, ...] = ()
    validation_noise: bool = False
    target: Literal["classes"] = "classes"

    def __post_init__(self) -> None:
        """Checks every attribute.

        Raises:
            EvaluatorError: one has the wrong type or value.
        """
        _require(isinstance(self.name, str) and bool(self.name), "name", "a non-empty text", self.name)
        for part in ("data", "model", "optimizer"):
            value = getattr(self, part)
            hint = f"a function without arguments, such as `{part}={part}` after `def {part}(): ...`"
            _require(callable(value), part, hint, value)
        size = self.batch_size
        whole = isinstance(size, int) and not isinstance(size, bool) and size >= 1
        _require(whole, "batch_size", "a whole number of at least 1", size)
        rungs = isinstance(self.rungs, tuple) and all(isinstance(r, Rung) for r in self.rungs)
        example = "a tuple with at least one rung, such as `rungs=(Rung(name='full', epochs=30),)`"
        _require(rungs and len(self.rungs) > 0, "rungs", example, self.rungs)
        names = [r.name for r in self.rungs]
        _require(len(set(names)) == len(names), "rungs", "rungs with different names", names)
        transforms = isinstance(self.transforms, tuple) and all(isinstance(t, Transform) for t in self.transforms)
        _require(transforms, "transforms", "a tuple of `SymmetricNoise` or `AsymmetricNoise`", self.transforms)
        _require(self.metric in METRICS, "metric", f"one of {', '.join(METRICS)}", self.metric)
        _require(self.target == "classes", "target", "'classes'", self.target)

    def rung(self, name: str) -> Rung:
        """The rung of that name.

        Raises:
            EvaluatorError: the task has none.
        """
        return find_rung(self.rungs, name)


def find_rung(rungs: tuple[Rung, ...], name: str) -> Rung:
    """The rung of that name.

    Raises:
        EvaluatorError: there is none; the message has the nearest.
    """
    for rung in rungs:
        if rung.name == name:
            return rung
    names = [r.name for r in rungs]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    raise EvaluatorError(f"The task has no rung `{name}`.{hint} Its rungs: {', '.join(names)}.")


def _require(holds: bool, attribute: str, expected: str, received: object) -> None:
    if not holds:
        raise EvaluatorError(f"Task: `{attribute}` must be {expected}; received {received!r}.")


class Samples(_Frozen):
    """How many samples each part of the data has."""

    train: int
    validation: int
    test: int


class TaskInfo(_Frozen):
    """What a worker tells about its task; equal in every worker."""

    name: str
    metric: str
    direction: Direction
    rungs: tuple[Rung, ...]
    classes: int
    class_prior: tuple[float, ...] = Field(
        description="share of each class in the training labels with their noise, as a user would count them: in one "
        "fixed realisation of the transforms, each class at least once; shape (classes,)"
    )
    samples: Samples
    data_hash: str = Field(description="sha256 over all arrays, in hexadecimal")
    batch_size: int
    steps_per_epoch: int
    parameters: int = Field(description="trainable numbers of the model")
    transforms: str = Field(description="what is done to the labels, in sentences; empty if nothing")

    def rung(self, name: str) -> Rung:
        """The rung of that name.

        Raises:
            EvaluatorError: the task has none.
        """
        return find_rung(self.rungs, name)


class TrainJob(_Frozen):
    """Trainings of one loss at one rung, one for each seed; they share a trace, so they go to one worker."""

    graph: LossGraph
    rung: str
    seeds: tuple[int, ...] = Field(min_length=1)
    gradient_scale: float = Field(default=1.0, gt=0, allow_inf_nan=False, description="factor on the loss")
    learning_rate_scale: float = Field(
        default=1.0, gt=0, allow_inf_nan=False, description="factor on the optimizer's learning rate"
    )
    measure: Literal["validation", "test"] = Field(
        default="validation", description="`test` opens the test data as well: for a verdict only"
    )
    stop_hopeless: bool = Field(
        default=False, description="end a training early that does no better than guessing: for a search only"
    )

    def without_score(self, seed: int, status: Status, message: str, seconds: float) -> Training:
        """The result of a seed that could not be trained.

        Args:
            seed: one of `seeds`.
            status: how it ended.
            message: why.
            seconds: what it took.
        """
        return Training(
            key=self.graph.key,
            rung=self.rung,
            seed=seed,
            learning_rate_scale=self.learning_rate_scale,
            status=status,
            score=None,
            curve=(),
            message=message,
            seconds=seconds,
            steps=0,
        )
