"""How far a cheaper look at losses can be trusted to choose those that a search trains in full.

A look is a rung, or an early epoch of the full one: a rung with fewer epochs trains alike. Scores are oriented so that
larger is better, in arrays with one row a loss and one column a seed; all losses see the same seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import rankdata

from alphaloss.cascade import kept
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
    one_seed: RankCorrelation | None = Field(
        description="one seed, against the full rung's mean over the other seeds; mean over the seeds"
    )
    two_seeds: RankCorrelation | None = Field(description="the same, of the mean of two seeds; mean over all pairs")
    kept: tuple[Kept | None, Kept | None] = Field(description="on one seed, and by the mean of two")

    @property
    def rung_source(self) -> str:
        """The rung as an evaluator file writes it, without its seeds."""
        share = f", share={self.share:g}" if self.share < 1 else ""
        size = f", image_size={self.image_size}" if self.image_size else ""
        return f'Rung(name="small", epochs={self.epoch}{share}{size}'


def rank_correlation(look: Floats, full: Floats, *, seeds: int, confidence: float) -> RankCorrelation | None:
    """How well the mean of a look over some seeds ranks losses as the full rung does on the other seeds.

    Mean over all choices of the seeds. A seed that both had would count its luck as agreement.

    Args:
        look: shape (losses, all seeds), the cheaper scores.
        full: shape (losses, all seeds), those of the full rung on the same seeds.
        seeds: that a loss is screened on.
        confidence: of the bootstrap interval, over losses and seeds.

    Returns:
        None where losses are too few, fewer than two other seeds are left, or all losses have the same score.
    """
    losses, count = look.shape
    if losses < _FEWEST_LOSSES or count < seeds + 2:  # with one other, all usable resamples hold the same seeds
        return None
    rng = np.random.default_rng(0)
    rows = rng.integers(losses, size=(_RESAMPLES, losses))
    columns = rng.integers(count, size=(_RESAMPLES, count))
    # The sample itself comes first, its resamples after it.
    rows = np.concatenate([np.arange(losses)[None], rows])[:, :, None]
    columns = np.concatenate([np.arange(count)[None], columns])
    few, many = look[rows, columns[:, None]], full[rows, columns[:, None]]
    choices = list(combinations(range(count), seeds))
    found = np.full((len(choices), len(columns)), np.nan)
    for number, places in enumerate(choices):
        chosen = columns[:, places]
        others = (columns[:, :, None] != chosen[:, None]).all(axis=2).astype(float)
        # A resample may hold a seed more than once: of those chosen none may be another, and one must be left.
        usable = (np.diff(np.sort(chosen, axis=1), axis=1) > 0).all(axis=1) & others.any(axis=1)
        mean = (many[usable] * others[usable, None]).sum(axis=2) / others[usable].sum(axis=1, keepdims=True)
        found[number, usable] = spearman(few[usable][:, :, places].mean(axis=2), mean)
    known = np.isfinite(found)
    mean_rho = np.divide(
        np.where(known, found, 0).sum(0), known.sum(0), out=np.full(len(columns), np.nan), where=known.any(0)
    )
    return _interval(mean_rho, confidence)


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
    places = kept(keep, losses)
    going = []
    for chosen in combinations(range(count), seeds):
        others = [seed for seed in range(count) if seed not in chosen]
        best = np.argsort(-full[:, others].mean(axis=1), kind="stable")[:3]
        screened = look[:, chosen].mean(axis=1)
        better = (screened[None] > screened[best, None]).sum(axis=1)
        tied = (screened[None] == screened[best, None]).sum(axis=1)
        going.append(np.clip((places - better) / tied, 0, 1))
    chances = np.mean(going, axis=0)
    return Kept(best=float(chances[0]), best_three=float(chances.mean()))


def recommend(looks: Sequence[Look], *, goes_on: float) -> str:
    """The cheapest look to screen with that can be believed and saves time, in a sentence; or that there is none.

    Args:
        looks: the full rung at its last epoch comes last.
        goes_on: share of the programs of a search that goes on.
    """
    full = looks[-1]
    options = [
        ((look.first_seconds + extra * look.seconds) / full.first_seconds, extra + 1, look, rho, who)
        for look in looks[:-1]
        for extra, (rho, who) in enumerate(zip((look.one_seed, look.two_seeds), look.kept, strict=True))
        if rho and rho.low >= LEAST_RANK_CORRELATION and who and who.best >= LEAST_KEPT
    ]
    if not options:
        return (
            f"No cheaper rung can be believed on this evidence: none has a rank correlation above "
            f"{LEAST_RANK_CORRELATION:g} for sure and keeps the best loss in {LEAST_KEPT:.0%}. Search at the full rung "
            "alone, or raise --seeds to know more."
        )
    cost, seeds, look, rho, who = min(options, key=lambda option: option[:2])
    where = f"{look.rung}, epoch {look.epoch}, on {seeds} seed{'s' * (seeds > 1)}"
    if cost + goes_on >= 1:
        return (
            f"No cheaper rung pays: the cheapest that can be believed ({where}) takes {cost:.0%} of a full training, "
            f"and {goes_on:.0%} of the programs would go on to one. Search at the full rung alone."
        )
    return (
        f"Screen with {where}: {cost:.0%} of the time of a full training, a rank correlation of {rho.rho:.2f} "
        f"[{rho.low:.2f}, {rho.high:.2f}] with it; the best of the zoo goes on in {who.best:.0%}, of its best three "
        f"{3 * who.best_three:.1f}. In an evaluator file: {look.rung_source}, seeds={seeds})."
    )


def _interval(values: Floats, confidence: float) -> RankCorrelation | None:
    """The first value, with the quantiles of the others that could be computed."""
    resampled = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(resampled):
        return None
    low, high = np.quantile(resampled, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return RankCorrelation(rho=float(values[0]), low=float(low), high=float(high))
