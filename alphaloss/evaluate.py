"""Comparing given losses on a task: the same seeds for all, paired differences to the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from alphaloss.bench import Measure
from alphaloss.config import Settings
from alphaloss.database import Database
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.zoo import REFERENCES, zoo_source
from alphaloss.naming import DATABASE, NamedSource, find_loss
from alphaloss.progress import Cost, Progress, rung_seconds
from alphaloss.records import Candidate, Duplicate, Evaluation, Phase, Program, Record, Rejection, Status
from alphaloss.seeds import phase_seeds
from alphaloss.session import Session, open_session
from alphaloss.statistics import orient, paired, standard_error
from alphaloss.training import TaskInfo, TrainJob


class LossEvaluation(Record):
    """One line of the table that `alphaloss evaluate` prints."""

    loss: str
    status: str = Field(description="`ok`, `diverged`, `failed`, `killed`, or the gate's code for a rejected loss")
    message: str = ""
    metric: str
    reference: str = Field(description="name of the loss that all are compared with")
    mean: float | None = None
    sem: float | None = None
    delta: float | None = Field(None, description="mean paired difference to the reference, positive if better")
    ci_low: float | None = None
    ci_high: float | None = None
    metrics: dict[str, float] = Field(
        default_factory=dict, description="all metrics by name: means over the seeds, on the same data as `mean`"
    )
    seeds: int = 0
    seconds: float = 0.0
    test_opened: int | None = Field(
        None,
        description="how often the test data was opened for the run that this loss is from, this time included; None "
        "for other losses and on validation data",
    )


def evaluate(
    names: Sequence[str],
    settings: Settings,
    *,
    seeds: int,
    measure: Measure,
    workers: int,
    progress: Progress,
) -> list[LossEvaluation]:
    """Trains each loss, and the task's reference, on the same seeds, which no phase of a run uses.

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
    with open_session(settings, workers, progress) as session:
        info = session.workers.info
        name = REFERENCES[info.target]
        if name not in names:
            wanted.insert(0, NamedSource(name, zoo_source(name)))
        for loss in wanted:
            loss.require(info.target)
        programs = [_program(session, loss) for loss in wanted]
        reference = programs[[loss.name for loss in wanted].index(name)]
        assert isinstance(reference, Program)  # the gate admits it
        chosen = {p.key: p for p in programs if isinstance(p, Program)}
        drawn = phase_seeds(settings.seed, Phase.EVALUATION, seeds)
        evaluations = _train(session, chosen, reference.graph, drawn, measure, progress)
    openings = _record_openings(wanted) if measure == "test" else {}
    lines = []
    for loss, program in zip(wanted, programs, strict=True):
        line = LossEvaluation(loss=loss.name, status=Status.OK, metric=info.metric, reference=name)
        if isinstance(program, Rejection):
            found: dict[str, Any] = {"status": program.code, "message": program.message}
        else:
            own, base = evaluations[program.key], evaluations[reference.key]
            found = {**_measured(own, measure), "test_opened": openings.get(loss.run)}
            if own is not base:
                found |= _gained(_scores(own, measure), _scores(base, measure), info, settings.verdict.confidence)
        lines.append(line.model_copy(update=found))
    return lines


def _train(
    session: Session,
    programs: Mapping[str, Program],
    reference: LossGraph,
    seeds: tuple[int, ...],
    measure: Measure,
    progress: Progress,
) -> dict[str, Evaluation]:
    workers = session.workers
    full, count = workers.info.rungs[-1], len(programs) * len(seeds)
    rung, each = full.name, rung_seconds(full, full, workers.epoch_seconds)
    phase = Phase.EVALUATION
    progress.expect(
        Cost(trainings={phase: count}, seconds={phase: count * each}, each={rung: each}, workers=workers.count)
    )
    progress.phase(phase, count)
    jobs = {
        key: TrainJob(
            graph=p.graph,
            reference=reference,
            rung=rung,
            seeds=seeds,
            gradient_scale=p.gradient_scale,
            measure=measure,
        )
        for key, p in programs.items()
    }
    pending = {key: workers.submit(job) for key, job in jobs.items()}
    evaluations = {}
    for key, future in pending.items():
        evaluations[key] = Evaluation(key=key, phase=phase, rung=rung, trainings=tuple(future.result()))
        progress.trained(evaluations[key])
    return evaluations


def _record_openings(losses: Sequence[NamedSource]) -> Mapping[Path | None, int]:
    """A run whose test data is opened again says so from now on; how often it was, by folder."""
    openings: dict[Path | None, int] = {}
    for folder in [loss.run for loss in losses if loss.run is not None]:
        if folder not in openings:
            with Database.open(folder / DATABASE) as database:
                database.event("test_opened", {"by": "evaluate"})
                openings[folder] = database.count_events("test_opened")
    return openings


def _measured(evaluation: Evaluation, measure: Measure) -> dict[str, Any]:
    """What a line says of a loss that was trained; means where no training failed."""
    fits, scores = evaluation.trainings, _scores(evaluation, measure)
    failed = next((t for t in fits if t.status is not Status.OK), None)
    told: dict[str, Any] = {"seeds": len(fits), "seconds": sum(t.seconds for t in fits)}
    if failed:
        told |= {"status": failed.status, "message": failed.message}
    if scores:
        metrics = [t.test.metrics if t.test else t.metrics for t in fits]
        measured = [name for name in metrics[0] if all(name in m for m in metrics)]  # what is finite on every seed
        told["metrics"] = {name: float(np.mean([m[name] for m in metrics])) for name in measured}
        told |= {"mean": float(np.mean(scores)), "sem": standard_error(scores)}
    return told


def _gained(
    scores: Sequence[float], base: Sequence[float], info: TaskInfo, confidence: float
) -> Mapping[str, float | None]:
    """The difference to the reference, where neither failed and there are seeds for an interval."""
    if min(len(scores), len(base)) < 2:
        return {}
    maximize = info.direction == "max"
    gain = paired(orient(scores, maximize), orient(base, maximize), confidence)
    return {"delta": gain.mean, "ci_low": gain.low, "ci_high": gain.high}


def _program(session: Session, loss: NamedSource) -> Program | Rejection:
    outcome = session.gate().admit(Candidate(source=loss.source, operator="user"))
    assert not isinstance(outcome, Duplicate)  # a new gate knows no other loss
    return outcome


def _scores(evaluation: Evaluation, measure: Measure) -> Sequence[float]:
    return evaluation.test_scores if measure == "test" else evaluation.scores
