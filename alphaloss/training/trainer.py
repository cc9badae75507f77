"""`Trainer`: fits one loss for several seeds, with everything that does not depend on the loss compiled once."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from math import ceil

import numpy as np
import tensorflow as tf

from alphaloss.losses.keras_loss import keras_function
from alphaloss.records import Status, TestResult, Training
from alphaloss.training.checks import check_data, data_hash
from alphaloss.training.compiled import CompiledModel, EpochFunction, Loss, LossError, State
from alphaloss.training.metrics import METRICS
from alphaloss.training.seeds import labels_rng, order_rng, prior_rng, weights_seed
from alphaloss.training.stopping import hopeless
from alphaloss.training.task import Samples, Task, TaskInfo, TrainJob

_INITIAL_STATES_BYTES = 64 * 2**20  # initial weights are kept for the seeds that fit; building a model takes long


class Trainer:
    """Trains losses on a task.

    A score depends on the job alone: neither on the worker nor on what it trained before.

    Attributes:
        info: what the controller is told about the task.
        compiled: the model, with the weights of the latest training, and the optimizer.
    """

    info: TaskInfo
    compiled: CompiledModel

    def __init__(self, task: Task) -> None:
        """Loads the data and compiles what does not depend on a loss.

        Args:
            task: from an evaluator.

        Raises:
            EvaluatorError: the data, the model or the optimizer cannot be used.
        """
        self._task = task
        self._metric = METRICS[task.metric]
        self._data, self._classes = check_data(task.data())
        self.compiled = CompiledModel(task, self._data.x_train, self._classes)
        self.info = self._describe()
        self._class_prior = np.asarray(self.info.class_prior, np.float32)
        size = sum(array.nbytes for array in self.compiled.state())
        self._initial_state = functools.lru_cache(maxsize=_INITIAL_STATES_BYTES // size)(self._draw_initial_state)

    def train(self, job: TrainJob) -> list[Training]:
        """One training for each seed of the job, in their order; `FAILED` where Keras cannot compute the loss.

        Raises:
            EvaluatorError: the task has no such rung.
        """
        return self.train_function(keras_function(job.graph, self._class_prior), job)

    def train_function(self, loss: Loss, job: TrainJob) -> list[Training]:
        """Like `train`, with a Keras function in place of the job's graph.

        Args:
            loss: from one-hot labels and logits, both float32 tensors (batch, classes), to values (batch,).
            job: everything but the loss; its graph only names the result.
        """
        epochs = self._task.rung(job.rung).epochs
        started = time.perf_counter()
        try:
            epoch = self.compiled.epoch_function(loss)
        except LossError as error:
            seconds = (time.perf_counter() - started) / len(job.seeds)
            return [job.without_score(seed, Status.FAILED, str(error), seconds) for seed in job.seeds]
        trainings = []
        for seed in job.seeds:
            trainings.append(self._fit_or_fail(epoch, seed, epochs, job, started))  # the first with its trace
            started = time.perf_counter()
        return trainings

    def noisy_labels(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The labels that a seed trains with and is validated on, shapes (train samples,), (validation samples,)."""
        rng = labels_rng(seed)
        train = self._transform(self._data.y_train, rng)
        validation = self._data.y_validation
        return train, self._transform(validation, rng) if self._task.validation_noise else validation

    def epoch_seconds(self, loss: Loss, steps: int = 10) -> float:
        """Measures, and compiles on the way, what an epoch takes with a loss, in seconds.

        Args:
            loss: as for `train_function`.
            steps: training steps to measure.

        Raises:
            LossError: Keras cannot compute the loss.
        """
        epoch = self.compiled.epoch_function(loss)
        labels = tf.constant(self._data.y_train, tf.int32)
        steps = min(steps, self.info.steps_per_epoch)
        order = tf.range(min(steps * self._task.batch_size, len(self._data.y_train)))
        self.compiled.start(self._initial_state(0), 1.0)
        seconds = []
        for _ in range(2):  # the first compiles
            started = time.perf_counter()
            epoch(labels, order, tf.constant(1.0))
            trained = time.perf_counter()
            self.compiled.predict(self._data.x_validation)
            per_step = (trained - started) / steps
            seconds.append(per_step * self.info.steps_per_epoch + time.perf_counter() - trained)
        return seconds[-1]

    def _transform(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for transform in self._task.transforms:
            labels = transform.apply(labels, self._classes, rng)
        return labels

    def _fit_or_fail(self, epoch: EpochFunction, seed: int, epochs: int, job: TrainJob, started: float) -> Training:
        try:
            return self._fit(epoch, seed, epochs, job, started)
        except LossError as error:
            return job.without_score(seed, Status.FAILED, str(error), time.perf_counter() - started)

    def _fit(self, epoch: EpochFunction, seed: int, epochs: int, job: TrainJob, started: float) -> Training:
        train_labels, validation_labels = self.noisy_labels(seed)
        labels, order = tf.constant(train_labels, tf.int32), order_rng(seed)
        scale = tf.constant(job.gradient_scale, tf.float32)
        self.compiled.start(self._initial_state(seed), job.learning_rate_scale)
        chance = self._metric.chance(validation_labels)
        best: _Best | None = None
        curve: list[float] = []
        status, message = Status.OK, ""
        steps = 0
        for number in range(1, epochs + 1):
            shuffled = tf.constant(order.permutation(len(train_labels)), tf.int32)
            done, value = epoch(labels, shuffled, scale)
            steps += int(done)
            logits = self.compiled.predict(self._data.x_validation)
            message = self._divergence(float(value), logits, number)
            if message:
                status = Status.DIVERGED
                break
            score = float(self._metric.samples(logits, validation_labels).mean())
            curve.append(score)
            if job.measure == "test" and (best is None or self._metric.better(score, best.score)):
                best = _Best(number, score, self.compiled.state())
            if job.stop_hopeless and (message := hopeless(curve, epochs, self._metric, chance)):
                status = Status.STOPPED
                break
        return Training(
            key=job.graph.key,
            rung=job.rung,
            seed=seed,
            learning_rate_scale=job.learning_rate_scale,
            status=status,
            score=curve[-1] if status is Status.OK else None,
            curve=(*curve, *[None] * (epochs - len(curve))),
            message=message,
            test=self._test(best) if best and status is Status.OK else None,
            seconds=time.perf_counter() - started,
            steps=steps,
        )

    def _divergence(self, loss: float, logits: np.ndarray, epoch: int) -> str:
        if not np.isfinite(loss):
            return f"The loss was not finite in epoch {epoch}."
        if not (np.isfinite(logits).all() and self.compiled.weights_finite()):
            return f"The weights or logits were not finite after epoch {epoch}."
        return ""

    def _test(self, best: _Best) -> TestResult:
        """The test scores of the last epoch and of the best; leaves the weights of the last."""
        last = self._metric.samples(self.compiled.predict(self._data.x_test), self._data.y_test)
        state = self.compiled.state()
        self.compiled.restore(best.state)
        early = self._metric.samples(self.compiled.predict(self._data.x_test), self._data.y_test)
        self.compiled.restore(state)
        return TestResult(
            score=float(last.mean()),
            samples=tuple(last.tolist()),
            early_epoch=best.epoch,
            early_score=float(early.mean()),
            early_samples=tuple(early.tolist()),
        )

    def _draw_initial_state(self, seed: int) -> State:
        return self.compiled.initial_state(weights_seed(seed))

    def _class_shares(self) -> np.ndarray:
        """Shares, shape (classes,), of the noisy labels: losses must not learn from clean ones, which a user lacks."""
        labels = self._transform(self._data.y_train, prior_rng())
        counts = np.maximum(np.bincount(labels, minlength=self._classes), 1)  # losses take the logarithm
        shares: np.ndarray = counts / counts.sum()
        return shares

    def _describe(self) -> TaskInfo:
        task, data = self._task, self._data
        sentences = [t.sentence for t in task.transforms]
        if sentences and task.validation_noise:
            sentences.append("The validation labels are changed in the same way.")
        return TaskInfo(
            name=task.name,
            metric=self._metric.name,
            direction=self._metric.direction,
            rungs=task.rungs,
            classes=self._classes,
            class_prior=tuple(self._class_shares().tolist()),
            samples=Samples(train=len(data.y_train), validation=len(data.y_validation), test=len(data.y_test)),
            data_hash=data_hash(data),
            batch_size=task.batch_size,
            steps_per_epoch=ceil(len(data.y_train) / task.batch_size),
            parameters=sum(int(np.prod(v.shape)) for v in self.compiled.model.trainable_variables),
            transforms=" ".join(sentences),
        )


@dataclass(frozen=True)
class _Best:
    """The epoch with the best validation score so far; the first one at ties."""

    epoch: int
    score: float
    state: State
