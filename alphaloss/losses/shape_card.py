"""The shape card of a loss: what it does to one sample, in a few numbers that do not depend on its scale or offset.

A loss of classes is looked at along a path of predictions that share what the true class leaves equally. With p_t the
probability of the true class among K, the logits are their own log-probabilities,

    z_t = log p_t,    z_k = log((1 - p_t) / (K - 1)) for the others,

and p_t = 1 / K is a guess. A loss of values is looked at where every output is off by the same residual r, at a target
of 0. Labels are one-hot, and a class prior is uniform.

Two losses that differ by a positive factor and an offset train alike once their gradients are matched. So a card shows
L(p_t) - L(1 / K), and all of it is divided by the norm of the logit gradient at p_t = 1 / K over that of cross-entropy,
sqrt(1 - 1 / K): the card of cross-entropy has the values -log(K p_t) and the gradients p_t - 1. A loss of values is
counted from r = 0 and divided by the norm of its gradient at r = 1 over that of the squared error, 2 / sqrt(outputs):
the card of the squared error has r^2 and 2 r. If a loss is flat there, its steepest gradient on the card stands in.

Only gradients train. A loss that detaches a part with `stop_gradient` returns numbers that do not go with its
gradients; its card shows the integral of the gradients along the path instead.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from alphaloss.losses.cost import elements
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import Array, value_and_gradient

PROBABILITIES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
RESIDUALS = (-10.0, -3.0, -1.0, -0.3, -0.1, 0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
MOST_HARDNESS = 1e6

_DESCRIBED = {
    "true-class probability": (0.01, 0.1, 0.5, 0.9, 0.99),
    "residual": (-3.0, -0.3, 0.3, 3.0),
}
_FAR = 10.0 ** np.arange(1.5, 6.1, 0.25)  # four places a decade, up to a million
_LEFT, _RIGHT = [0, 4], [-1, -5]  # the last place, and one a tenth as far
_MOST_KEPT = 4_000_000  # numbers that are kept at once; a table of classes by classes is large


class ShapeCard(BaseModel):
    """What a loss does to one sample; all numbers in the units of the module's docstring, to six digits."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    against: Literal["true-class probability", "residual"]
    at: tuple[float, ...] = Field(description="probabilities p_t of the true class, or residuals r = y_pred - y_true")
    values: tuple[float | None, ...] = Field(description="the loss there; None where it overflows")
    gradients: tuple[float | None, ...] = Field(description="dL/dz_t, or dL/dr, there; None where it overflows")
    minimiser: float = Field(
        description="p_t (r) at which the loss is lowest, to a millionth, the smallest of several; 1 if it falls all "
        "the way to p_t = 1, and at most 10 away from r = 0"
    )
    bounded: bool = Field(
        description="it levels off as p_t goes to 0 (as r goes to both infinities), so that it stays finite"
    )
    lowest: float | None = Field(
        description="least of the loss on the path, at places half a unit of logit (a quarter of r) apart; None if it "
        "falls for ever or overflows at an end"
    )
    highest: float | None = Field(
        description="most of the loss there; None if it grows for ever or overflows at an end"
    )
    overflows: bool = Field(
        default=False, description="it cannot be computed at an end, so that what becomes of it there is not known"
    )
    hardness: float = Field(
        ge=0.0,
        le=MOST_HARDNESS,
        description="norm of the gradient at p_t = 0.1 over that at p_t = 0.9 (at r = 3 over r = 0.3); cross-entropy "
        "has 9, the mean absolute error 1; at most a million, and 1 if both are 0",
    )

    def describe(self) -> str:
        """Three lines of plain ASCII, for a table's reader or a prompt."""
        symbol, far, origin, hard, easy = ("p_t", "as p_t goes to 0", "a guess", 0.1, 0.9)
        if self.against == "residual":
            symbol, far, origin, hard, easy = ("r", "as r grows", "r = 0", 3.0, 0.3)
        low = "-infinity" if self.lowest is None else f"{self.lowest:.3g}"
        high = "infinity" if self.highest is None else f"{self.highest:.3g}"
        bounds = f"{'bounded' if self.bounded else 'unbounded'} {far}; from {low} to {high}, counted from {origin}"
        if self.overflows:
            bounds = f"it overflows at an end, so that its bounds are not known; counted from {origin}"
        rows = zip(self.at, self.values, self.gradients, strict=True)
        points = (
            f"{x:g}: {_short(value)}, {_short(slope)}" for x, value, slope in rows if x in _DESCRIBED[self.against]
        )
        return (
            f"lowest at {symbol} = {self.minimiser:.3g}; {bounds}\n"
            f"gradient at {symbol} = {hard:g}: {self.hardness:.3g} times that at {symbol} = {easy:g}\n"
            f"{symbol}: loss, gradient: {'; '.join(points)}"
        )


def shape_card(graph: LossGraph, width: int) -> ShapeCard:
    """The shape card of a loss, computed in float64.

    Args:
        graph: the loss.
        width: the class count, at least 2, or the number of outputs; not below `graph.least_classes`.
    """
    path = _Path(graph, width)
    at = np.searchsorted(path.grid, path.places(*path.at))
    hard, easy, unit, guess = np.searchsorted(path.grid, path.places(path.hard, path.easy, path.unit, path.guess))
    with np.errstate(all="ignore"):
        curve = path.look(path.grid)
        if path.detaches:
            curve = curve._replace(values=_integral(path.grid, curve.slopes, int(guess)))
        scale = _usable(float(curve.norms[unit]), curve.norms[at]) / path.reference_norm
        values, slopes = (curve.values - curve.values[guess]) / scale, curve.slopes / scale
        left = _growth(path.grid[_LEFT], values[_LEFT], -slopes[_LEFT])
        right = _growth(path.grid[_RIGHT], values[_RIGHT], slopes[_RIGHT])
        return ShapeCard(
            against="true-class probability" if path.is_classes else "residual",
            at=path.at,
            values=tuple(map(_rounded, values[at])),
            gradients=tuple(map(_rounded, curve.gradients[at] / scale)),
            minimiser=round(path.minimiser(curve), 6) + 0.0,
            bounded=left == 0.0 and (path.is_classes or right == 0.0),
            overflows=bool(np.isnan([left, right, values.min()]).any()),
            lowest=_rounded(values.min() + np.min([left, right, 0.0])),
            highest=_rounded(values.max() + np.max([left, right, 0.0])),
            hardness=_hardness(float(curve.norms[hard]), float(curve.norms[easy])),
        )


class _Curve(NamedTuple):
    """A loss at some places of its path: all of shape (places,).

    Attributes:
        values: the loss.
        slopes: its derivative along the path.
        gradients: dL/dz_t, or dL/dr.
        norms: of the gradient with respect to all predictions.
    """

    values: Array
    slopes: Array
    gradients: Array
    norms: Array


class _Path:
    """The predictions on which a loss is looked at. A place is the logit of p_t, or r."""

    at: tuple[float, ...]

    def __init__(self, graph: LossGraph, width: int) -> None:
        self.graph = graph
        self.width = width
        self.is_classes = graph.target == "classes"
        self.detaches = any(node.op == "stop_gradient" for node in graph.nodes)
        if self.is_classes:
            self.at, self.hard, self.easy = PROBABILITIES, 0.1, 0.9
            self.guess = self.unit = 1.0 / width
            self.reference_norm = math.sqrt(1.0 - 1.0 / width)
            self.reach = 20.0
        else:
            self.at, self.hard, self.easy = RESIDUALS, 3.0, 0.3
            self.guess, self.unit = 0.0, 1.0
            self.reference_norm = 2.0 / math.sqrt(width)
            self.reach = 10.0
        middle = np.linspace(-self.reach, self.reach, 81)
        self.grid = np.unique([*-_FAR, *middle, *self.places(*self.at, self.guess), *_FAR])

    def places(self, *points: float) -> Array:
        """The places of probabilities p_t, or of residuals; the same for a point alone and among others."""
        return np.array([math.log(x) - math.log1p(-x) if self.is_classes else x for x in points])

    def look(self, places: Array) -> _Curve:
        """The loss at each place, not finite where it overflows; a few at a time where it keeps much for each."""
        rows = max(1, _MOST_KEPT // max(1, elements(self.graph, self.width, self.width)))
        parts = [self._look(places[begin : begin + rows]) for begin in range(0, len(places), rows)]
        return _Curve(*map(np.concatenate, zip(*parts, strict=True)))

    def minimiser(self, curve: _Curve) -> float:
        """Where the loss is lowest: of the places at which it stops to fall, the deepest.

        Looks at slopes, because values that lie close together say little in floating point.
        """
        inner = np.abs(self.grid) <= self.reach
        places, values = (np.pad(some[inner], 1, mode="edge") for some in (self.grid, curve.values))
        slopes = np.pad(np.nan_to_num(curve.slopes[inner]), 1, constant_values=(-1.0, 1.0))  # it stops at both ends
        (before,) = np.nonzero((slopes[:-1] < 0.0) & (slopes[1:] >= 0.0))
        # In between, the slope is nearly a line, so it is zero after this part of the way, and the loss a parabola.
        part = slopes[before] / (slopes[before] - slopes[before + 1])
        depths = values[before] + slopes[before] * part * np.diff(places)[before] / 2.0
        deepest = before[np.argmin(np.nan_to_num(depths, nan=np.inf))]
        place = self._stop(places[deepest], places[deepest + 1])
        return float(1.0 / (1.0 + np.exp(-place)) if self.is_classes else place)

    def _stop(self, first: float, last: float) -> float:
        """The place between two where the slope ceases to be negative: zooms in, then draws a straight line."""
        if first == last:
            return first
        places, slopes = np.array([first, last]), np.array([-1.0, 1.0])
        for _ in range(3):
            places = np.linspace(places[0], places[1], 33)
            slopes = np.nan_to_num(self.look(places).slopes)
            after = max(1, int(np.argmax(slopes >= 0.0)))
            places, slopes = places[after - 1 : after + 1], slopes[after - 1 : after + 1]
        return float(places[0] - slopes[0] * np.ptp(places) / np.ptp(slopes))

    def _look(self, places: Array) -> _Curve:
        y_true = np.zeros((len(places), self.width))
        if not self.is_classes:
            inputs = {"y_true": y_true, "y_pred": np.tile(places[:, None], self.width)}
            values, gradient = value_and_gradient(self.graph, inputs)
            total = gradient.sum(axis=-1)
            return _Curve(values, total, total, np.linalg.norm(gradient, axis=-1))
        y_true[:, 0] = 1.0
        y_pred = np.tile(-np.logaddexp(0.0, places)[:, None] - math.log(self.width - 1), self.width)
        y_pred[:, 0] = -np.logaddexp(0.0, -places)
        inputs = {"y_true": y_true, "y_pred": y_pred, "class_prior": np.full(self.width, 1.0 / self.width)}
        values, gradient = value_and_gradient(self.graph, inputs)
        # By the logit of p_t: dz_t is 1 - p_t, and dz_k is -p_t.
        p, others = np.exp(y_pred[:, 0]), gradient[:, 1:].sum(axis=-1)
        slopes = gradient[:, 0] * np.exp(-np.logaddexp(0.0, places)) - others * p
        return _Curve(values, slopes, gradient[:, 0], np.linalg.norm(gradient, axis=-1))


def _integral(places: Array, slopes: Array, origin: int) -> Array:
    """The integral of slopes from one of their places, to each side; trapezoids with the Euler-Maclaurin correction."""
    width, bend = np.diff(places), np.gradient(slopes, places)
    steps = width / 2.0 * (slopes[1:] + slopes[:-1]) - width**2 / 12.0 * np.diff(bend)
    before, after = -np.cumsum(steps[:origin][::-1])[::-1], np.cumsum(steps[origin:])
    return np.concatenate([before, [0.0], after])


def _growth(places: Array, values: Array, slopes: Array) -> float:
    """What becomes of a loss at an end: 0 if it levels off, infinity if it grows for ever, minus infinity if it falls.

    Where a slope overflows, as that of a power of p_t does, values that stay the same level off. NaN if that cannot be
    computed. Place times slope is what a further e-fold of the distance adds: as much again for a
    logarithm, which is without bound, and a tenth of it ten times as far for 1 / r, which is not.

    Args:
        places: the last place, and one a tenth as far.
        values: the loss there.
        slopes: outwards, there.
    """
    last, before = np.abs(places * slopes)
    if last <= 0.5 * before + 1e-6:
        return 0.0
    if np.isfinite(slopes).all():
        return math.copysign(math.inf, slopes[0])
    if np.isfinite(values).all() and abs(values[0] - values[1]) <= 1e-6:
        return 0.0
    return float(values[0]) if np.isinf(values[0]) else math.nan


def _usable(norm: float, others: Array) -> float:
    """A norm to divide by: that one, or the largest of the others, or 1."""
    for candidate in (norm, float(np.max(others[np.isfinite(others)], initial=0.0))):
        if 0.0 < candidate < math.inf:
            return candidate
    return 1.0


def _hardness(hard: float, easy: float) -> float:
    hard, easy = (math.inf if math.isnan(norm) else norm for norm in (hard, easy))
    if hard == easy:
        return 1.0
    return _digits(min(MOST_HARDNESS, hard / easy)) if easy > 0.0 else MOST_HARDNESS


def _rounded(value: float) -> float | None:
    return _digits(float(value)) if math.isfinite(value) else None


def _digits(value: float) -> float:
    """Six digits, and 0 instead of what is below a billionth, or -0."""
    return float(f"{round(value, 9):.6g}") + 0.0


def _short(value: float | None) -> str:
    return "overflow" if value is None else f"{value:.3g}"
