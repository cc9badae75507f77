"""`Task`: what an evaluator file defines (data, model, optimizer, metric, rungs), and what is told about it.

Nothing here imports TensorFlow, so that an evaluator file can be checked, and its options read, cheaply.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from alphaloss.errors import EvaluatorError
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.records import Status, Training
from alphaloss.training.metrics import Direction, make_metric
from alphaloss.training.plateau import ReduceOnPlateau
from alphaloss.training.transforms import OfClasses, OfValues, Transform

if TYPE_CHECKING:
    import keras


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Data:
    """The arrays of a task: a training part, a small trusted validation part and a test part that no search sees.

    Attributes:
        x_train: inputs, shape (samples, ...), finite numbers; `x_validation` and `x_test` alike.
        y_train: labels, shape (samples,), integers 0 to classes - 1; of a regression the values, shape
            (samples, outputs), floats. `y_validation` and `y_test` alike.
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
    share: float = Field(
        1.0,
        gt=0,
        le=1,
        description="part of the training samples, drawn anew for each seed; a smaller part lies within a larger one",
    )
    image_size: int | None = Field(
        None, ge=1, description="height and width in pixels, given to `model(image_size)`; None calls `model()`"
    )
    seeds: int = Field(1, ge=1, description="trainings that a program of a search gets at this rung")


@dataclass(frozen=True, kw_only=True)
class Task:
    """A training task: all that is fixed while losses are compared.

    Attributes:
        name: what reports call the task.
        data: gives the data; called once a worker, and must give the same arrays every time.
        model: gives an uncompiled Keras model that outputs logits (batch, classes), or values (batch, outputs);
            called for every new seed, with Keras' random seed set, so that the seed draws the initial weights. Where
            a rung has an `image_size`, it is called with it, and the model resizes its input.
        optimizer: gives a Keras optimizer.
        metric: what the score is: a name in `alphaloss.training.metrics.METRICS`, or weights by name: the score is
            then the weighted sum, in which metrics that are better when small count negatively.
        batch_size: samples a step; the last batch of an epoch may be smaller, as in Keras.
        rungs: the fidelities, cheapest first.
        transforms: applied to the training part, with a new realisation for each seed.
        validation_noise: apply the label noise among them to the validation labels too.
        target: what the labels are: `classes`, or `values` of a regression.
        plateau: when to lower the learning rate; None never does.
        xla: compile the model's passes with XLA. It takes long, in every worker once for each size of a batch: that of
            all but the last, what is left for the last, and those of prediction. It pays on a GPU.
    """

    name: str
    data: Callable[[], Data]
    model: Callable[..., keras.Model]
    optimizer: Callable[[], keras.optimizers.Optimizer]
    batch_size: int
    rungs: tuple[Rung, ...]
    metric: str | Mapping[str, float] = "accuracy"
    transforms: tuple[Transform, ...] = ()
    validation_noise: bool = False
    target: Target = "classes"
    plateau: ReduceOnPlateau | None = None
    xla: bool = False

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
        work = {r.name: round(relative_work(r, self.rungs[-1]), 3) for r in self.rungs}
        ordered = "cheapest first: none may take more (epochs x share x pixels) than the last, which is the full one"
        _require(max(work.values()) <= 1, "rungs", ordered, work)
        transforms = isinstance(self.transforms, tuple) and all(isinstance(t, Transform) for t in self.transforms)
        known = ", ".join(f"`{t.__name__}`" for t in get_args(Transform))
        _require(transforms, "transforms", f"a tuple of {known}", self.transforms)
        _require(self.target in ("classes", "values"), "target", "'classes' or 'values'", self.target)
        others, kind = (OfValues, "values") if self.target == "classes" else (OfClasses, "classes")
        wrong = [type(t).__name__ for t in self.transforms if isinstance(t, others)]
        _require(not wrong, "transforms", f"without those of {kind} where `target` is {self.target!r}", wrong)
        make_metric(self.metric, self.target)
        plateau = self.plateau is None or isinstance(self.plateau, ReduceOnPlateau)
        _require(plateau, "plateau", "a `ReduceOnPlateau` or None", self.plateau)
        _require(isinstance(self.xla, bool), "xla", "True or False", self.xla)

    def rung(self, name: str) -> Rung:
        """The rung of that name.

        Raises:
            EvaluatorError: the task has none.
        """
        return find_rung(self.rungs, name)


def relative_work(rung: Rung, full: Rung) -> float:
    """What a training at a rung takes, without its trace, as a share of one at the full rung: epochs, samples, pixels.

    Args:
        rung: of a task.
        full: the last of that task.
    """
    pixels = (rung.image_size / full.image_size) ** 2 if rung.image_size and full.image_size else 1.0
    return rung.epochs / full.epochs * rung.share / full.share * pixels


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
    target: Target = "classes"
    metric: str
    direction: Direction
    rungs: tuple[Rung, ...]
    classes: int = Field(description="number of classes, or of outputs of a regression")
    class_prior: tuple[float, ...] = Field(
        description="share of each class in the training labels with their noise, as a user would count them: in one "
        "fixed realisation of the transforms, each class at least once; shape (classes,); empty for a "
        "regression, and for tasks that differ in it"
    )
    samples: Samples
    data_hash: str = Field(description="sha256 over all arrays, in hexadecimal")
    batch_size: int
    steps_per_epoch: int
    parameters: int = Field(description="trainable numbers of the model")
    transforms: str = Field(description="what is done to the training part, in sentences; empty if nothing")
    tasks: tuple[TaskInfo, ...] = Field(default=(), description="of a suite: its tasks, in their order")

    def rung(self, name: str) -> Rung:
        """The rung of that name.

        Raises:
            EvaluatorError: the task has none.
        """
        return find_rung(self.rungs, name)


class TrainJob(_Frozen):
    """Trainings of one loss at one rung, one for each seed; they share a trace, so they go to one worker."""

    graph: LossGraph
    reference: LossGraph | None = Field(default=None, description="what a suite of tasks compares with; else unused")
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
