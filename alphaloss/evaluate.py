"""Comparing given losses on a task: the same seeds for all, paired differences to cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from alphaloss.bench import Measure
from alphaloss.config import Settings
from alphaloss.database import Database
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.naming import DATABASE, NamedSource, find_loss
from alphaloss.progress import Progress
from alphaloss.records import Candidate, Duplicate, Phase, Program, Record, Rejection, Status, Training
from alphaloss.seeds import phase_seeds
from alphaloss.session import Session, open_session
from alphaloss.statistics import Difference, orient, paired, standard_error
from alphaloss.training import TrainJob


class LossEvaluation(Record):
    """One line of the table that `alphaloss evaluate` prints."""

    loss: str
    status: str = Field(description="`ok`, `diverged`, `failed`, `killed`, or the gate's code for a rejected loss")
    metric: str
    mean: float | None
    sem: float | None
    delta: float | None = Field(description="mean paired difference to cross-entropy, positive if better")
    ci_low: float | None
    ci_high: float | None
    seeds: int
    seconds: float
    test_opened: int | None = Field(
        None,
        description="how often the test data was opened for the run that this loss is from, this time included; None "
        "for other losses and on validation data",
    )
    message: str = ""


def evaluate(
    names: Sequence[str],
    settings: Settings,
    *,
    seeds: int,
    measure: Measure,
    workers: int,
    progress: Progress,
) -> list[LossEvaluation]:
    """Trains each loss, and cross-entropy, on the same seeds, which no phase of a run uses.

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
    if REFERENCE not in names:
        wanted.insert(0, NamedSource(REFERENCE, zoo_source(REFERENCE)))
    with open_session(settings, workers, progress) as session:
        info = session.workers.info
        programs = [_program(session, loss) for loss in wanted]
        chosen = {p.key: p for p in programs if isinstance(p, Program)}
        progress.phase(Phase.EVALUATION, len(chosen) * seeds)
        trainings = _train(session, chosen, phase_seeds(settings.seed, Phase.EVALUATION, seeds), measure)
    openings = _record_openings(wanted) if measure == "test" else {}
    reference = programs[[loss.name for loss in wanted].index(REFERENCE)]
    assert isinstance(reference, Program)  # the gate admits cross-entropy
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
            line = _line(loss.name, fits, scores, difference, info.metric)
            lines.append(line.model_copy(update={"test_opened": openings.get(loss.run)}))
    return lines


def _train(
    session: Session, programs: Mapping[str, Program], seeds: tuple[int, ...], measure: Measure
) -> dict[str, list[Training]]:
    rung = session.workers.info.rungs[-1].name
    jobs = {
        key: TrainJob(graph=p.graph, rung=rung, seeds=seeds, gradient_scale=p.gradient_scale, measure=measure)
        for key, p in programs.items()
    }
    pending = {key: session.workers.submit(job) for key, job in jobs.items()}
    return {key: future.result() for key, future in pending.items()}


def _record_openings(losses: Sequence[NamedSource]) -> Mapping[Path | None, int]:
    """A run whose test data is opened again says so from now on; how often it was, by folder."""
    openings: dict[Path | None, int] = {}
    for folder in [loss.run for loss in losses if loss.run is not None]:
        if folder not in openings:
            with Database.open(folder / DATABASE) as database:
                database.event("test_opened", {"by": "evaluate"})
                openings[folder] = database.count_events("test_opened")
    return openings


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


def _program(session: Session, loss: NamedSource) -> Program | Rejection:
    outcome = session.gate().admit(Candidate(source=loss.source, operator="user"))
    assert not isinstance(outcome, Duplicate)  # a new gate knows no other loss
    return outcome


def _scores(trainings: Sequence[Training], measure: str) -> list[float]:
    if measure == "test":
        return [t.test.score for t in trainings if t.test is not None and t.score is not None]
    return [t.score for t in trainings if t.score is not None]
