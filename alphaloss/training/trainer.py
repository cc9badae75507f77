"""`Trainer`: fits one loss for several seeds, with everything that does not depend on the loss compiled once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import ceil, isfinite

import keras
import numpy as np
import tensorflow as tf

from alphaloss.errors import EvaluatorError
from alphaloss.losses.keras_loss import keras_function
from alphaloss.records import Status, TestResult, Training
from alphaloss.training.batches import Inputs, Labels
from alphaloss.training.checks import check_data, data_hash
from alphaloss.training.compiled import CompiledModel, State
from alphaloss.training.engines import EpochFunction, Loss
from alphaloss.training.failure import LossError, blame_loss, first_line
from alphaloss.training.metrics import Values, make_metric, measure_all
from alphaloss.training.plateau import PlateauWatch
from alphaloss.training.realisation import Realisation, realise, transformed
from alphaloss.training.seeds import order_rng, prior_rng
from alphaloss.training.stopping import hopeless
from alphaloss.training.task import Rung, Samples, Task, TaskInfo, TrainJob

_LOSS_SAMPLES = 1024  # bounds the memory of a loss that is computed on validation data


class Trainer:
    """Trains losses on a task.

    A score depends on the job alone: neither on the worker nor on what it trained before.

    Attributes:
        info: what the controller is told about the task.
        compiled: the model and the optimizer, by the image size of a rung.
    """

    info: TaskInfo
    compiled: dict[int | None, CompiledModel]

    def __init__(self, task: Task) -> None:
        """Loads the data, and builds and checks the model at every image size.

        Args:
            task: from an evaluator.

        Raises:
            EvaluatorError: the data, the model or the optimizer cannot be used.
        """
        self._task = task
        self._data, self._width = check_data(task.data(), task.target)
        self._metric = make_metric(task.metric, task.target, self._width)
        self._labels = Labels(task.target, self._width)
        inputs = Inputs(self._data.x_train)
        sizes = dict.fromkeys(rung.image_size for rung in task.rungs)
        self.compiled = {size: CompiledModel(task, size, inputs, self._labels) for size in sizes}
        self.info = self._describe()
        self._class_prior = np.asarray(self.info.class_prior, np.float32)

    def train(self, job: TrainJob) -> list[Training]:
        """One training for each seed of the job, in their order; `FAILED` where Keras cannot compute the loss.

        Raises:
            EvaluatorError: the task has no such rung.
        """
        return self.train_function(keras_function(job.graph, self._class_prior), job)

    def train_function(self, loss: Loss, job: TrainJob) -> list[Training]:
        """Like `train`, with a Keras function in place of the job's graph.

        Args:
            loss: from `y_true` and `y_pred`, both float32 tensors (batch, outputs), to values (batch,). Of classes,
                `y_true` is one-hot and `y_pred` logits.
            job: everything but the loss; its graph only names the result.
        """
        rung = self._task.rung(job.rung)
        started = time.perf_counter()
        try:
            epoch = self.compiled[rung.image_size].epoch_function(loss)
        except LossError as error:
            seconds = (time.perf_counter() - started) / len(job.seeds)
            return [job.without_score(seed, Status.FAILED, str(error), seconds) for seed in job.seeds]
        trainings = []
        for seed in job.seeds:
            try:
                training = self._fit(epoch, loss, seed, rung, job, started)  # the first with its trace
            except LossError as error:
                training = job.without_score(seed, Status.FAILED, str(error), time.perf_counter() - started)
            trainings.append(training)
            started = time.perf_counter()
        return trainings

    def realise(self, seed: int, share: float = 1.0) -> Realisation:
        """What a seed trains with and is validated on, at a rung with that share."""
        return realise(self._task, self._data, self._width, seed, share)

    def epoch_seconds(self, loss: Loss, steps: int = 10) -> float:
        """Measures, and compiles on the way, what an epoch takes with a loss at the last rung, in seconds.

        Args:
            loss: as for `train_function`.
            steps: training steps to measure.

        Raises:
            LossError: Keras cannot compute the loss.
            EvaluatorError: an operation of the model has no deterministic implementation.
        """
        compiled = self.compiled[self._task.rungs[-1].image_size]
        epoch = compiled.epoch_function(loss)
        steps = min(steps, self.info.steps_per_epoch)
        order = np.arange(min(steps * self._task.batch_size, len(self._data.y_train)))
        compiled.start(0, 1.0)
        seconds = []
        for _ in range(2):  # the first compiles
            started = time.perf_counter()
            try:
                epoch(self._data.y_train, order, 1.0)
            except tf.errors.UnimplementedError as error:
                raise EvaluatorError(
                    f"model() cannot be trained with deterministic operations: {first_line(error)} "
                    "Set `workers.deterministic: false`, or `xla=False` if the task sets it."
                ) from None
            trained = time.perf_counter()
            compiled.predict(self._data.x_validation)
            per_step = (trained - started) / steps
            seconds.append(per_step * self.info.steps_per_epoch + time.perf_counter() - trained)
        return seconds[-1]

    def _fit(self, epoch: EpochFunction, loss: Loss, seed: int, rung: Rung, job: TrainJob, started: float) -> Training:
        compiled, metric = self.compiled[rung.image_size], self._metric
        part, order = self.realise(seed, rung.share), order_rng(seed)
        labels = self._data.y_train.copy()
        labels[part.chosen] = part.labels
        compiled.start(seed, job.learning_rate_scale)
        watch = PlateauWatch(self._task.plateau, metric.direction) if self._task.plateau else None
        chance = metric.chance(part.validation)
        best: _Best | None = None
        curve: list[float] = []
        predictions = np.empty((0, self._width), np.float32)
        status, message = Status.OK, ""
        steps = 0
        for number in range(1, rung.epochs + 1):
            done, value = epoch(labels, part.chosen[order.permutation(len(part.chosen))], job.gradient_scale)
            steps += done
            predictions = compiled.predict(self._data.x_validation)
            message = self._divergence(compiled, value, predictions, number)
            if message:
                status = Status.DIVERGED
                break
            curve.append(metric.score(predictions, part.validation))
            if job.measure == "test" and (best is None or metric.better(curve[-1], best.score)):
                best = _Best(number, curve[-1], compiled.state())
            if job.stop_hopeless and (message := hopeless(curve, rung.epochs, metric, chance)):
                status = Status.STOPPED
                break
            if watch:
                compiled.optimizer.learning_rate = watch.rate(curve[-1], compiled.optimizer.learning_rate)
        ended = status is Status.OK
        return Training(
            key=job.graph.key,
            rung=job.rung,
            seed=seed,
            learning_rate_scale=job.learning_rate_scale,
            status=status,
            score=curve[-1] if ended else None,
            curve=(*curve, *[None] * (rung.epochs - len(curve))),
            metrics=measure_all(predictions, part.validation, self._task.target) if ended else {},
            loss=self._mean_loss(loss, part.validation, predictions) if ended else None,
            message=message,
            test=self._test(compiled, best) if best and ended else None,
            seconds=time.perf_counter() - started,
            steps=steps,
        )

    def _divergence(self, compiled: CompiledModel, loss: float, predictions: np.ndarray, epoch: int) -> str:
        if not isfinite(loss):
            return f"The loss was not finite in epoch {epoch}."
        if not (np.isfinite(predictions).all() and compiled.weights_finite()):
            outputs = "logits" if self._task.target == "classes" else "predictions"
            return f"The weights or {outputs} were not finite after epoch {epoch}."
        return ""

    def _mean_loss(self, loss: Loss, labels: np.ndarray, predictions: np.ndarray) -> float | None:
        """Computed without compiling, which takes longer; None if it is not finite."""
        values: list[Values] = []
        for i in range(0, len(labels), _LOSS_SAMPLES):
            y_true = self._labels.y_true(self._labels.tensor(labels[i : i + _LOSS_SAMPLES]))
            with blame_loss():
                value = loss(y_true, keras.ops.convert_to_tensor(predictions[i : i + _LOSS_SAMPLES]))
            values.append(keras.ops.convert_to_numpy(value))
        mean = float(np.concatenate(values).mean(dtype=np.float64))
        return mean if isfinite(mean) else None

    def _test(self, compiled: CompiledModel, best: _Best) -> TestResult:
        """The test scores of the last epoch and of the best; leaves the weights of the last."""
        labels = self._data.y_test
        predictions = compiled.predict(self._data.x_test)
        last = self._metric.samples(predictions, labels)
        state = compiled.state()
        compiled.restore(best.state)
        early = self._metric.samples(compiled.predict(self._data.x_test), labels)
        compiled.restore(state)
        return TestResult(
            score=float(last.mean()),
            samples=tuple(last.tolist()),
            metrics=measure_all(predictions, labels, self._task.target),
            early_epoch=best.epoch,
            early_score=float(early.mean()),
            early_samples=tuple(early.tolist()),
        )

    def _describe(self) -> TaskInfo:
        task, data = self._task, self._data
        full = task.rungs[-1]
        # Losses must not learn from clean labels, which a user lacks; they take the logarithm of a share.
        chosen, labels = transformed(task.transforms, data.y_train, self._width, prior_rng())
        counts = np.maximum(np.bincount(labels, minlength=self._width), 1) if task.target == "classes" else np.ones(0)
        sentences = [t.sentence for t in task.transforms]
        if sentences and task.validation_noise:
            sentences.append("The validation labels are changed in the same way.")
        return TaskInfo(
            name=task.name,
            target=task.target,
            metric=self._metric.name,
            direction=self._metric.direction,
            rungs=task.rungs,
            classes=self._width,
            class_prior=tuple((counts / counts.sum()).tolist()),
            samples=Samples(train=len(data.y_train), validation=len(data.y_validation), test=len(data.y_test)),
            data_hash=data_hash(data),
            batch_size=task.batch_size,
            steps_per_epoch=ceil(len(chosen) * full.share / task.batch_size),
            parameters=self.compiled[full.image_size].parameters,
            transforms=" ".join(sentences),
        )


@dataclass(frozen=True)
class _Best:
    """The epoch with the best validation score so far; the first one at ties."""

    epoch: int
    score: float
    state: State
