"""The worker process: loads one evaluator and trains what it is told to.

Started by `alphaloss.training.process` as `python -m alphaloss.training.worker REQUESTS REPLIES`, two file descriptors
of pipes. Lines are those of `alphaloss.training.protocol`. An exception that is no `EvaluatorError` ends the process,
and the controller sees how; of those that a candidate's loss raises the trainer makes results. The process and its
children end when the controller does.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from alphaloss.errors import EvaluatorError
from alphaloss.losses.zoo import REFERENCES
from alphaloss.training.loading import blame, load_task
from alphaloss.training.protocol import Ready, Refused, Reply, Start, Trained
from alphaloss.training.suite import Suite, with_rungs
from alphaloss.training.task import TrainJob

if TYPE_CHECKING:
    from alphaloss.training.suite_trainer import SuiteTrainer
    from alphaloss.training.trainer import Trainer


def main(requests_fd: int, replies_fd: int) -> None:
    """Serves until the controller closes its end of the pipe."""
    for fd in (requests_fd, replies_fd):
        os.set_inheritable(fd, False)
    os.dup2(2, 1)  # what the evaluator prints goes with the errors
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(os.fdopen(requests_fd), lines), daemon=True).start()
    with os.fdopen(replies_fd, "w", encoding="utf-8") as replies:

        def send(reply: Reply) -> None:
            replies.write(reply.model_dump_json() + "\n")
            replies.flush()

        _serve(lines, send)


def _serve(lines: queue.SimpleQueue[str], send: Callable[[Reply], None]) -> None:
    start = Start.model_validate_json(lines.get())
    evaluator = start.evaluator
    try:
        trainer, ready = _start(start)
    except EvaluatorError as error:
        send(Refused(message=str(error)))
        return
    send(ready)
    while True:
        job = TrainJob.model_validate_json(lines.get())
        try:
            with blame(evaluator.path):
                trainings = trainer.train(job)
        except EvaluatorError as error:
            send(Refused(message=str(error)))
        else:
            send(Trained(trainings=trainings))
        gc.collect()  # a traced function is a cycle that holds its graph


def _start(start: Start) -> tuple[Trainer | SuiteTrainer, Ready]:
    from alphaloss.training.runtime import configure_tensorflow, visible_gpus  # noqa: PLC0415  # TensorFlow: seconds

    configure_tensorflow(start.threads, start.deterministic)
    import keras  # noqa: PLC0415

    from alphaloss.training.failure import LossError  # noqa: PLC0415
    from alphaloss.training.suite_trainer import SuiteTrainer  # noqa: PLC0415
    from alphaloss.training.trainer import Trainer  # noqa: PLC0415

    def cross_entropy(y_true: Any, y_pred: Any) -> Any:
        return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)

    references = {"classes": cross_entropy, "values": keras.losses.mean_squared_error}
    path = start.evaluator.path
    task = load_task(path, start.evaluator.options)
    with blame(path):
        task = with_rungs(task, start.evaluator.more_rungs)
        trainer = SuiteTrainer(task) if isinstance(task, Suite) else Trainer(task)
    try:
        epoch_seconds = trainer.epoch_seconds(references[task.target])
    except LossError as error:
        raise EvaluatorError(
            f"{path}: the task cannot be trained with {REFERENCES[task.target]}, so model() or optimizer() is at "
            f"fault. {error}"
        ) from None
    gc.collect()
    gc.freeze()  # TensorFlow's own million objects live as long as the process
    return trainer, Ready(info=trainer.info, epoch_seconds=epoch_seconds, gpus=visible_gpus())


def _read(requests: IO[str], lines: queue.SimpleQueue[str]) -> None:
    """Passes lines on; at the end of the stream the controller is gone, so this process group ends at once."""
    for line in requests:
        lines.put(line)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
