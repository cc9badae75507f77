"""Trains losses for one phase: the same seeds for all, and every training recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal

from alphaloss.database import Database
from alphaloss.losses.graph import LossGraph
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Phase, Program, Training
from alphaloss.training import TrainJob, Workers

Measure = Literal["validation", "test"]


@dataclass(frozen=True, eq=False)
class Pending:
    """Trainings under way."""

    program: Program
    rung: str
    first_place: int  # of their seeds among those of the phase at this rung
    parts: tuple[Future[list[Training]], ...]
    adopted: bool = False  # done elsewhere: nothing is trained for it


class Bench:
    """Sends trainings to the workers and records what comes back.

    Args:
        workers: the warm processes.
        database: where every training is recorded.
        phase: whose seeds these are.
        seeds: at the full rung. All losses of the phase see the same, in this order.
        measure: `test` opens the test data; only the verdict does.
        parts: into how many jobs the seeds of one loss are split. One job traces the loss once; more jobs keep all
            workers busy when few losses are left.
        reference: what a suite of tasks compares every loss with; other tasks do without.
        cheaper: the seeds at each of the other rungs where losses are trained.

    Attributes:
        rung: the full one, where losses are trained unless another is named.
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
        reference: LossGraph | None = None,
        cheaper: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self.workers = workers
        self.database = database
        self.phase = phase
        self.seeds = tuple(seeds)
        self.measure: Measure = measure
        self.parts = parts
        self.reference = reference
        self.task = workers.info.name
        self.rung = workers.info.rungs[-1].name
        self._seeds = {**(cheaper or {}), self.rung: self.seeds}
        # A search may find a loss of the zoo again, and a champion may be one.
        self._submitted: dict[tuple[str, str, float], Pending] = {}
        self._places: dict[str, int] = {}  # how many seeds a program has at the full rung
        self._started = time.monotonic()
        self._busy_before = workers.busy_seconds

    @property
    def utilisation(self) -> float:
        """Share of the workers' time that they spent on jobs, since this bench was made."""
        passed = time.monotonic() - self._started
        return (self.workers.busy_seconds - self._busy_before) / (self.workers.count * passed) if passed else 0.0

    def submit(
        self,
        program: Program,
        *,
        rung: str | None = None,
        seeds: int | None = None,
        learning_rate_scale: float = 1.0,
        stop_hopeless: bool = False,
    ) -> Pending:
        """Starts the trainings of a program; one that was submitted before is not trained again.

        Args:
            program: what is trained.
            rung: of the task; the full one, if it is not given.
            seeds: on how many of the phase's seeds at this rung; all, if it is not given.
            learning_rate_scale: factor on the optimizer's learning rate.
            stop_hopeless: give a training up that does no better than guessing.
        """
        rung = rung or self.rung
        identity = (program.key, rung, learning_rate_scale)
        if identity not in self._submitted:
            count = len(self._seeds[rung]) if seeds is None else seeds
            self._submitted[identity] = self._start(program, rung, (0, count), learning_rate_scale, stop_hopeless)
            if rung == self.rung:
                self._places.setdefault(program.key, count)
        return self._submitted[identity]

    def adopt(self, program: Program, trainings: Sequence[Training]) -> Pending:
        """Takes trainings at the full rung that were done elsewhere, as if they had been submitted here.

        Args:
            program: what was trained, with the task's learning rate.
            trainings: on the phase's first seeds, in their order.
        """
        done: Future[list[Training]] = Future()
        done.set_result(list(trainings))
        pending = Pending(program, self.rung, 0, (done,), adopted=True)
        self._submitted[program.key, self.rung, 1.0] = pending
        self._places[program.key] = len(trainings)
        return pending

    def submit_again(self, program: Program) -> Pending:
        """Starts one more training of a program at the full rung, on the first seed of the phase that it has not seen.

        Raises:
            ValueError: it has seen all.
        """
        place = self._places.get(program.key, 0)
        if place >= len(self.seeds):
            raise ValueError(f"Program {program.id} has been trained on all {len(self.seeds)} seeds of the phase.")
        self._places[program.key] = place + 1
        return self._start(program, self.rung, (place, place + 1), 1.0, stop_hopeless=False)

    def collect(self, pending: Pending) -> Evaluation:
        """Waits for the trainings and records them.

        Raises:
            InfrastructureError: a worker failed, and failed again.
        """
        trainings = tuple(training for part in pending.parts for training in part.result())
        for place, training in enumerate(trainings, start=pending.first_place):
            self.database.record_training(training, task=self.task, phase=self.phase, place=place, measure=self.measure)
        return Evaluation(key=pending.program.key, phase=self.phase, rung=pending.rung, trainings=trainings)

    def _start(
        self, program: Program, rung: str, places: tuple[int, int], learning_rate_scale: float, stop_hopeless: bool
    ) -> Pending:
        """Starts the trainings on the seeds from one place to before another."""
        seeds = self._seeds[rung][slice(*places)]
        size = -(-len(seeds) // self.parts)
        jobs = [
            TrainJob(
                graph=program.graph,
                reference=self.reference,
                rung=rung,
                seeds=seeds[first : first + size],
                gradient_scale=program.gradient_scale,
                learning_rate_scale=learning_rate_scale,
                measure=self.measure,
                stop_hopeless=stop_hopeless,
            )
            for first in range(0, len(seeds), size)
        ]
        return Pending(program, rung, places[0], tuple(self.workers.submit(job) for job in jobs))


def collect_each(bench: Bench, pending: Iterable[Pending], progress: Progress) -> dict[Pending, Evaluation]:
    """Waits for all of these trainings and tells of them; what stands among them twice is one."""
    evaluations: dict[Pending, Evaluation] = {}
    for fit in pending:
        if fit not in evaluations:
            evaluations[fit] = bench.collect(fit)
            progress.trained(evaluations[fit])
    return evaluations
