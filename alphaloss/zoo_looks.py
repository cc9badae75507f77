"""What is looked at to screen losses: rungs and early epochs, and how well they rank the zoo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss import screening
from alphaloss.config import Settings
from alphaloss.records import Evaluation, Phase
from alphaloss.scores import Scores
from alphaloss.screening import Look
from alphaloss.training import Rung
from alphaloss.zoo_fits import Fits, at_own_rate, complete, measured, references, scores_after

_READ_AFTER = (1 / 3, 1 / 2, 3 / 4)


def take_looks(
    rungs: Sequence[Rung],
    fits: Mapping[str, Sequence[Fits]],
    *,
    maximize: bool,
    settings: Settings,
    epochs: Iterable[int] = (),
) -> tuple[tuple[Look, ...], tuple[str, ...]]:
    """How well each rung and some epochs of the full one rank the losses that trained at all rungs.

    Args:
        rungs: of the task, the full one last.
        fits: by rung.
        maximize: whether a larger value of the metric is better.
        settings: the confidence of intervals, and the share that a cascade keeps.
        epochs: after which the full rung is looked at, beside a third, a half and three quarters of them.

    Returns:
        The cheaper rungs, then the full one by epoch, its last one last; and what was left out, in sentences.
    """
    plan = _plan(rungs, fits, epochs)
    return tuple(_looks(plan, fits, maximize, settings)), plan.left_out


class _Plan(NamedTuple):
    """What is looked at: the cheaper rungs at their last epoch, then epochs of the full rung up to its last."""

    looks: tuple[tuple[Rung, int], ...]
    losses: tuple[str, ...]  # those without a failed training at any of these rungs
    left_out: tuple[str, ...]  # sentences

    @property
    def full(self) -> Rung:
        return self.looks[-1][0]


def _plan(rungs: Sequence[Rung], fits: Mapping[str, Sequence[Fits]], epochs: Iterable[int]) -> _Plan:
    """Leaves out rungs and epochs of which there is nothing to compare."""
    *cheaper, full = rungs
    trained = complete(at_own_rate(fits[full.name]))
    losses = [f.name for f in trained]
    looks: list[tuple[Rung, int]] = []
    left_out = []
    for rung in reversed(cheaper):  # the dearest first, which says most
        there = {f.name for f in complete(fits[rung.name])}
        if both := [name for name in losses if name in there]:
            losses = both
            looks.insert(0, (rung, rung.epochs))
        else:
            message = next(f.failed.message or f.failed.status for f in fits[rung.name] if f.failed)
            left_out.append(f"The rung {rung.name} is left out, as no loss trained at it on every seed: {message}")
    early = {*epochs, *(max(1, round(share * full.epochs)) for share in _READ_AFTER)} - {full.epochs}
    unknown = [epoch for epoch in sorted(early) if not measured(trained, epoch)]
    if unknown:
        left_out.append(
            f"Of the full rung, epochs {', '.join(map(str, unknown))} are left out, as scores after them are not known."
        )
    looks += [(full, epoch) for epoch in sorted(early.difference(unknown) | {full.epochs})]
    return _Plan(tuple(looks), tuple(losses), tuple(left_out))


def _looks(plan: _Plan, fits: Mapping[str, Sequence[Fits]], maximize: bool, settings: Settings) -> Iterator[Look]:
    """How well each of them ranks the losses."""
    full, confidence, keep = plan.full, settings.verdict.confidence, settings.cascade.keep

    def scores_at(rung: Rung, epoch: int) -> NDArray[np.float64]:
        lines = {f.name: f for f in at_own_rate(fits[rung.name])}
        return scores_after([lines[name] for name in plan.losses], maximize, epoch)

    target = scores_at(full, full.epochs)
    full_first = _median_seconds(at_own_rate(fits[full.name]))[1]
    for rung, epoch in plan.looks:
        scores, own = scores_at(rung, epoch), at_own_rate(fits[rung.name])
        one, two = (screening.rank_correlation(scores, target, seeds=n, confidence=confidence) for n in (1, 2))
        later, first = _median_seconds(own)
        seconds = later * epoch / rung.epochs
        yield Look(
            rung=rung.name,
            epoch=epoch,
            share=rung.share,
            image_size=rung.image_size,
            seconds=seconds,
            first_seconds=first - later + seconds,
            cost=(first - later + seconds) / full_first,
            noise=_noise(own, maximize, epoch),
            reference_noise=_reference_noise(own, epoch),
            one_seed=one,
            two_seeds=two,
            kept=(
                screening.survival(scores, target, seeds=1, keep=keep),
                screening.survival(scores, target, seeds=2, keep=keep),
            ),
        )


def _median_seconds(fits: Sequence[Fits]) -> tuple[float, float]:
    """Of a training whose loss is traced, and of a loss's first, with its trace."""
    later = float(np.median([t.seconds for f in fits for t in f.trainings[1:]]))
    return later, float(np.median([f.trainings[0].seconds for f in fits]))


def _noise(fits: Sequence[Fits], maximize: bool, epoch: int) -> float:
    """Standard deviation of one training after an epoch, typical of the better half of the losses."""
    scores = Scores(maximize=maximize)
    for f in fits:
        read = tuple(
            t.model_copy(update={"score": t.curve[epoch - 1] if t.score is not None else None}) for t in f.trainings
        )
        evaluation = Evaluation(key=f.trainings[0].key, phase=Phase.EVALUATION, rung=read[0].rung, trainings=read)
        scores.add(evaluation, reference=True)
    return scores.noise


def _reference_noise(fits: Sequence[Fits], epoch: int) -> float | None:
    """The plain standard deviation of the reference over its seeds."""
    [reference] = references(fits)
    return None if reference.failed else float(scores_after([reference], True, epoch).std(ddof=1))
