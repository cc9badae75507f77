"""Trains the zoo on every rung of a task, to tell whether a search on it is worth its time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss import calibration
from alphaloss.calibration import Calibration, LossScore, Reading, RungCost
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
from alphaloss.training import Rung, TrainJob

_RATES = (1.0, 0.5, 2.0, 0.25, 4.0)  # of equally good ones the first is the best
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
    """Trains every loss of the zoo, and cross-entropy at five learning rates, on the same seeds; validation data only.

    Args:
        settings: evaluator, gate, gradient scale, the run's seed, and the selection that a search would have.
        seeds: trainings for each loss and rung, at least 3.
        workers: training processes.
        progress: is told what happens.

    Raises:
        UsageError: there are too few seeds, or the evaluator does not exist or cannot be used.
        SearchFailedError: cross-entropy, or every other loss of the zoo, failed on some seed.
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
    full = fits[info.rungs[-1].name]
    maximize = info.direction == "max"
    _check(full)
    costs = tuple(_cost(rung, fits[rung.name], maximize) for rung in info.rungs)
    clear = calibration.CLEAR * np.hypot(costs[-1].noise, costs[-1].reference_noise) / settings.selection.seeds**0.5
    gains = _headroom(full, maximize, settings.verdict.confidence)
    worth_it, conclusion = calibration.conclude(gains, clear, settings.selection.seeds)
    return Calibration(
        task=info.name,
        metric=info.metric,
        seeds=seeds,
        confidence=settings.verdict.confidence,
        trainings=sum(len(f.trainings) for lines in fits.values() for f in lines),
        seconds=time.monotonic() - started,
        rungs=costs,
        readings=tuple(_readings(info.rungs, fits, maximize, settings.verdict.confidence)),
        losses=tuple(_by_score(full, maximize)),
        headroom=gains,
        clear=clear,
        worth_it=worth_it,
        conclusion=conclusion,
    )


def _announce(session: Session, losses: int, seeds: int, progress: Progress) -> None:
    """Tells the cost of the whole, and that the trainings begin."""
    rungs = session.workers.info.rungs
    trainings = [losses * seeds for _ in rungs]
    trainings[-1] += (len(_RATES) - 1) * seeds
    epochs = sum(count * rung.epochs for count, rung in zip(trainings, rungs, strict=True))
    total = sum(trainings)
    seconds = session.workers.epoch_seconds * epochs / total
    progress.expect(Cost(trainings={Phase.EVALUATION: total}, seconds=seconds, workers=session.workers.count))
    progress.phase(Phase.EVALUATION, total)


def _train(
    session: Session, rung: Rung, programs: Mapping[str, Program], seeds: tuple[int, ...], progress: Progress
) -> list[Fits]:
    """Trains at one rung: the zoo, and on the full rung the other learning rates of cross-entropy."""
    wanted = [(name, 1.0) for name in programs]
    if rung == session.workers.info.rungs[-1]:
        wanted += [(REFERENCE, rate) for rate in _RATES if rate != 1.0]
    jobs = [
        TrainJob(
            graph=programs[name].graph,
            rung=rung.name,
            seeds=seeds,
            gradient_scale=programs[name].gradient_scale,
            learning_rate_scale=rate,
        )
        for name, rate in wanted
    ]
    pending = [session.workers.submit(job) for job in jobs]
    fits = []
    for (name, rate), job, future in zip(wanted, jobs, pending, strict=True):
        trainings = tuple(future.result())
        progress.trained(_evaluation(job.graph.key, rung.name, trainings))
        fits.append(Fits(name, rate, trainings))
    return fits


def _evaluation(key: str, rung: str, trainings: tuple[Training, ...]) -> Evaluation:
    return Evaluation(key=key, phase=Phase.EVALUATION, rung=rung, trainings=trainings)


def _check(full: Sequence[Fits]) -> None:
    """Refuses what nothing can be said of.

    Raises:
        SearchFailedError: see `calibrate`.
    """
    for what, lines in (("Cross-entropy", _references(full)), ("The zoo", _zoo(full))):
        if not any(f.failed is None for f in lines):
            reason = lines[0].failed
            assert reason is not None
            raise SearchFailedError(
                f"{what} could not be trained on this task, at any learning rate or seed that counts: "
                f"{reason.message or reason.status}. Lower the learning rate of optimizer()."
            )


def _references(fits: Iterable[Fits]) -> list[Fits]:
    """Cross-entropy, in the order of the learning rates."""
    return sorted((f for f in fits if f.name == REFERENCE), key=lambda f: _RATES.index(f.learning_rate_scale))


def _zoo(fits: Iterable[Fits]) -> list[Fits]:
    """All losses but cross-entropy."""
    return [f for f in fits if f.name != REFERENCE]


def _array(fits: Iterable[Fits], maximize: bool, epoch: int = -1) -> NDArray[np.float64]:
    """Oriented scores after an epoch, shape (losses, seeds); NaN where there is none."""
    curves = [[np.nan if (value := t.curve[epoch]) is None else value for t in f.trainings] for f in fits]
    return np.array([orient(line, maximize) for line in curves])


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
    """The cheaper rungs, then earlier epochs of the full rung and its last, over the losses that trained throughout."""
    full = rungs[-1]
    early = [max(1, round(share * full.epochs)) for share in _READ_AFTER]
    looks = [(rung, rung.epochs) for rung in rungs[:-1]] + [(full, epoch) for epoch in (*early, full.epochs)]
    lines = {rung.name: [f for f in fits[rung.name] if f.learning_rate_scale == 1.0] for rung in rungs}
    target = _array(lines[full.name], maximize)
    for rung, epoch in dict.fromkeys(looks):
        scores = _array(lines[rung.name], maximize, epoch - 1)
        usable = np.isfinite(scores).all(axis=1) & np.isfinite(target).all(axis=1)
        by_all, by_one = calibration.rank_correlations(scores[usable], target[usable], confidence)
        last = (rung, epoch) == (full, full.epochs)
        yield Reading(
            rung=rung.name,
            epoch=epoch,
            cost=epoch / full.epochs,
            all_seeds=None if last else by_all,  # of the full rung with itself
            one_seed=by_one,
        )


def _headroom(
    full: Sequence[Fits], maximize: bool, confidence: float
) -> tuple[calibration.Headroom, calibration.Headroom]:
    zoo = [f for f in _zoo(full) if f.failed is None]
    references = [f for f in _references(full) if f.failed is None]
    scores = _array(zoo, maximize)
    best = zoo[int(scores.mean(axis=1).argmax())].name
    epochs = range(-1, -len(references[0].trainings[0].curve) - 1, -1)  # of equally good ones the last is the best
    stopped = np.concatenate([_array(references, maximize, epoch) for epoch in epochs])
    return (
        calibration.headroom(
            scores,
            _array(references, maximize),
            against="cross-entropy at its best learning rate",
            loss=best,
            confidence=confidence,
        ),
        calibration.headroom(
            scores,
            stopped,
            against="cross-entropy at its best learning rate, stopped at its best epoch",
            loss=best,
            confidence=confidence,
        ),
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
