"""Records that tests share, and workers that train nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from losses.graphs import gce

from alphaloss import records  # its `TestResult`, under its own name, looks like a test case to pytest
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.shape_card import shape_card
from alphaloss.losses.source import print_source
from alphaloss.records import Candidate, Evaluation, Phase, Program, Status, Told, Training
from alphaloss.training import Rung, TaskInfo, TrainJob
from alphaloss.training.task import Samples

Answer = Callable[[TrainJob, int], Training]
"""From a job and one of its seeds to the training that comes back."""


def make_program(graph: LossGraph, gradient_scale: float = 1.0) -> Program:
    """A program as if the gate had admitted it."""
    source = print_source(graph)
    return Program(
        candidate=Candidate(source=source, operator="test"),
        graph=graph,
        source=source,
        gradient_field=(1.0,),
        gradient_scale=gradient_scale,
        card=shape_card(graph, width=10),
    )


def make_programs(count: int) -> list[Program]:
    """Different programs: GCE with q = 1, 2, 3, ..."""
    return [make_program(gce(float(q))) for q in range(1, count + 1)]


def make_told(program: Program, score: float | None) -> Told:
    """An answer for a variation that became a program, trained once."""
    status = Status.OK if score is not None else Status.DIVERGED
    training = Training(
        key=program.key, rung="full", seed=1, status=status, score=score, curve=(score,), seconds=0.5, steps=10
    )
    evaluation = Evaluation(key=program.key, phase=Phase.SEARCH, rung="full", trainings=(training,))
    return Told(outcome=program, evaluation=evaluation)


def make_training(
    job: TrainJob, seed: int, score: float | None, test: records.TestResult | None = None, message: str = ""
) -> Training:
    """A training as a worker reports it; without a score it diverged."""
    return Training(
        key=job.graph.key,
        rung=job.rung,
        seed=seed,
        learning_rate_scale=job.learning_rate_scale,
        status=Status.OK if score is not None else Status.DIVERGED,
        score=score,
        curve=(score,),
        message=message,
        test=test,
        seconds=0.5,
        steps=10,
    )


class _OnDemand(Future[list[Training]]):
    """A future that lets its workers work when somebody waits for it."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> list[Training]:
        self._work()
        return super().result(timeout)


class FakeWorkers:
    """Stands for `Workers`: answers every seed of a job with a function, and keeps the jobs.

    Args:
        answer: what a training comes to; an exception that it raises becomes the future's.
        direction: of the task's metric.
        newest_first: all jobs stay open until one is waited for; then the newest is done first.
        rungs: of the task.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        direction: str = "max",
        newest_first: bool = False,
        rungs: tuple[Rung, ...] = (Rung(name="full", epochs=1),),
    ) -> None:
        self.info = TaskInfo(
            name="fake",
            metric="accuracy",
            direction=direction,
            rungs=rungs,
            classes=10,
            class_prior=(0.1,) * 10,
            samples=Samples(train=100, validation=20, test=20),
            data_hash="0" * 64,
            batch_size=10,
            steps_per_epoch=10,
            parameters=1,
            transforms="",
        )
        self.count = 2
        self.epoch_seconds = 0.5
        self.busy_seconds = 0.0
        self.jobs: list[TrainJob] = []
        self.done: list[TrainJob] = []
        self._answer = answer
        self._newest_first = newest_first
        self._open: list[tuple[TrainJob, Future[list[Training]]]] = []

    def submit(self, job: TrainJob) -> Future[list[Training]]:
        """Queues a job, and does it at once unless the newest comes first."""
        future = _OnDemand(self._work)
        self.jobs.append(job)
        self._open.append((job, future))
        if not self._newest_first:
            self._work()
        return future

    def _work(self) -> None:
        while self._open:
            job, future = self._open.pop()
            self.done.append(job)
            try:
                future.set_result([self._answer(job, seed) for seed in job.seeds])
            except Exception as error:  # noqa: BLE001  # as the real workers: whoever waits gets it
                future.set_exception(error)
