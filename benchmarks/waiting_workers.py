"""Workers that wait as long as a training takes and make its score up: what a search waits for, on any machine."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from alphaloss.records import Status, TestResult, Training
from alphaloss.training import Rung, TaskInfo, TrainJob
from alphaloss.training.task import Samples


class WaitingWorkers:
    """Stands for `alphaloss.training.Workers`; a score follows from the loss and the seed."""

    seconds = 1.5
    """Of each training."""

    def __init__(self, evaluator: object, *, settings: object, count: int) -> None:
        self.count = count
        self.epoch_seconds = self.seconds
        self.busy_seconds = 0.0
        self.info = TaskInfo(
            name="waiting",
            metric="accuracy",
            direction="max",
            rungs=(Rung(name="full", epochs=1),),
            classes=10,
            class_prior=(0.1,) * 10,
            samples=Samples(train=1000, validation=300, test=500),
            data_hash="0" * 64,
            batch_size=32,
            steps_per_epoch=30,
            parameters=50_000,
            transforms="",
        )
        self._pool = ThreadPoolExecutor(count)

    def submit(self, job: TrainJob) -> Future[list[Training]]:
        """All seeds of a job, one after the other."""
        return self._pool.submit(self._train, job)

    def _train(self, job: TrainJob) -> list[Training]:
        done = []
        for seed in job.seeds:
            time.sleep(self.seconds)
            self.busy_seconds += self.seconds
            score = int(job.graph.key[:6], 16) / 2**24 + seed % 7 / 1e4
            test: Any = None
            if job.measure == "test":
                test = TestResult(
                    score=score, samples=(score,) * 20, early_epoch=1, early_score=score, early_samples=(score,) * 20
                )
            training = Training(
                key=job.graph.key,
                rung=job.rung,
                seed=seed,
                learning_rate_scale=job.learning_rate_scale,
                status=Status.OK,
                score=score,
                curve=(score,),
                seconds=self.seconds,
                steps=30,
                test=test,
            )
            done.append(training)
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
