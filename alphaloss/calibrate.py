"""Trains the zoo on every rung of a task, to tell whether a search on it is worth its time, and at which rungs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

import numpy as np

from alphaloss import calibration
from alphaloss.calibration import Calibration
from alphaloss.config import Settings
from alphaloss.errors import SearchFailedError, UsageError
from alphaloss.initial import InitialLosses
from alphaloss.losses.zoo import REFERENCES
from alphaloss.progress import Cost, Progress, rung_seconds
from alphaloss.records import Evaluation, Phase, Program, Training
from alphaloss.seeds import phase_seeds
from alphaloss.session import Session, open_session
from alphaloss.training import Rung, TrainJob
from alphaloss.zoo_fits import Fits, summarise


def calibrate(
    settings: Settings,
    *,
    seeds: int,
    workers: int,
    progress: Progress,
    shares: Sequence[float] = (),
    epochs: Sequence[int] = (),
) -> Calibration:
    """Trains the zoo, and the reference at several learning rates, on the same seeds; validation data only.

    Args:
        settings: evaluator, gate, gradient scale, the run's seed, and the selection that a search would have.
        seeds: trainings for each loss and rung, at least 3.
        workers: training processes.
        progress: is told what happens.
        shares: of the training samples, each a rung to try beside those of the task.
        epochs: after which the full rung is looked at, too: a rung with so many epochs trains alike.

    Raises:
        UsageError: there are too few seeds, the full rung has fewer epochs, or the evaluator does not exist or cannot
            be used.
        SearchFailedError: the reference failed on some seed at every learning rate, or so did all of the zoo.
    """
    if seeds < calibration.FEWEST_SEEDS:
        raise UsageError(
            f"A calibration needs at least {calibration.FEWEST_SEEDS} seeds to tell noise from difference; "
            f"received {seeds}. The default, 5, is better."
        )
    started = time.monotonic()
    more_rungs = _more_rungs(settings, shares, progress) if shares else ()
    with open_session(settings, workers, progress, more_rungs=more_rungs) as session:
        info = session.workers.info
        if epochs and max(epochs) > info.rungs[-1].epochs:
            raise UsageError(f"The full rung has {info.rungs[-1].epochs} epochs; received --epochs {max(epochs)}.")
        zoo = InitialLosses(session, ()).zoo
        _announce(session, len(zoo), seeds, progress)
        chosen = phase_seeds(settings.seed, Phase.EVALUATION, seeds)
        fits = {rung.name: _train(session, rung, zoo, chosen, progress) for rung in info.rungs}
    return summarise(info, settings, fits, seconds=time.monotonic() - started, epochs=epochs)


def _more_rungs(settings: Settings, shares: Sequence[float], progress: Progress) -> tuple[Rung, ...]:
    """The full rung of the task with other shares of the training samples; asks a worker what the full rung is."""
    with open_session(settings, 1, progress) as session:
        own = session.workers.info.rungs
    tried = [own[-1].model_copy(update={"name": f"share-{share:g}", "share": share}) for share in sorted(set(shares))]
    return tuple(rung for rung in tried if all(rung != r.model_copy(update={"name": rung.name}) for r in own))


def _announce(session: Session, losses: int, seeds: int, progress: Progress) -> None:
    """Tells the cost of the whole, and that the trainings begin."""
    rungs = session.workers.info.rungs
    trainings = [losses * seeds for _ in rungs]
    trainings[-1] += len(session.settings.selection.learning_rates) * seeds
    each = [rung_seconds(rung, rungs[-1], session.workers.epoch_seconds) for rung in rungs]
    total, seconds = sum(trainings), float(np.dot(trainings, each))
    trains = Phase.EVALUATION
    progress.expect(Cost(trainings={trains: total}, seconds={trains: seconds}, workers=session.workers.count))
    progress.phase(Phase.EVALUATION, total)


def _train(
    session: Session, rung: Rung, zoo: Mapping[str, Program], seeds: tuple[int, ...], progress: Progress
) -> list[Fits]:
    """Trains at one rung: the reference, on the full rung at every learning rate, then the rest of the zoo.

    Raises:
        SearchFailedError: see `calibrate`.
    """

    reference = REFERENCES[session.workers.info.target]

    def submit(name: str, rate: float) -> tuple[TrainJob, Future[list[Training]]]:
        job = TrainJob(
            graph=zoo[name].graph,
            reference=zoo[reference].graph,
            rung=rung.name,
            seeds=seeds,
            gradient_scale=zoo[name].gradient_scale,
            learning_rate_scale=rate,
        )
        return job, session.workers.submit(job)

    def collect(name: str, job: TrainJob, future: Future[list[Training]]) -> Fits:
        trainings = tuple(future.result())
        progress.trained(Evaluation(key=job.graph.key, phase=Phase.EVALUATION, rung=rung.name, trainings=trainings))
        return Fits(name, job.learning_rate_scale, trainings)

    full = rung == session.workers.info.rungs[-1]
    rates = session.settings.selection.learning_rates if full else ()
    references = [(reference, *submit(reference, rate)) for rate in (1.0, *rates)]
    others = [(name, *submit(name, 1.0)) for name in zoo if name != reference]
    fits = [collect(*pending) for pending in references]
    if full:
        _check(
            f"The reference, {reference}, failed on some seed at every learning rate", fits
        )  # before the zoo has cost its time
    fits += [collect(*pending) for pending in others]
    if full:
        _check("Every other loss of the zoo failed on some seed", fits[len(references) :])
    return fits


def _check(what: str, fits: Sequence[Fits]) -> None:
    failures = [f.failed for f in fits if f.failed is not None]
    if len(failures) == len(fits):
        raise SearchFailedError(
            f"{what}, so nothing can be told of this task: {failures[0].message or failures[0].status} "
            "Lower the learning rate of optimizer()."
        )
