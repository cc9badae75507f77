"""Trains losses for one phase: the same seeds for all, and every training recorded."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal

from alphaloss.database import Database
from alphaloss.records import Evaluation, Phase, Program, Training
from alphaloss.training import TrainJob, Workers

Measure = Literal["validation", "test"]


@dataclass(frozen=True)
class Pending:
    """Trainings under way."""

    program: Program
    learning_rate_scale: float
    parts: tuple[Future[list[Training]], ...]


class Bench:
    """Sends trainings to the workers and records what comes back.

    Args:
        workers: the warm processes.
        database: where every training is recorded.
        phase: whose seeds these are.
        seeds: all losses of the phase see the same.
        measure: `test` opens the test data; only the verdict does.
        parts: into how many jobs the seeds of one loss are split. One job traces the loss once; more jobs keep all
            workers busy when few losses are left.
    """

    def __init__(
        self,
        workers: Workers,
        database: Database,
        *,
        phase: Phase,
        seeds: Sequence[int],
        measure: Measure = "validation",
        parts: int = 1,
    ) -> None:
        self.workers = workers
        self.database = database
        self.phase = phase
        self.seeds = tuple(seeds)
        self.measure: Measure = measure
        self.parts = parts
        self.task = workers.info.name
        self.rung = workers.info.rungs[-1].name
        # A search may find a loss of the zoo again, and a champion may be one.
        self._submitted: dict[tuple[str, float], Pending] = {}

    def submit(self, program: Program, *, learning_rate_scale: float = 1.0) -> Pending:
        """Starts the trainings of a program; one that was submitted before is not trained again."""
        known = self._submitted.get((program.key, learning_rate_scale))
        if known is not None:
            return known
        size = -(-len(self.seeds) // self.parts)
        jobs = [
            TrainJob(
                graph=program.graph,
                rung=self.rung,
                seeds=self.seeds[first : first + size],
                gradient_scale=program.gradient_scale,
                learning_rate_scale=learning_rate_scale,
                measure=self.measure,
            )
            for first in range(0, len(self.seeds), size)
        ]
        pending = Pending(program, learning_rate_scale, tuple(self.workers.submit(job) for job in jobs))
        self._submitted[program.key, learning_rate_scale] = pending
        return pending

    def collect(self, pending: Pending) -> Evaluation:
        """Waits for the trainings and records them.

        Raises:
            InfrastructureError: a worker failed, and failed again.
        """
        trainings = tuple(training for part in pending.parts for training in part.result())
        for place, training in enumerate(trainings):
            self.database.record_training(training, task=self.task, phase=self.phase, place=place, measure=self.measure)
        return Evaluation(key=pending.program.key, phase=self.phase, rung=self.rung, trainings=trainings)
