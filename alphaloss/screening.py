"""How far a cheaper look at losses can be trusted to choose those that a search trains in full.

A look is a rung, or an early epoch of the full one: a rung with fewer epochs trains alike. Scores are oriented so that
larger is better, in arrays with one row a loss and one column a seed; all losses see the same seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import ceil

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import rankdata

from alphaloss.records import Record

LEAST_RANK_CORRELATION = 0.5
"""What the lower bound of a look's rank correlation must reach before it is recommended."""

LEAST_KEPT = 0.9
"""How often a look must let the best of the zoo go on before it is recommended."""

_FEWEST_LOSSES = 4  # that ranks are worth printing for
_RESAMPLES = 1_000

Floats = NDArray[np.float64]


class RankCorrelation(Record):
    """Spearman's rank correlation over losses, with its bootstrap interval over losses and seeds."""

    rho: float
    low: float
    high: float


class Kept(Record):
    """Who goes on after halving among the zoo, on some seeds; who is best is known from the others.

    Means over all choices of the seeds. None where seeds or losses are too few.
    """

    best: float = Field(description="how often the best loss of the full rung goes on")
    best_three: float = Field(description="how many of its best three go on, as a share")


class Look(Record):
    """A rung, or an early epoch of the full one: its cost, its noise, and how well it ranks losses."""

    rung: str
    epoch: int = Field(description="after which the metric is read")
    share: float = Field(description="of the training samples")
    image_size: int | None
    seconds: float = Field(description="median of a training, once its loss is traced")
    first_seconds: float = Field(description="median of a loss's first training, with its trace")
    cost: float = Field(description="`first_seconds`, as a share of those of the full rung")
    noise: float = Field(description="standard deviation of one training, typical of the better half of the losses")
    reference_noise: float | None = Field(description="that of the reference; None if a training of it failed")
    all_seeds: RankCorrelation | None = Field(
        description="mean over the seeds, against the full rung's mean over the same seeds; None for the full rung"
    )
    one_seed: RankCorrelation | None = Field(
        description="one seed, against the full rung's mean over the other seeds; mean over the seeds"
    )
    kept: tuple[Kept | None, Kept | None] = Field(description="on one seed, and by the mean of two")

    @property
    def rung_source(self) -> str:
        """The rung as an evaluator file writes it, without its seeds."""
        share = f", share={self.share:g}" if self.share < 1 else ""
        size = f", image_size={self.image_size}" if self.image_size else ""
        return f'Rung(name="small", epochs={self.epoch}{share}{size}'


def rank_correlations(
    look: Floats, full: Floats, confidence: float
) -> tuple[RankCorrelation | None, RankCorrelation | None]:
    """How well a look ranks losses: by its mean over the seeds, and by one seed.

    Args:
        look: shape (losses, seeds), the cheaper scores.
        full: shape (losses, seeds), those of the full rung on the same seeds.
        confidence: of the bootstrap intervals.

    Returns:
        Against the full rung's mean over all seeds, and over the other seeds. None where losses are too few, or all
        have the same score.
    """
    if len(look) < _FEWEST_LOSSES:
        return None, None
    losses, seeds = look.shape
    rng = np.random.default_rng(0)
    rows = rng.integers(losses, size=(_RESAMPLES, losses))
    columns = rng.integers(seeds, size=(_RESAMPLES, seeds))
    # The sample itself comes first, its resamples after it.
    rows = np.concatenate([np.arange(losses)[None], rows])[:, :, None]
    columns = np.concatenate([np.arange(seeds)[None], columns])
    few, many = look[rows, columns[:, None]], full[rows, columns[:, None]]
    by_all = spearman(few.mean(-1), many.mean(-1))
    by_one = np.full((seeds, len(columns)), np.nan)
    for place in range(seeds):
        others = (columns != columns[:, [place]])[:, None].astype(float)  # a resample may hold a seed more than once
        usable = others.any(axis=(1, 2))
        mean = (many * others).sum(-1)[usable] / others.sum(-1)[usable]
        by_one[place, usable] = spearman(few[usable, :, place], mean)
    known = np.isfinite(by_one)
    mean_by_one = np.divide(
        np.where(known, by_one, 0).sum(0), known.sum(0), out=np.full(len(columns), np.nan), where=known.any(0)
    )
    return _interval(by_all, confidence), _interval(mean_by_one, confidence)


def spearman(first: Floats, second: Floats) -> Floats:
    """Spearman's rank correlation along the last axis, ties sharing their mean rank; NaN where all are tied.

    Args:
        first, second: shape (..., losses).
    """
    a, b = (r - r.mean(-1, keepdims=True) for r in (rankdata(first, axis=-1), rankdata(second, axis=-1)))
    norm = np.sqrt(np.square(a).sum(-1) * np.square(b).sum(-1))
    rho: Floats = np.divide((a * b).sum(-1), norm, out=np.full(norm.shape, np.nan), where=norm > 0)
    return rho


def survival(look: Floats, full: Floats, *, seeds: int, keep: float) -> Kept | None:
    """Whether the best losses go on when all are screened on some seeds, and a share of them is kept.

    Every choice of the seeds is tried; who is best is the mean of the full rung over the other seeds, so that luck on a
    seed that both share does not count. Ties at the limit are broken by lot.

    Args:
        look: shape (losses, all seeds), the cheaper scores.
        full: shape (losses, all seeds), those of the full rung on the same seeds.
        seeds: that a loss is screened on.
        keep: the share that goes on, rounded up.
    """
    losses, count = look.shape
    if losses < _FEWEST_LOSSES or count <= seeds:
        return None
    places = ceil(keep * losses)
    kept = []
    for chosen in combinations(range(count), seeds):
        others = [seed for seed in range(count) if seed not in chosen]
        best = np.argsort(-full[:, others].mean(axis=1), kind="stable")[:3]
        screened = look[:, chosen].mean(axis=1)
        better = (screened[None] > screened[best, None]).sum(axis=1)
        tied = (screened[None] == screened[best, None]).sum(axis=1)
        kept.append(np.clip((places - better) / tied, 0, 1))
    chances = np.mean(kept, axis=0)
    return Kept(best=float(chances[0]), best_three=float(chances.mean()))


def recommend(looks: Sequence[Look], *, goes_on: float) -> str:
    """The cheapest look to screen with that can be believed and saves time, in a sentence; or that there is none.

    Args:
        looks: the full rung at its last epoch comes last.
        goes_on: share of the programs of a search that goes on.
    """
    full = looks[-1]
    options = [
        ((look.first_seconds + extra * look.seconds) / full.first_seconds, extra + 1, look, kept)
        for look in looks[:-1]
        for extra, kept in enumerate(look.kept)
        if kept and kept.best >= LEAST_KEPT and look.all_seeds and look.all_seeds.low >= LEAST_RANK_CORRELATION
    ]
    cost, seeds, look, kept = min(options, key=lambda option: option[:2], default=(np.inf, 0, full, None))
    if kept is None or look.all_seeds is None:
        return (
            f"No cheaper rung can be believed on this evidence: none has a rank correlation above "
            f"{LEAST_RANK_CORRELATION:g} for sure and keeps the best loss in {LEAST_KEPT:.0%}. Search at the full rung "
            "alone, or raise --seeds to know more."
        )
    where = f"{look.rung}, epoch {look.epoch}, on {seeds} seed{'s' * (seeds > 1)}"
    if cost + goes_on >= 1:
        return (
            f"No cheaper rung pays: the cheapest that can be believed ({where}) takes {cost:.0%} of a full training, "
            f"and {goes_on:.0%} of the programs would go on to one. Search at the full rung alone."
        )
    rho = look.all_seeds
    return (
        f"Screen with {where}: {cost:.0%} of the time of a full training, a rank correlation of {rho.rho:.2f} "
        f"[{rho.low:.2f}, {rho.high:.2f}] with it; the best of the zoo goes on in {kept.best:.0%}, of its best three "
        f"{3 * kept.best_three:.1f}. In an evaluator file: {look.rung_source}, seeds={seeds})."
    )


def _interval(values: Floats, confidence: float) -> RankCorrelation | None:
    """The first value, with the quantiles of the others that could be computed."""
    resampled = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(resampled):
        return None
    low, high = np.quantile(resampled, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return RankCorrelation(rho=float(values[0]), low=float(low), high=float(high))
