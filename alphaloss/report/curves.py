"""Curves of a comparison: how good the best program of a search is, over what was spent so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alphaloss.benchmark.results import ArmLine, BenchmarkResult, ReferenceLine, SearchOutcome, Spent

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Of Okabe and Ito, "Color Universal Design" (2008), without the yellow, which is too light for a line."""

_STYLES = ("-", "--", ":")
_COLUMNS = 4
_PANEL = (3.1, 2.5)  # inches
_STEPS = 400

_Axis = Callable[[Spent], float]
_AXES: dict[str, tuple[str, _Axis]] = {
    "evaluations": ("evaluations", lambda spent: float(spent.evaluations)),
    "training_seconds": ("seconds of training", lambda spent: spent.training_seconds),
}


def draw_curves(result: BenchmarkResult, folder: Path) -> list[Path]:
    """Writes `evaluations` and `training_seconds`, each as .png and .svg; returns the files.

    The first panel has the medians of all arms; each other one an arm's median and the range of its searches. Scores of
    different tasks share no axis: those of a second one have files of their own, named after its first arm.
    """
    files = []
    for task in sorted({arm.task for arm in result.arms}):
        arms = [arm for arm in result.arms if arm.task == task]
        for name, (label, axis) in _AXES.items():
            figure = _figure(arms, _reference_of(result, arms[0]), label, axis)
            for suffix in ("png", "svg"):
                files.append(folder / f"{name}{f'-{arms[0].name}' if task else ''}.{suffix}")
                figure.savefig(files[-1], dpi=150, metadata={"Date": None} if suffix == "svg" else None)
    return files


def _reference_of(result: BenchmarkResult, arm: ArmLine) -> ReferenceLine:
    return next(line for line in result.references if line.name == arm.reference)


def _figure(arms: Sequence[ArmLine], reference: ReferenceLine, label: str, axis: _Axis) -> Figure:
    panels = len(arms) + 1
    columns = min(_COLUMNS, panels)
    rows = ceil(panels / columns)
    figure = Figure(figsize=(_PANEL[0] * columns, _PANEL[1] * rows + 0.9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
    styles = [(colour, style) for style in _STYLES for colour in _COLOURS]
    curves = {arm.name: _Curve(arm, axis) for arm in arms}
    for arm, (colour, style) in zip(arms, cycle(styles), strict=False):
        curve = curves[arm.name]
        axes[0].step(curve.at, curve.median, style, where="post", color=colour, linewidth=1.6, label=arm.name)
    for own, arm, (colour, style) in zip(axes[1:], arms, cycle(styles), strict=False):
        for other in curves.values():
            own.step(other.at, other.median, where="post", color="#BBBBBB", linewidth=0.7)
        curve = curves[arm.name]
        own.fill_between(curve.at, curve.low, curve.high, step="post", color=colour, alpha=0.2, linewidth=0)
        own.step(curve.at, curve.median, style, where="post", color=colour, linewidth=1.8)
        own.set_title(arm.name, fontsize=9)
    axes[0].set_title("all medians", fontsize=9)
    for used in axes[:panels]:
        _finish(used, reference)
    for spare in axes[panels:]:
        spare.set_axis_off()
    for lowest in axes[max(0, panels - columns) : panels]:  # of its column; what is below is no panel
        lowest.tick_params(labelbottom=True)
    figure.supxlabel(label, fontsize=10)
    figure.supylabel(f"{arms[0].metric} of the best program found,\nmean search score", fontsize=10)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(4, panels), frameon=False, fontsize=8)
    return figure


class _Curve:
    """Median and range over the searches of an arm; a search that has ended keeps its last value.

    Attributes:
        at: what was spent, up to the median of what searches spend.
        median, low, high: of the best program found so far; of searches without a score nothing is known.
    """

    def __init__(self, arm: ArmLine, axis: _Axis) -> None:
        end = float(np.median([axis(search.spent) for search in arm.searches]))
        self.at = np.linspace(0.0, end, _STEPS)
        values = np.array([_values(search, axis, self.at) for search in arm.searches])
        known = ~np.isnan(values).any(axis=0)
        self.at, values = self.at[known], values[:, known]
        self.median, self.low, self.high = np.median(values, axis=0), values.min(axis=0), values.max(axis=0)


def _values(search: SearchOutcome, axis: _Axis, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The best so far, where so much was spent; NaN before the first."""
    points = [(axis(point.spent), point.best) for point in search.curve if point.best is not None]
    if not points:
        return np.full(len(at), np.nan)
    spent, best = np.array(points, dtype=np.float64).T
    place = np.searchsorted(spent, at, side="right") - 1
    return np.where(place >= 0, best[np.maximum(place, 0)], np.nan)


def _finish(axes: Axes, reference: ReferenceLine) -> None:
    """The reference as a line, and no more ink than is needed."""
    scores = [outcome.search for outcome in reference.searches if outcome.search is not None]
    if scores:
        label = f"{reference.name} (median)"
        axes.axhline(float(np.median(scores)), color="#555555", linewidth=0.9, linestyle=(0, (1, 2)), label=label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25, linewidth=0.5)
