"""Trains the zoo on every rung of a task, to tell whether a search on it is worth its time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss import calibration
from alphaloss.calibration import Calibration, Headroom, LossScore, Reading, RungCost
from alphaloss.config import Settings
from alphaloss.errors import SearchFailedError, UsageError
from alphaloss.initial import InitialLosses
from alphaloss.losses.zoo import REFERENCE
from alphaloss.progress import Cost, Progress
from alphaloss.records import Evaluation, Phase, Program, Status, Training
from alphaloss.scores import Scores
from alphaloss.seeds import phase_seeds
from alphaloss.session import Session, open_session
from alphaloss.statistics import orient
from alphaloss.training import Rung, TaskInfo, TrainJob

_READ_AFTER = (1 / 3, 1 / 2, 3 / 4)


class Fits(NamedTuple):
    """The trainings of one loss at one rung, one for each seed."""

    name: str
    learning_rate_scale: float
    trainings: tuple[Training, ...]

    @property
    def failed(self) -> Training | None:
        """The first training without a score."""
        return next((t for t in self.trainings if t.score is None), None)


def calibrate(settings: Settings, *, seeds: int, workers: int, progress: Progress) -> Calibration:
    """Trains the zoo, and cross-entropy at several learning rates, on the same seeds; validation data only.

    Args:
        settings: evaluator, gate, gradient scale, the run's seed, and the selection that a search would have.
        seeds: trainings for each loss and rung, at least 3.
        workers: training processes.
        progress: is told what happens.

    Raises:
        UsageError: there are too few seeds, or the evaluator does not exist or cannot be used.
        SearchFailedError: cross-entropy failed on some seed at every learning rate, or so did all of the zoo.
    """
    if seeds < calibration.FEWEST_SEEDS:
        raise UsageError(
            f"A calibration needs at least {calibration.FEWEST_SEEDS} seeds to tell noise from difference; "
            f"received {seeds}. The default, 5, is better."
        )
    started = time.monotonic()
    with open_session(settings, workers, progress) as session:
        info = session.workers.info
        zoo = InitialLosses(session, ()).zoo
        _announce(session, len(zoo), seeds, progress)
        chosen = phase_seeds(settings.seed, Phase.EVALUATION, seeds)
        fits = {rung.name: _train(session, rung, zoo, chosen, progress) for rung in info.rungs}
    return summarise(info, settings, fits, seconds=time.monotonic() - started)


def summarise(info: TaskInfo, settings: Settings, fits: Mapping[str, Sequence[Fits]], *, seconds: float) -> Calibration:
    """What the trainings tell; losses that failed on some seed are listed, and count for nothing else.

    Args:
        info: of the task.
        settings: the confidence of intervals, and the selection that a search would have.
        fits: by rung; on the last of them cross-entropy and another loss without a failure.
        seconds: that everything took.
    """
    full = fits[info.rungs[-1].name]
    maximize = info.direction == "max"
    gains = _headroom(full, maximize, settings)
    worth_it, conclusion = calibration.conclude(
        *gains, selection_seeds=settings.selection.seeds, validation_samples=info.samples.validation
    )
    return Calibration(
        task=info.name,
        metric=info.metric,
        validation_samples=info.samples.validation,
        seeds=len(full[0].trainings),
        confidence=settings.verdict.confidence,
        trainings=sum(len(f.trainings) for lines in fits.values() for f in lines),
        seconds=seconds,
        rungs=tuple(_cost(rung, fits[rung.name], maximize) for rung in info.rungs),
        readings=tuple(_readings(info.rungs, fits, maximize, settings.verdict.confidence)),
        losses=tuple(_by_score(full, maximize)),
        headroom=gains,
        worth_it=worth_it,
        conclusion=conclusion + _untuned(full, maximize),
    )


def _announce(session: Session, losses: int, seeds: int, progress: Progress) -> None:
    """Tells the cost of the whole, and that the trainings begin."""
    rungs = session.workers.info.rungs
    trainings = [losses * seeds for _ in rungs]
    trainings[-1] += len(session.settings.selection.learning_rates) * seeds
    epochs = sum(count * rung.epochs for count, rung in zip(trainings, rungs, strict=True))
    total = sum(trainings)
    seconds = session.workers.epoch_seconds * epochs / total
    progress.expect(Cost(trainings={Phase.EVALUATION: total}, seconds=seconds, workers=session.workers.count))
    progress.phase(Phase.EVALUATION, total)


def _train(
    session: Session, rung: Rung, programs: Mapping[str, Program], seeds: tuple[int, ...], progress: Progress
) -> list[Fits]:
    """Trains at one rung: cross-entropy, on the full rung at every learning rate, then the rest of the zoo.

    Raises:
        SearchFailedError: see `calibrate`.
    """

    def submit(name: str, rate: float) -> tuple[TrainJob, Future[list[Training]]]:
        job = TrainJob(
            graph=programs[name].graph,
            rung=rung.name,
            seeds=seeds,
            gradient_scale=programs[name].gradient_scale,
            learning_rate_scale=rate,
        )
        return job, session.workers.submit(job)

    def collect(name: str, job: TrainJob, future: Future[list[Training]]) -> Fits:
        trainings = tuple(future.result())
        progress.trained(_evaluation(job.graph.key, rung.name, trainings))
        return Fits(name, job.learning_rate_scale, trainings)

    full = rung == session.workers.info.rungs[-1]
    rates = session.settings.selection.learning_rates if full else ()
    references = [(REFERENCE, *submit(REFERENCE, rate)) for rate in (1.0, *rates)]
    others = [(name, *submit(name, 1.0)) for name in programs if name != REFERENCE]
    fits = [collect(*pending) for pending in references]
    if full:
        _check("Cross-entropy failed on some seed at every learning rate", fits)  # before the zoo has cost its time
    fits += [collect(*pending) for pending in others]
    if full:
        _check("Every other loss of the zoo failed on some seed", _zoo(fits))
    return fits


def _evaluation(key: str, rung: str, trainings: tuple[Training, ...]) -> Evaluation:
    return Evaluation(key=key, phase=Phase.EVALUATION, rung=rung, trainings=trainings)


def _check(what: str, fits: Sequence[Fits]) -> None:
    failures = [f.failed for f in fits if f.failed is not None]
    if len(failures) == len(fits):
        raise SearchFailedError(
            f"{what}, so nothing can be told of this task: {failures[0].message or failures[0].status} "
            "Lower the learning rate of optimizer()."
        )


def _references(fits: Iterable[Fits]) -> list[Fits]:
    """Cross-entropy at its learning rates, the task's own first: of equally good ones the first is the best."""
    return sorted((f for f in fits if f.name == REFERENCE), key=lambda f: abs(log(f.learning_rate_scale)))


def _zoo(fits: Iterable[Fits]) -> list[Fits]:
    """All losses but cross-entropy."""
    return [f for f in fits if f.name != REFERENCE]


def _complete(fits: Iterable[Fits]) -> list[Fits]:
    """Those without a failed training."""
    return [f for f in fits if f.failed is None]


def _array(fits: Iterable[Fits], maximize: bool, epoch: int = -1) -> NDArray[np.float64]:
    """Oriented scores after an epoch, shape (losses, seeds); of complete losses only."""
    scores = [[score for t in f.trainings if (score := t.curve[epoch]) is not None] for f in fits]
    return np.array([orient(line, maximize) for line in scores])


def _cost(rung: Rung, fits: Sequence[Fits], maximize: bool) -> RungCost:
    own_rate = [f for f in fits if f.learning_rate_scale == 1.0]
    scores, reference = Scores(maximize=maximize), Scores(maximize=maximize)
    for f in own_rate:
        evaluation = _evaluation(f.trainings[0].key, rung.name, f.trainings)
        scores.add(evaluation)
        if f.name == REFERENCE:
            reference.add(evaluation)
    return RungCost(
        rung=rung.name,
        epochs=rung.epochs,
        noise=scores.noise,
        reference_noise=reference.noise,
        seconds=float(np.median([t.seconds for f in fits for t in f.trainings[1:]])),
        first_seconds=float(np.median([f.trainings[0].seconds for f in fits])),
    )


def _readings(
    rungs: Sequence[Rung], fits: Mapping[str, Sequence[Fits]], maximize: bool, confidence: float
) -> Iterable[Reading]:
    """The cheaper rungs, then earlier epochs of the full rung and its last, over the losses that trained at all."""
    full = rungs[-1]
    early = [max(1, round(share * full.epochs)) for share in _READ_AFTER]
    looks = [(rung, rung.epochs) for rung in rungs[:-1]] + [(full, epoch) for epoch in (*early, full.epochs)]
    lines = {
        rung.name: {f.name: f for f in _complete(fits[rung.name]) if f.learning_rate_scale == 1.0} for rung in rungs
    }
    names = [name for name in lines[full.name] if all(name in of_rung for of_rung in lines.values())]
    target = _array([lines[full.name][name] for name in names], maximize)
    for rung, epoch in dict.fromkeys(looks):
        scores = _array([lines[rung.name][name] for name in names], maximize, epoch - 1)
        by_all, by_one = calibration.rank_correlations(scores, target, confidence)
        last = (rung, epoch) == (full, full.epochs)
        yield Reading(
            rung=rung.name,
            epoch=epoch,
            cost=epoch / full.epochs,
            all_seeds=None if last else by_all,  # of the full rung with itself
            one_seed=by_one,
        )


def _headroom(full: Sequence[Fits], maximize: bool, settings: Settings) -> tuple[Headroom, Headroom]:
    """Over cross-entropy at its best learning rate, and over that at its best epoch as well."""
    losses = {f.name: _array([f], maximize)[0] for f in _complete(_zoo(full))}
    references = {_label(f): f for f in _complete(_references(full))}
    epochs = max(len(f.trainings[0].curve) for f in references.values())
    tuned = {label: _array([f], maximize)[0] for label, f in references.items()}
    stopped = {
        f"{label} and {epoch} epochs": _array([f], maximize, epoch - 1)[0]
        for epoch in range(epochs, 0, -1)  # of equally good ones the last is the best
        for label, f in references.items()
    }
    confidence, seeds = settings.verdict.confidence, settings.selection.seeds
    return (
        calibration.headroom(losses, tuned, confidence=confidence, selection_seeds=seeds),
        calibration.headroom(losses, stopped, confidence=confidence, selection_seeds=seeds),
    )


def _label(fits: Fits) -> str:
    return f"{fits.name} at learning rate x {fits.learning_rate_scale:g}"


def _untuned(full: Sequence[Fits], maximize: bool) -> str:
    """A sentence if the best learning rate of cross-entropy lies at the end of those tried."""
    references = _complete(_references(full))
    best = references[int(_array(references, maximize).mean(axis=1).argmax())].learning_rate_scale
    rates = [f.learning_rate_scale for f in references]
    if min(rates) < best < max(rates):
        return ""
    which, other = ("smallest", "smaller") if best == min(rates) else ("largest", "larger")
    return (
        f" The best learning rate of cross-entropy is the {which} that was tried: a still {other} one in optimizer() "
        "may be better."
    )


def _by_score(full: Sequence[Fits], maximize: bool) -> list[LossScore]:
    lines = [_line(f) for f in full]
    return sorted(
        lines, key=lambda line: -np.inf if line.mean is None else orient([line.mean], maximize)[0], reverse=True
    )


def _line(fits: Fits) -> LossScore:
    scores = [t.score for t in fits.trainings if t.score is not None]
    failed = fits.failed
    return LossScore(
        loss=fits.name,
        learning_rate_scale=fits.learning_rate_scale,
        status=failed.status if failed else Status.OK,
        mean=None if failed else float(np.mean(scores)),
        deviation=None if failed else float(np.std(scores, ddof=1)),
        message=failed.message if failed else "",
    )
