"""`SuiteTrainer`: trains a loss on every task of a suite, beside the reference; to a worker it is a `Trainer`."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from alphaloss.errors import EvaluatorError
from alphaloss.losses.graph import LossGraph
from alphaloss.records import Training
from alphaloss.training.engines import Loss
from alphaloss.training.failure import LossError
from alphaloss.training.suite import Suite
from alphaloss.training.suite_results import Pair, join
from alphaloss.training.task import Samples, Task, TaskInfo, TrainJob
from alphaloss.training.trainer import Trainer

_REFERENCES_KEPT = 128  # trainings of the reference; one with test samples may take a megabyte


class SuiteTrainer:
    """Trains losses on the tasks of a suite.

    Attributes:
        info: what the controller is told about the suite, as if it were one task.
    """

    info: TaskInfo

    def __init__(self, suite: Suite) -> None:
        """Loads the data and compiles the models of all tasks.

        Args:
            suite: from an evaluator.

        Raises:
            EvaluatorError: data, model or optimizer of a task cannot be used.
        """
        self._suite = suite
        self._trainers = [_trainer(task) for task in suite.tasks]
        self._references: OrderedDict[tuple[str, int, str, int, str], Training] = OrderedDict()  # last used last
        self.info = self._describe()

    def train(self, job: TrainJob) -> list[Training]:
        """One training for each seed of the job, in their order; a seed that fails on one task is not tried on more.

        Raises:
            EvaluatorError: the suite has no such rung, or the job no reference.
        """
        reference = job.reference
        if reference is None:
            raise EvaluatorError("A suite of tasks is scored relative to a reference; the job names none.")
        epochs = self.info.rung(job.rung).epochs
        is_reference = job.graph.key == reference.key and job.gradient_scale == job.learning_rate_scale == 1.0
        pairs: dict[int, list[Pair]] = {seed: [] for seed in job.seeds}
        for number, trainer in enumerate(self._trainers):
            seeds = tuple(seed for seed in job.seeds if all(pair.complete for pair in pairs[seed]))
            if not seeds:
                break
            references = self._train_reference(number, reference, job, seeds)
            fits = references if is_reference else trainer.train(job.model_copy(update={"seeds": seeds}))
            for seed, own, beside in zip(seeds, fits, references, strict=True):
                pairs[seed].append(Pair(trainer.info, own, beside))
        return [join(self._suite, job, seed, pairs[seed], epochs) for seed in job.seeds]

    def epoch_seconds(self, loss: Loss) -> float:
        """Measures, and compiles on the way, what an epoch of the last rung takes on all tasks, in seconds.

        Where tasks have different numbers of epochs, an epoch of the suite is that part of each task's training.

        Args:
            loss: as for `Trainer.train_function`.

        Raises:
            LossError: Keras cannot compute the loss.
        """
        epochs = self.info.rungs[-1].epochs
        seconds = 0.0
        for task, trainer in zip(self._suite.tasks, self._trainers, strict=True):
            try:
                seconds += trainer.epoch_seconds(loss) * task.rungs[-1].epochs / epochs
            except LossError as error:
                raise LossError(f"Task `{task.name}`: {error}") from None
        return seconds

    def _train_reference(
        self, number: int, reference: LossGraph, job: TrainJob, seeds: tuple[int, ...]
    ) -> list[Training]:
        """The reference's trainings on one task; those that an earlier job needed too are not repeated."""
        known = self._references
        keys = {seed: (reference.key, number, job.rung, seed, job.measure) for seed in seeds}
        if missing := tuple(seed for seed in seeds if keys[seed] not in known):
            plain = TrainJob(graph=reference, rung=job.rung, seeds=missing, measure=job.measure)
            known.update((keys[training.seed], training) for training in self._trainers[number].train(plain))
        for key in keys.values():
            known.move_to_end(key)
        found = [known[keys[seed]] for seed in seeds]
        while len(known) > _REFERENCES_KEPT:
            known.popitem(last=False)
        return found

    def _describe(self) -> TaskInfo:
        infos = [trainer.info for trainer in self._trainers]
        prior, *others = {info.class_prior for info in infos}
        return TaskInfo(
            name=self._suite.name,
            target=self._suite.target,
            metric=self._suite.aggregate,
            direction="max",
            rungs=self._suite.rungs,
            classes=max(info.classes for info in infos),
            class_prior=() if others else prior,  # one prior for different tasks would be wrong for all but one
            samples=Samples(
                train=sum(info.samples.train for info in infos),
                validation=sum(info.samples.validation for info in infos),
                test=sum(info.samples.test for info in infos),
            ),
            data_hash=hashlib.sha256(" ".join(info.data_hash for info in infos).encode()).hexdigest(),
            batch_size=max(info.batch_size for info in infos),
            steps_per_epoch=sum(info.steps_per_epoch for info in infos),
            parameters=sum(info.parameters for info in infos),
            transforms=" ".join(f"{info.name}: {info.transforms}" for info in infos if info.transforms),
            tasks=tuple(infos),
        )


def _trainer(task: Task) -> Trainer:
    with _named(task):
        return Trainer(task)


@contextmanager
def _named(task: Task) -> Iterator[None]:
    """Says of which task an error tells; it keeps its traceback, which has the line of the evaluator file."""
    try:
        yield
    except EvaluatorError as error:
        raise EvaluatorError(f"Task `{task.name}`: {error}").with_traceback(error.__traceback__) from None
