"""Comparing given losses on a task: the same seeds for all, paired differences to cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Literal

import numpy as np
from pydantic import Field

from alphaloss.config import Settings
from alphaloss.gate import Gate
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.naming import NamedSource, find_loss
from alphaloss.progress import Progress
from alphaloss.records import Candidate, Duplicate, Evaluation, Phase, Program, Record, Rejection, Status, Training
from alphaloss.sandbox import Sandbox
from alphaloss.seeds import phase_seeds
from alphaloss.statistics import Difference, orient, paired, standard_error
from alphaloss.training import EvaluatorRef, TrainJob, Workers, find_evaluator


class LossEvaluation(Record):
    """One line of the table that `alphaloss evaluate` prints."""

    loss: str
    status: str = Field(description="`ok`, `diverged`, `killed`, or the gate's code for a rejected loss")
    metric: str
    mean: float | None
    sem: float | None
    delta: float | None = Field(description="mean paired difference to cross-entropy, positive if better")
    ci_low: float | None
    ci_high: float | None
    seeds: int
    seconds: float
    message: str = ""


def evaluate(
    names: Sequence[str],
    settings: Settings,
    *,
    seeds: int,
    measure: Literal["validation", "test"],
    workers: int,
    progress: Progress,
) -> list[LossEvaluation]:
    """Trains each loss, and cross-entropy, on the same seeds.

    Args:
        names: of losses, as `alphaloss.naming.find_loss` knows them.
        settings: evaluator, gate, gradient scale and the run's seed.
        seeds: trainings for each loss; intervals need two.
        measure: which data the metric is taken on, after the last epoch.
        workers: training processes.
        progress: is told what happens.

    Raises:
        UsageError: a loss or the evaluator does not exist or cannot be used.
    """
    wanted = [find_loss(name) for name in names]
    evaluator = EvaluatorRef(path=find_evaluator(settings.evaluator.name), options=settings.evaluator.options)
    chosen = phase_seeds(settings.seed, Phase.SELECTION, seeds)
    with ExitStack() as stack:
        stack.callback(progress.finish)
        progress.start(f"Starting {workers} worker{'s' * (workers > 1)} for {settings.evaluator.name}")
        pool = stack.enter_context(Workers(evaluator, settings=settings.workers, count=workers))
        sandbox = stack.enter_context(Sandbox(settings.sandbox))
        programs = [_program(sandbox, settings, loss, pool.info.classes) for loss in wanted]
        reference = _program(sandbox, settings, NamedSource(REFERENCE, zoo_source(REFERENCE)), pool.info.classes)
        assert isinstance(reference, Program)
        jobs = {p.key: p for p in (reference, *programs) if isinstance(p, Program)}
        progress.phase(Phase.SELECTION, len(jobs) * seeds)
        pending = {
            key: pool.submit(
                TrainJob(
                    graph=program.graph,
                    rung=pool.info.rungs[-1].name,
                    seeds=chosen,
                    gradient_scale=program.gradient_scale,
                    measure=measure,
                )
            )
            for key, program in jobs.items()
        }
        trainings = {}
        for key, future in pending.items():
            trainings[key] = future.result()
            done = Evaluation(
                key=key, phase=Phase.SELECTION, rung=pool.info.rungs[-1].name, trainings=tuple(trainings[key])
            )
            progress.trained(done)
        info = pool.info
    base = _scores(trainings[reference.key], measure)
    lines = []
    for loss, program in zip(wanted, programs, strict=True):
        if isinstance(program, Rejection):
            lines.append(_rejected(loss.name, program, info.metric))
        else:
            fits = trainings[program.key]
            scores = _scores(fits, measure)
            difference = None
            if program.key != reference.key and len(scores) == len(base) == seeds > 1:
                maximize = info.direction == "max"
                difference = paired(orient(scores, maximize), orient(base, maximize), settings.verdict.confidence)
            lines.append(_line(loss.name, fits, scores, difference, info.metric))
    return lines


def _line(
    name: str, fits: Sequence[Training], scores: Sequence[float], difference: Difference | None, metric: str
) -> LossEvaluation:
    complete = len(scores) == len(fits)
    failed = next((t for t in fits if t.status is not Status.OK), None)
    return LossEvaluation(
        loss=name,
        status=failed.status if failed else Status.OK,
        message=failed.message if failed else "",
        metric=metric,
        mean=float(np.mean(scores)) if complete else None,
        sem=standard_error(scores) if complete else None,
        delta=difference.mean if difference else None,
        ci_low=difference.low if difference else None,
        ci_high=difference.high if difference else None,
        seeds=len(fits),
        seconds=sum(t.seconds for t in fits),
    )


def _rejected(name: str, rejection: Rejection, metric: str) -> LossEvaluation:
    return LossEvaluation(
        loss=name,
        status=rejection.code,
        message=rejection.message,
        metric=metric,
        mean=None,
        sem=None,
        delta=None,
        ci_low=None,
        ci_high=None,
        seeds=0,
        seconds=0.0,
    )


def _program(sandbox: Sandbox, settings: Settings, loss: NamedSource, classes: int) -> Program | Rejection:
    gate = Gate(sandbox, settings.gate, classes=classes, match_scale=settings.gradient_scale == "match")
    outcome = gate.admit(Candidate(source=loss.source, operator="user"))
    assert not isinstance(outcome, Duplicate)  # a new gate knows no other loss
    return outcome


def _scores(trainings: Sequence[Training], measure: str) -> list[float]:
    if measure == "test":
        return [t.test.score for t in trainings if t.test is not None and t.score is not None]
    return [t.score for t in trainings if t.score is not None]
