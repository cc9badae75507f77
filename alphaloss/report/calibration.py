"""What `alphaloss calibrate` prints on stdout: the losses, the rungs, the rank correlations, and the conclusion."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alphaloss.calibration import Calibration, RankCorrelation

_stdout = Console(highlight=False, soft_wrap=True)


def print_calibration(calibration: Calibration) -> None:
    """Four tables and a sentence."""
    _stdout.print(
        f"{escape(calibration.task)}: {calibration.metric} on {calibration.validation_samples} validation samples, "
        f"{calibration.seeds} seeds, {calibration.trainings} trainings in {calibration.seconds / 60:.1f} minutes; "
        f"intervals of {calibration.confidence:.0%}\n"
    )
    for table in (_losses(calibration), _rungs(calibration), _readings(calibration), _headroom(calibration)):
        _stdout.print(table)
        _stdout.print()
    for line in calibration.losses:
        if line.message:
            _stdout.print(f"{escape(line.loss)}: {escape(line.message)}")
    _stdout.print(escape(calibration.conclusion))


def _losses(calibration: Calibration) -> Table:
    table = _table("The zoo after the last epoch", "loss", "learning rate", "mean", "sd")
    for line in calibration.losses:
        mean = line.status if line.mean is None else f"{line.mean:.4f}"
        deviation = "-" if line.deviation is None else f"{line.deviation:.4f}"
        table.add_row(escape(line.loss), f"x {line.learning_rate_scale:g}", mean, deviation)
    return table


def _rungs(calibration: Calibration) -> Table:
    columns = ("rung", "epochs", "sd", "sd, cross-entropy", "seconds", "first of a loss")
    table = _table("Noise (standard deviation) and cost of a training", *columns)
    for rung in calibration.rungs:
        noise = (f"{rung.noise:.4f}", f"{rung.reference_noise:.4f}")
        seconds = (f"{rung.seconds:.2f}", f"{rung.first_seconds:.2f}")
        table.add_row(escape(rung.rung), str(rung.epochs), *noise, *seconds)
    return table


def _readings(calibration: Calibration) -> Table:
    title = "Rank correlation of the zoo with the full rung"
    table = _table(title, "read", "epochs", f"mean of {calibration.seeds} seeds", "one seed")
    for reading in calibration.readings:
        row = (_correlation(reading.all_seeds), _correlation(reading.one_seed))
        table.add_row(f"{escape(reading.rung)}, epoch {reading.epoch}", f"{reading.cost:.0%}", *row)
    return table


def _headroom(calibration: Calibration) -> Table:
    table = _table("Headroom: what the best of the zoo gains", "over", "difference", "clear of noise")
    for gain in calibration.headroom:
        difference = f"{gain.difference:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
        table.add_row(escape(gain.against), difference, f"{gain.clear:.4f}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=number > 0)
    return table


def _correlation(value: RankCorrelation | None) -> str:
    return "-" if value is None else f"{value.rho:+.2f} [{value.low:+.2f}, {value.high:+.2f}]"
