"""What trains and what traces, opened together for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from alphaloss.config import Settings
from alphaloss.gate import Gate
from alphaloss.progress import Progress
from alphaloss.sandbox import Sandbox
from alphaloss.training import EvaluatorRef, Rung, Workers, find_evaluator


class Session(NamedTuple):
    """Warm workers for an evaluator, and a sandbox."""

    settings: Settings
    workers: Workers
    sandbox: Sandbox

    def gate(self) -> Gate:
        """A gate for the evaluator's task that knows no loss yet."""
        info = self.workers.info
        return Gate(
            self.sandbox,
            self.settings.gate,
            target=info.target,
            classes=info.classes,
            class_prior=info.class_prior,
            match_scale=self.settings.gradient_scale == "match",
        )


@contextmanager
def open_session(
    settings: Settings, count: int, progress: Progress, more_rungs: tuple[Rung, ...] = ()
) -> Iterator[Session]:
    """Starts workers and sandbox, and ends them.

    Args:
        settings: evaluator, limits, gate.
        count: of workers.
        progress: is told, because importing TensorFlow takes seconds.
        more_rungs: to try, beside those of the task.

    Raises:
        EvaluatorError: the evaluator cannot be found.
    """
    path, options = find_evaluator(settings.evaluator.name), settings.evaluator.options
    evaluator = EvaluatorRef(path=path, options=options, more_rungs=more_rungs)
    with ExitStack() as stack:
        stack.callback(progress.finish)
        progress.start(f"Starting {count} worker{'s' * (count > 1)} for {settings.evaluator.name}")
        workers = stack.enter_context(Workers(evaluator, settings=settings.workers, count=count))
        yield Session(settings, workers, stack.enter_context(Sandbox(settings.sandbox)))
