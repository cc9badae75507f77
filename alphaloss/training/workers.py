"""`Workers`: warm worker processes that train jobs, seen from the controller. Imports no TensorFlow and no evaluator.

Each worker has one thread here, which starts its process, hands it jobs and watches it. Trouble with a process is not
a result: the job is tried once more on a new process. A job that ends two processes is: its trainings are `KILLED`.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from alphaloss.config import WorkerSettings
from alphaloss.errors import AlphalossError, EvaluatorError, InfrastructureError
from alphaloss.records import Status, Training
from alphaloss.training.devices import worker_environments
from alphaloss.training.locate import EvaluatorRef
from alphaloss.training.process import WorkerDiedError, WorkerProcess
from alphaloss.training.protocol import Ready, Refused, Start, Trained
from alphaloss.training.task import TaskInfo, TrainJob

_ATTEMPTS = 2
_log = logging.getLogger(__name__)


class Workers:
    """A pool of worker processes for one evaluator; a context manager."""

    def __init__(self, evaluator: EvaluatorRef, *, settings: WorkerSettings, count: int) -> None:
        """Starts the processes, without waiting for them.

        Args:
            evaluator: what the workers load.
            settings: limits of a process.
            count: number of processes, each with `settings.threads` threads; GPUs go to them in turn.
        """
        self.count = count
        self._evaluator = evaluator
        self._settings = settings
        self._jobs: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._info: Future[TaskInfo] = Future()  # an exception in it is the reason why no worker can be used
        self._lock = threading.Lock()  # guards what the threads share: `_info` and what follows
        self._closed = False
        self._processes: set[WorkerProcess] = set()
        self._epoch_seconds = 0.0
        self._gpus = 0
        self._busy_seconds = 0.0
        self._busy_since: dict[Future[list[Training]], float] = {}
        self._threads = [
            threading.Thread(target=self._serve, args=(environment,), name=f"worker-{i}")
            for i, environment in enumerate(worker_environments(count))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def info(self) -> TaskInfo:
        """What the task is; waits for the first worker.

        Raises:
            EvaluatorError: the evaluator defines no usable task.
            InfrastructureError: no worker could be started, or the workers were closed before one was ready.
        """
        return self._info.result()

    @property
    def epoch_seconds(self) -> float:
        """What an epoch of the last rung took the first worker that was ready, in seconds; waits for it.

        The loss is the reference.

        Raises:
            EvaluatorError, InfrastructureError: as `info`.
        """
        self._info.result()
        return self._epoch_seconds

    @property
    def gpus(self) -> int:
        """How many GPUs TensorFlow sees in the first worker that was ready; waits for it.

        Raises:
            EvaluatorError, InfrastructureError: as `info`.
        """
        self._info.result()
        return self._gpus

    @property
    def memory_mib(self) -> int | None:
        """Resident memory of the largest worker that runs now, in MiB; None where it cannot be read."""
        with self._lock:
            found = [process.memory_mib for process in self._processes]
        return max((size for size in found if size is not None), default=None)

    @property
    def busy_seconds(self) -> float:
        """Seconds that workers spent on jobs, summed over workers, with those under way."""
        with self._lock:
            now = time.monotonic()
            return self._busy_seconds + sum(now - since for since in self._busy_since.values())

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that run now."""
        with self._lock:
            return sorted(process.pid for process in self._processes)

    def submit(self, job: TrainJob) -> Future[list[Training]]:
        """Queues a job.

        Returns:
            A future of one training for each seed, in their order. It raises `EvaluatorError` when the evaluator
            cannot be used, `InfrastructureError` when no process could be started to train it.

        Raises:
            RuntimeError: the workers are closed.
        """
        pending = _Pending(job)
        with self._lock:
            if self._closed:
                raise RuntimeError("submit() was called after close().")
            self._jobs.put(pending)
        return pending.future

    def close(self) -> None:
        """Ends the processes at once, cancels what has not begun, and waits for the threads. Harmless if repeated.

        The future of a job that is being trained raises `InfrastructureError`.
        """
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.kill()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Closes the pool."""
        self.close()

    def _serve(self, environment: Mapping[str, str]) -> None:
        """The life of a worker's thread."""
        worker = _Worker(self, self._evaluator, self._settings, environment)
        try:
            with self._contained(worker):
                worker.start()
        except AlphalossError as error:
            _log.debug("A worker did not start: %s", error)  # jobs raise it
        while (pending := self._jobs.get()) is not None:
            if self._closed:
                pending.future.cancel()
            elif pending.future.set_running_or_notify_cancel():
                try:
                    with self._contained(worker), self._busy(pending):
                        trainings = worker.train(pending.job)
                except AlphalossError as error:
                    pending.future.set_exception(error)
                else:
                    pending.future.set_result(trainings)
        worker.stop()

    @contextmanager
    def _contained(self, worker: _Worker) -> Iterator[None]:
        """Makes sure that what goes wrong in a worker's thread reaches whoever waits for it.

        Raises:
            AlphalossError: what was raised, or an `InfrastructureError` that tells of an unforeseen exception.
        """
        try:
            yield
        except AlphalossError as error:
            self._give_up(error)
            raise
        except Exception as error:  # the boundary of a thread: what passes it is lost, and its futures wait for ever
            failure = InfrastructureError(
                f"A worker could not be run: {type(error).__name__}: {error}. "
                "Where memory, processes or open files ran out, use fewer workers."
            )
            self._give_up(failure)
            worker.stop()  # in an unknown state
            raise failure from error

    def _spawn(self, environment: Mapping[str, str]) -> WorkerProcess:
        with self._lock:
            if self._closed:
                raise InfrastructureError("The workers were closed before the training ended.")
            if self._info.done() and (error := self._info.exception()):
                raise error
            process = WorkerProcess(self._settings.memory_mib, environment)
            self._processes.add(process)
            return process

    def _discard(self, process: WorkerProcess) -> None:
        with self._lock:
            self._processes.remove(process)
        process.close()

    def _announce(self, ready: Ready) -> None:
        with self._lock:
            if not self._info.done():
                self._epoch_seconds = ready.epoch_seconds
                self._gpus = ready.gpus
                self._info.set_result(ready.info)
        if ready.info != self._info.result():
            raise EvaluatorError(
                "Two workers loaded different tasks from the same evaluator. data() must give the same arrays "
                "every time: fix its random seed (`random_state=0`) and read no changing files."
            )

    def _give_up(self, error: AlphalossError) -> None:
        """Makes the error the reason why no worker can be used, unless one could be."""
        with self._lock:
            if not self._info.done():
                self._info.set_exception(error)

    @contextmanager
    def _busy(self, pending: _Pending) -> Iterator[None]:
        with self._lock:
            self._busy_since[pending.future] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._busy_seconds += time.monotonic() - self._busy_since.pop(pending.future)


@dataclass(frozen=True)
class _Pending:
    job: TrainJob
    future: Future[list[Training]] = field(default_factory=Future)


@dataclass(frozen=True)
class _Warm:
    """A process that is ready to train."""

    process: WorkerProcess
    ready: Ready
    memory_mib: int | None


class _Worker:
    """One place in the pool: its process is replaced when it dies or has grown."""

    def __init__(
        self, pool: Workers, evaluator: EvaluatorRef, settings: WorkerSettings, environment: Mapping[str, str]
    ) -> None:
        self._pool = pool
        self._start = Start(evaluator=evaluator, threads=settings.threads, deterministic=settings.deterministic)
        self._settings = settings
        self._environment = environment
        self._warm: _Warm | None = None

    def start(self) -> _Warm:
        """The process of this place, started if there is none.

        Raises:
            EvaluatorError: the evaluator defines no usable task.
            InfrastructureError: processes died before they were ready, or the pool was closed or given up.
        """
        if self._warm is not None:
            return self._warm
        reason = ""
        for _ in range(_ATTEMPTS):
            process = self._pool._spawn(self._environment)
            try:
                self._warm = self._load(process)
                return self._warm
            except WorkerDiedError as error:
                reason = str(error)
                self._warn("%s It had not finished loading the evaluator.", reason)
            finally:
                if self._warm is None:
                    self._pool._discard(process)
        raise InfrastructureError(f"No worker could be started, in {_ATTEMPTS} attempts. {reason}")

    def _load(self, process: WorkerProcess) -> _Warm:
        reply = process.ask(self._start.model_dump_json(), self._settings.start_timeout_seconds)
        assert not isinstance(reply, Trained)
        if isinstance(reply, Refused):
            raise EvaluatorError(reply.message)
        self._pool._announce(reply)
        return _Warm(process, reply, process.memory_mib)

    def stop(self) -> None:
        """Ends the process, if there is one."""
        if self._warm is not None:
            self._pool._discard(self._warm.process)
            self._warm = None

    def train(self, job: TrainJob) -> list[Training]:
        """Trains a job, on a second process if the first one dies; `KILLED` if both do.

        Raises:
            EvaluatorError: the evaluator cannot be used, or has no such rung.
            InfrastructureError: processes died before they were ready, or the pool was closed.
        """
        started = time.monotonic()
        reason = ""
        for _ in range(_ATTEMPTS):
            warm = self.start()
            try:
                reply = warm.process.ask(job.model_dump_json(), self._deadline(job, warm.ready))
            except WorkerDiedError as error:
                self.stop()
                reason = str(error)
                self._warn("%s It was training %s at rung %s.", reason, job.graph.key[:10], job.rung)
                continue
            assert not isinstance(reply, Ready)
            if isinstance(reply, Refused):
                raise EvaluatorError(reply.message)
            self._recycle(warm)
            return reply.trainings
        seconds = (time.monotonic() - started) / len(job.seeds)
        message = f"{reason} ({_ATTEMPTS} attempts)"
        return [job.without_score(seed, Status.KILLED, message, seconds) for seed in job.seeds]

    def _warn(self, message: str, *args: object) -> None:
        if not self._pool._closed:  # close() ends processes on purpose
            _log.warning(message, *args)

    def _deadline(self, job: TrainJob, ready: Ready) -> float:
        expected = ready.epoch_seconds * ready.info.rung(job.rung).epochs * len(job.seeds)
        return max(self._settings.deadline_floor_seconds, self._settings.deadline_factor * expected)

    def _recycle(self, warm: _Warm) -> None:
        now = warm.process.memory_mib
        grown = 0 if now is None or warm.memory_mib is None else now - warm.memory_mib
        if grown > self._settings.recycle_growth_mib:
            _log.info("A worker grew by %d MiB and is replaced.", grown)
            self.stop()
