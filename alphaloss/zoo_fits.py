"""The trainings of the zoo at a rung: who failed, who is best, and by how much the others beat the reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss import calibration
from alphaloss.calibration import Headroom, LossScore
from alphaloss.config import Settings
from alphaloss.losses.zoo import REFERENCES
from alphaloss.records import Status, Training
from alphaloss.statistics import orient
from alphaloss.wording import best_at_the_end

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


def references(fits: Iterable[Fits]) -> list[Fits]:
    """The reference at its learning rates, the task's own first: of equally good ones the first is the best."""
    return sorted((f for f in fits if f.name in _REFERENCES), key=lambda f: abs(log(f.learning_rate_scale)))


def others(fits: Iterable[Fits]) -> list[Fits]:
    """All losses but the reference."""
    return [f for f in fits if f.name not in _REFERENCES]


def complete(fits: Iterable[Fits]) -> list[Fits]:
    """Those without a failed training."""
    return [f for f in fits if f.failed is None]


def at_own_rate(fits: Iterable[Fits]) -> list[Fits]:
    """The zoo, and the reference as the task has it."""
    return [f for f in fits if f.learning_rate_scale == 1.0]


def scores_after(fits: Iterable[Fits], maximize: bool, epoch: int) -> NDArray[np.float64]:
    """Oriented scores after an epoch, shape (losses, seeds); NaN where they were not measured."""
    scores = np.array([[t.curve[epoch - 1] for t in f.trainings] for f in fits], dtype=np.float64)
    return scores if maximize else -scores


def measured(fits: Iterable[Fits], epoch: int) -> bool:
    """Whether the scores after an epoch are known of all; a suite of tasks may know those of the last epoch alone."""
    return bool(np.isfinite(scores_after(fits, True, epoch)).all())


def gains(full: Sequence[Fits], maximize: bool, settings: Settings) -> tuple[Headroom, Headroom]:
    """Over the reference at its best learning rate, and over that at its best epoch as well.

    Args:
        full: at the full rung; the reference and another loss without a failure are among them.
        maximize: whether a larger value of the metric is better.
        settings: the confidence of intervals, and the seeds of a selection.
    """

    def scores(fits: Fits, epoch: int) -> NDArray[np.float64]:
        return scores_after([fits], maximize, epoch).reshape(-1)

    at_rates = {_label(f): f for f in complete(references(full))}
    epochs = len(next(iter(at_rates.values())).trainings[0].curve)
    losses = {f.name: scores(f, epochs) for f in complete(others(full))}
    tuned = {label: scores(f, epochs) for label, f in at_rates.items()}
    stopped = {
        f"{label} and {epoch} epochs": scores(f, epoch)
        for epoch in range(epochs, 0, -1)  # of equally good ones the last is the best
        for label, f in at_rates.items()
        if measured([f], epoch)
    }
    confidence, seeds = settings.verdict.confidence, settings.selection.seeds
    return (
        calibration.headroom(losses, tuned, confidence=confidence, selection_seeds=seeds),
        calibration.headroom(losses, stopped, confidence=confidence, selection_seeds=seeds),
    )


def untuned(full: Sequence[Fits], maximize: bool) -> str:
    """A sentence if the best learning rate of the reference lies at the end of those tried."""
    tried = references(full)
    trained = complete(tried)
    means = [scores_after([f], maximize, len(f.trainings[0].curve)).mean() for f in trained]
    best = trained[int(np.argmax(means))].learning_rate_scale
    return best_at_the_end(best, [f.learning_rate_scale for f in tried])


def by_score(full: Sequence[Fits], maximize: bool) -> list[LossScore]:
    """One line for each of them, the best first and those that failed last."""
    lines = [_line(f) for f in full]
    return sorted(
        lines, key=lambda line: -np.inf if line.mean is None else orient([line.mean], maximize)[0], reverse=True
    )


def _label(fits: Fits) -> str:
    return f"{fits.name} at learning rate x {fits.learning_rate_scale:g}"


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
