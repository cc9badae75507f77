"""The tables of a comparison, and the files that it leaves beside its searches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from alphaloss.benchmark.results import ArmLine, BenchmarkResult, Gain, Spread, TimeToTarget
from alphaloss.files import write_file
from alphaloss.report.curves import draw_curves
from alphaloss.report.table import Table
from alphaloss.wording import duration, number

_stdout = Console(highlight=False, soft_wrap=True)
_WIDEST = 140  # of the tables: where there are fewer columns, lines are wrapped by the terminal and nothing is cut


def print_benchmark(tables: Sequence[Table], folder: Path) -> None:
    """The tables, and where everything is."""
    _stdout.width = max(_stdout.width, _WIDEST)
    for table in tables:
        _stdout.print(table.rich())
        _stdout.print()
    _stdout.print(f"Saved: {folder}/benchmark.md, benchmark.json and the curves as .png and .svg.", markup=False)


def write_benchmark(result: BenchmarkResult, tables: Sequence[Table], folder: Path) -> None:
    """Writes the tables as `benchmark.md`, all figures as `benchmark.json`, and the curves."""
    write_file(folder / "benchmark.md", "\n".join(table.markdown() for table in tables))
    write_file(folder / "benchmark.json", result.model_dump_json(indent=1) + "\n")
    draw_curves(result, folder)


def tables_of(result: BenchmarkResult) -> list[Table]:
    """What came of the arms, and what it took."""
    return [_scores(result), _cost(result)]


def _scores(result: BenchmarkResult) -> Table:
    searches = len(result.seeds)
    seeds = f"{searches} search seed{'s' * (searches > 1)}"
    rows = [
        *((arm.name, _spread(arm.selection), _spread(arm.test), _gain(arm.gain)) for arm in result.arms),
        *((line.name, _spread(line.selection), _spread(line.test), "") for line in result.references),
    ]
    notes = [
        f"Medians over {seeds} [lowest, highest]; the interval covers the median of all searches with probability "
        f"{1 - 2 ** (1 - searches):.1%}."
        if searches > 1
        else "One search seed: nothing is known of the next one.",
        f"Selection: {result.selection_seeds} new seeds for the best programs of each search, on validation data; "
        f"test: {result.verdict_seeds} further seeds for its champion. The same seeds for all arms of a search seed.",
    ]
    if any(arm.gain for arm in result.arms):
        notes.append(
            f"Minus {result.random}: mean paired difference in test score over search seeds, positive if better, with "
            f"its {result.confidence:.0%} t interval."
        )
    if other := {arm.metric: arm.name for arm in reversed(result.arms) if arm.metric != result.metric}:
        told = "; ".join(f"that of {name} and whoever shares its task is {metric}" for metric, name in other.items())
        notes.append(f"Not all searches have the same score: {told}.")
    if fallen := [f"{arm.fallbacks} of {arm.name}" for arm in result.arms if arm.fallbacks]:
        notes.append(
            f"Searches without a program that trains on all new seeds count as the reference: {', '.join(fallen)}."
        )
    return Table(
        title=f"{result.metric} on {result.task}; budget of a search: {_budget(result)}",
        columns=("arm", "selection", "test", f"minus {result.random}"),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _cost(result: BenchmarkResult) -> Table:
    rows: list[tuple[str, ...]] = []
    for arm in result.arms:
        rows.append(_cost_row(arm))
        if arm.evaluations_after_initial < arm.evaluations:
            rows.append(_cost_row_after_initial(arm))
    notes = [
        "Medians over searches. Training s: wall-clock seconds in the workers, summed over trainings; wall s: of the "
        "search. Waves in training when the budget is spent are counted, and may go beyond it.",
        "A target is reached when the search score of the best program, less one standard error, is as good.",
        f"Outside the budget: {_outside(result)}.",
    ]
    return Table(
        title="What a search takes, and when it reaches a search score: evaluations, seconds of training",
        columns=(
            *("arm", "evaluations", "trainings", "training s", "wall s"),
            *(f"to {target}" for target in result.targets),
        ),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _cost_row(arm: ArmLine) -> tuple[str, ...]:
    counts = (arm.evaluations, arm.trainings, arm.training_seconds, arm.wall_seconds)
    times = (_time(time, time.evaluations, time.training_seconds) for time in arm.times)
    return (arm.name, *(f"{count:.0f}" for count in counts), *times)


def _cost_row_after_initial(arm: ArmLine) -> tuple[str, ...]:
    counts = (arm.evaluations_after_initial, arm.trainings_after_initial, arm.training_seconds_after_initial)
    times = (_time(time, time.evaluations_after_initial, time.training_seconds_after_initial) for time in arm.times)
    return ("  after the first generation", *(f"{count:.0f}" for count in counts), "", *times)


def _time(time: TimeToTarget, evaluations: float | None, seconds: float | None) -> str:
    share = f"{time.reached} of {time.searches}"
    return share if evaluations is None or seconds is None else f"{evaluations:.0f}, {duration(seconds)} ({share})"


def _outside(result: BenchmarkResult) -> str:
    parts = {"references": result.reference_cost, "selection and test of all searches": result.final_cost}
    return "; ".join(
        f"{name}, {cost.trainings} trainings in {duration(cost.training_seconds)}" for name, cost in parts.items()
    )


def _budget(result: BenchmarkResult) -> str:
    [(name, value)] = result.budget.model_dump(exclude_none=True).items()
    return f"{value:g} {name.replace('_', ' ')}"


def _spread(spread: Spread | None) -> str:
    return "-" if spread is None else f"{number(spread.median)} [{number(spread.low)}, {number(spread.high)}]"


def _gain(gain: Gain | None) -> str:
    signed = [] if gain is None else [number(value, sign="+") for value in (gain.mean, gain.low, gain.high)]
    return f"{signed[0]} [{signed[1]}, {signed[2]}]" if signed else ""
