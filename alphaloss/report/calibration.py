"""What `alphaloss calibrate` prints on stdout: the losses, the rungs, the rank correlations, and the conclusion."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alphaloss.calibration import Calibration
from alphaloss.screening import RankCorrelation

_stdout = Console(highlight=False, soft_wrap=True)
_WIDEST = 140  # of the tables: where there are fewer columns, lines are wrapped by the terminal and nothing is cut


def print_calibration(calibration: Calibration) -> None:
    """Three tables and two sentences."""
    _stdout.width = max(_stdout.width, _WIDEST)
    _stdout.print(
        f"{escape(calibration.task)}: {calibration.metric} on {calibration.validation_samples} validation samples, "
        f"{calibration.seeds} seeds, {calibration.trainings} trainings in {calibration.seconds / 60:.1f} minutes; "
        f"intervals of {calibration.confidence:.0%}\n"
    )
    for table in (_losses(calibration), _looks(calibration), _headroom(calibration)):
        _stdout.print(table)
        _stdout.print()
    for line in calibration.losses:
        if line.message:
            _stdout.print(f"{escape(line.loss)}: {escape(line.message)}")
    _stdout.print(escape(calibration.screening))
    _stdout.print(escape(calibration.conclusion))


def _losses(calibration: Calibration) -> Table:
    table = _table("The zoo after the last epoch", "loss", "learning rate", "mean", "sd")
    for line in calibration.losses:
        mean = line.status if line.mean is None else f"{line.mean:.4f}"
        deviation = "-" if line.deviation is None else f"{line.deviation:.4f}"
        table.add_row(escape(line.loss), f"x {line.learning_rate_scale:g}", mean, deviation)
    return table


def _looks(calibration: Calibration) -> Table:
    columns = (
        "look",
        "cost",
        "sd",
        "sd, reference",
        "rank correlation",
        "of one seed",
        "best goes on",
        "of best three",
    )
    table = _table("Rungs and early epochs: cost of a loss's first training, noise, and how well they rank", *columns)
    for look in calibration.looks:
        reference = "-" if look.reference_noise is None else f"{look.reference_noise:.4f}"
        table.add_row(
            f"{escape(look.rung)}, epoch {look.epoch}",
            f"{look.cost:.0%}",
            f"{look.noise:.4f}",
            reference,
            _correlation(look.all_seeds),
            _correlation(look.one_seed),
            " ".join("-" if kept is None else f"{kept.best:.0%}" for kept in look.kept),
            " ".join("-" if kept is None else f"{3 * kept.best_three:.1f}" for kept in look.kept),
        )
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
