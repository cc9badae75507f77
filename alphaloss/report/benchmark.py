"""The tables of a comparison, and the files that it leaves beside its searches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from alphaloss.benchmark.results import ArmLine, BenchmarkResult, Gain, ReferenceLine, Spread, TimeToTarget
from alphaloss.files import write_file
from alphaloss.report.curves import draw_curves
from alphaloss.report.table import Table
from alphaloss.wording import duration, number

_stdout = Console(highlight=False, soft_wrap=True)
_WIDEST = 150  # of the tables: where there are fewer columns, lines are wrapped by the terminal and nothing is cut


def print_benchmark(tables: Sequence[Table]) -> None:
    """The tables, for a terminal."""
    _stdout.width = max(_stdout.width, _WIDEST)
    for table in tables:
        _stdout.print(table.rich())
        _stdout.print()


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
        *(
            (arm.name, _spread(arm.selection), _spread(arm.test), _gain(arm.reference_gain), _gain(arm.gain))
            for arm in result.arms
        ),
        *((line.name, _spread(line.selection), _spread(line.test), "", "") for line in result.references),
    ]
    notes = [
        f"Medians over {seeds} [lowest, highest]; the interval covers the median of all searches with probability "
        f"{1 - 2 ** (1 - searches):.1%}."
        if searches > 1
        else "One search seed: nothing is known of the next one.",
        f"Selection: {result.selection_seeds} new seeds for the best programs of each search, on validation data; "
        f"test: {result.verdict_seeds} further seeds for its champion. The same seeds for all arms of a search seed. "
        "All losses train at the task's learning rate: `selection.learning_rates` is not used here.",
    ]
    if any(arm.reference_gain for arm in result.arms):
        pairs = ", ".join(f"{arm.name} and {arm.random}" for arm in result.arms if arm.random)
        notes.append(
            "Minus: mean paired difference in test score over search seeds, positive if better, with its "
            f"{result.confidence:.0%} t interval; an interval that holds zero does not show a difference. Intervals "
            "are not corrected for being several. The random search is the one with the arm's own proposer, on its "
            f"task: {pairs or 'there is none'}."
        )
    if other := {arm.metric: arm.name for arm in reversed(result.arms) if arm.metric != result.metric}:
        told = "; ".join(f"that of {name} and whoever shares its task is {metric}" for metric, name in other.items())
        notes.append(f"Not all searches have the same score: {told}.")
    if fallen := [f"{arm.fallbacks} of {arm.name}" for arm in result.arms if arm.fallbacks]:
        notes.append(
            f"Searches without a program that trains on all seeds of the selection count as the reference: "
            f"{', '.join(fallen)}."
        )
    if failed := [f"{arm.failures} of {arm.name}" for arm in result.arms if arm.failures]:
        notes.append(
            f"Searches whose champion diverged on a seed of the test count as the reference, too: {', '.join(failed)}."
        )
    lines: tuple[ArmLine | ReferenceLine, ...] = (*result.arms, *result.references)
    if missing := [f"{count} of {line.name}" for line in lines if (count := _missing(line))]:
        notes.append(f"Search seeds without a score, which a median leaves out: {', '.join(missing)}.")
    return Table(
        title=f"{result.metric} on {result.task}; budget of a search: {_budget(result)}",
        columns=("arm", "selection", "test", f"minus {_reference(result)}", "minus random"),
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
        "search. Waves in training when the budget is spent are counted, and may go beyond it"
        f"{_overshoot(result)}.",
        "A target is reached when the mean search score of the best program that was found is as good.",
        f"Outside the budget: {_outside(result)}.",
        *_early(result),
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


def _overshoot(result: BenchmarkResult) -> str:
    worst = max(result.arms, key=lambda arm: arm.overshoot)
    in_seconds = result.budget.training_seconds is not None
    most = f"{duration(worst.overshoot)} of training" if in_seconds else f"{worst.overshoot:.0f} trainings"
    return f": by at most {most}, of {worst.name}" if worst.overshoot else ""


def _early(result: BenchmarkResult) -> Iterator[str]:
    """Who did not get to the end of the budget."""
    early = [f"{count} of {arm.name} ({why})" for arm in result.arms for why, count in arm.early.items()]
    if early:
        yield f"Searches that ended before the budget was spent: {'; '.join(early)}."


def _reference(result: BenchmarkResult) -> str:
    """What the column is called in which arms are compared with theirs."""
    names = {arm.reference for arm in result.arms}
    return names.pop() if len(names) == 1 else "reference"


def _missing(line: ArmLine | ReferenceLine) -> int:
    """Search seeds without a score in the test."""
    return line.test.missing if line.test else len(line.searches)


def _spread(spread: Spread | None) -> str:
    return "-" if spread is None else f"{number(spread.median)} [{number(spread.low)}, {number(spread.high)}]"


def _gain(gain: Gain | None) -> str:
    if gain is None:
        return ""
    mean, low, high = (number(value, sign="+") for value in (gain.mean, gain.low, gain.high))
    return f"{mean} [{low}, {high}]" if any((gain.mean, gain.low, gain.high)) else "equal"
