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
from alphaloss.training.loading import blame, load_task
from alphaloss.training.locate import EvaluatorRef
from alphaloss.training.protocol import Ready, Refused, Reply, Trained
from alphaloss.training.task import TrainJob

if TYPE_CHECKING:
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
    evaluator = EvaluatorRef.model_validate_json(lines.get())
    try:
        trainer, epoch_seconds = _start(evaluator)
    except EvaluatorError as error:
        send(Refused(message=str(error)))
        return
    send(Ready(info=trainer.info, epoch_seconds=epoch_seconds))
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


def _start(evaluator: EvaluatorRef) -> tuple[Trainer, float]:
    from alphaloss.training.compiled import LossError, configure_tensorflow  # noqa: PLC0415  # TensorFlow: seconds

    configure_tensorflow()
    import keras  # noqa: PLC0415

    from alphaloss.training.trainer import Trainer  # noqa: PLC0415

    def cross_entropy(y_true: Any, y_pred: Any) -> Any:
        return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)

    task = load_task(evaluator.path, evaluator.options)
    with blame(evaluator.path):
        trainer = Trainer(task)
    try:
        epoch_seconds = trainer.epoch_seconds(cross_entropy)
    except LossError as error:
        raise EvaluatorError(
            f"{evaluator.path}: the task cannot be trained with cross-entropy, so model() or optimizer() is at fault. "
            f"{error}"
        ) from None
    gc.collect()
    gc.freeze()  # TensorFlow's own million objects live as long as the process
    return trainer, epoch_seconds


def _read(requests: IO[str], lines: queue.SimpleQueue[str]) -> None:
    """Passes lines on; at the end of the stream the controller is gone, so this process group ends at once."""
    for line in requests:
        lines.put(line)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
