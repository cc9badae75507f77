"""What the trainings of the zoo say of a task: from the curves of a calibration to its result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss import calibration, screening
from alphaloss.calibration import Calibration, Headroom, LossScore
from alphaloss.config import Settings
from alphaloss.losses.zoo import REFERENCES
from alphaloss.records import Evaluation, Phase, Status, Training
from alphaloss.scores import Scores
from alphaloss.screening import Look
from alphaloss.statistics import orient
from alphaloss.training import Rung, TaskInfo

_READ_AFTER = (1 / 3, 1 / 2, 3 / 4)
_REFERENCES = frozenset(REFERENCES.values())  # the zoo of a task holds one of them


class Fits(NamedTuple):
    """The trainings of one loss at one rung, one for each seed."""

    name: str
    learning_rate_scale: float
    trainings: tuple[Training, ...]

    @property
    def failed(self) -> Training | None:
        """The first training without a score."""
        return next((t for t in self.trainings if t.score is None), None)


def summarise(
    info: TaskInfo,
    settings: Settings,
    fits: Mapping[str, Sequence[Fits]],
    *,
    seconds: float,
    epochs: Sequence[int] = (),
) -> Calibration:
    """What the trainings tell; losses that failed on some seed are listed, and count for nothing else.

    Args:
        info: of the task.
        settings: the confidence of intervals, and the selection that a search would have.
        fits: by rung; on the last of them the reference and another loss without a failure.
        seconds: that everything took.
        epochs: after which the full rung is looked at, beside a third, a half and three quarters of them.
    """
    full = fits[info.rungs[-1].name]
    maximize = info.direction == "max"
    cascade = settings.cascade
    looks = tuple(_looks(info.rungs, fits, maximize, settings, epochs))
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
        looks=looks,
        losses=tuple(_by_score(full, maximize)),
        headroom=gains,
        worth_it=worth_it,
        conclusion=conclusion + _untuned(full, maximize),
        screening=screening.recommend(looks, goes_on=cascade.keep + cascade.late * (1 - cascade.keep)),
    )


def _references(fits: Iterable[Fits]) -> list[Fits]:
    """The reference at its learning rates, the task's own first: of equally good ones the first is the best."""
    return sorted((f for f in fits if f.name in _REFERENCES), key=lambda f: abs(log(f.learning_rate_scale)))


def _zoo(fits: Iterable[Fits]) -> list[Fits]:
    """All losses but the reference."""
    return [f for f in fits if f.name not in _REFERENCES]


def _complete(fits: Iterable[Fits]) -> list[Fits]:
    """Those without a failed training."""
    return [f for f in fits if f.failed is None]


def _array(fits: Iterable[Fits], maximize: bool, epoch: int = -1) -> NDArray[np.float64]:
    """Oriented scores after an epoch, shape (losses, seeds); of complete losses only."""
    scores = [[score for t in f.trainings if (score := t.curve[epoch]) is not None] for f in fits]
    return np.array([orient(line, maximize) for line in scores])


def _looks(
    rungs: Sequence[Rung],
    fits: Mapping[str, Sequence[Fits]],
    maximize: bool,
    settings: Settings,
    epochs: Sequence[int],
) -> Iterable[Look]:
    """The cheaper rungs, then epochs of the full rung up to its last, over the losses that trained at all of them."""
    full = rungs[-1]
    early = sorted({*epochs, *(max(1, round(share * full.epochs)) for share in _READ_AFTER), full.epochs})
    own_rate = {rung.name: [f for f in fits[rung.name] if f.learning_rate_scale == 1.0] for rung in rungs}
    lines = {name: {f.name: f for f in _complete(of_rung)} for name, of_rung in own_rate.items()}
    names = [name for name in lines[full.name] if all(name in of_rung for of_rung in lines.values())]
    target = _array([lines[full.name][name] for name in names], maximize)
    full_first = _median_seconds(own_rate[full.name])[1]
    for rung, epoch in [(rung, rung.epochs) for rung in rungs[:-1]] + [(full, epoch) for epoch in early]:
        scores = _array([lines[rung.name][name] for name in names], maximize, epoch - 1)
        by_all, by_one = screening.rank_correlations(scores, target, settings.verdict.confidence)
        last = (rung, epoch) == (full, full.epochs)
        later, first = _median_seconds(own_rate[rung.name])
        seconds = later * epoch / rung.epochs
        yield Look(
            rung=rung.name,
            epoch=epoch,
            share=rung.share,
            image_size=rung.image_size,
            seconds=seconds,
            first_seconds=first - later + seconds,
            cost=(first - later + seconds) / full_first,
            noise=_noise(own_rate[rung.name], maximize, epoch - 1),
            reference_noise=_reference_noise(own_rate[rung.name], epoch - 1),
            all_seeds=None if last else by_all,  # of the full rung with itself
            one_seed=by_one,
            kept=(_kept(scores, target, settings, 1), _kept(scores, target, settings, 2)),
        )


def _kept(
    scores: NDArray[np.float64], target: NDArray[np.float64], settings: Settings, seeds: int
) -> screening.Kept | None:
    return screening.survival(scores, target, seeds=seeds, keep=settings.cascade.keep)


def _median_seconds(fits: Sequence[Fits]) -> tuple[float, float]:
    """Of a training whose loss is traced, and of a loss's first, with its trace."""
    later = float(np.median([t.seconds for f in fits for t in f.trainings[1:]]))
    return later, float(np.median([f.trainings[0].seconds for f in fits]))


def _noise(fits: Sequence[Fits], maximize: bool, epoch: int) -> float:
    """Standard deviation of one training after an epoch, typical of the better half of the losses."""
    scores = Scores(maximize=maximize)
    for f in fits:
        read = tuple(
            t.model_copy(update={"score": t.curve[epoch] if t.score is not None else None}) for t in f.trainings
        )
        scores.add(Evaluation(key=f.trainings[0].key, phase=Phase.EVALUATION, rung=read[0].rung, trainings=read))
    return scores.noise


def _reference_noise(fits: Sequence[Fits], epoch: int) -> float | None:
    """The plain standard deviation of the reference over its seeds."""
    [reference] = _references(fits)
    scores = [score for t in reference.trainings if t.score is not None and (score := t.curve[epoch]) is not None]
    return None if reference.failed else float(np.std(scores, ddof=1))


def _headroom(full: Sequence[Fits], maximize: bool, settings: Settings) -> tuple[Headroom, Headroom]:
    """Over the reference at its best learning rate, and over that at its best epoch as well."""
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
    """A sentence if the best learning rate of the reference lies at the end of those tried."""
    references = _complete(_references(full))
    best = references[int(_array(references, maximize).mean(axis=1).argmax())].learning_rate_scale
    rates = [f.learning_rate_scale for f in references]
    if min(rates) < best < max(rates):
        return ""
    which, other = ("smallest", "smaller") if best == min(rates) else ("largest", "larger")
    return (
        f" The best learning rate of {references[0].name} is the {which} that was tried: a still {other} one in "
        "optimizer() may be better."
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
