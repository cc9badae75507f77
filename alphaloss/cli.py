"""The command line: reads arguments, calls the library, prints. No logic of its own.

Results go to stdout, progress and errors to stderr. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from alphaloss.options import (
    INTERRUPTED,
    NO_LLM,
    Group,
    common_options,
    data_option,
    evaluator_option,
    file_options,
    json_option,
    language_model,
    llm_options,
    read_settings,
    setting_options,
    workers_option,
)

if TYPE_CHECKING:
    from alphaloss.losses.types import Target


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="alphaloss")
def main() -> None:
    """Finds a better loss function for your training task, and proves that it is better.

    A LOSS is a name from the zoo (`alphaloss zoo`), a Python file, a run folder (its champion), or RUN:ID.
    """


@main.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@setting_options
@click.option(
    "--algorithm",
    metavar="NAME",
    help="Who decides parents and survivors: islands, tournament, sample-tournament, ngl, generational, regularized, "
    "random, best-of-n. [default: islands]",
)
@click.option("--proposer", metavar="NAME", help="Who writes losses: offline, llm, tree. [default: llm with --llm]")
@llm_options
@click.option(
    "--replay",
    type=click.Path(path_type=Path, exists=True),
    metavar="RUN",
    help="Repeat the search of RUN, with its settings and the recorded answers of its language models.",
)
@click.option("--start", multiple=True, metavar="LOSS", help="Begin with this loss. [default: the reference]")
@click.option(
    "--evaluations",
    type=click.IntRange(1),
    help="Programs that the search trains, repeats counted again. [default: 120]",
)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Also end the search after this time.")
@click.option("--patience", type=click.IntRange(1), help="Also end it after so many evaluations without a better best.")
@json_option
def evolve(
    run: Path | None, as_json: bool, workers: int | None, config: Path | None, replay: Path | None, **values: Any
) -> None:
    """Search for a better loss, select a champion and judge it on test data.

    RUN is the folder that keeps everything; without it, a new one under runs/. With --llm a language model writes most
    of the losses; if it refuses half-way, or is gone in the end, what was found is judged and the exit code is 4.
    """
    from alphaloss.folder import new_run_folder
    from alphaloss.report.console import print_result
    from alphaloss.report.progress import ConsoleProgress
    from alphaloss.run import evolve as run_evolve
    from alphaloss.training.devices import default_workers

    folder = run or new_run_folder()
    try:
        with language_model(values):
            settings = read_settings(config or (replay / "config.yaml" if replay else None), values)
            count = workers or default_workers()
            result = run_evolve(settings, folder, workers=count, progress=ConsoleProgress(), replay=replay)
    except KeyboardInterrupt:
        kept = f" `alphaloss show {folder}` shows what was recorded." if (folder / "run.sqlite").exists() else ""
        click.echo(f"Interrupted.{kept}", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(result.to_json())
    else:
        print_result(result)
    sys.exit(NO_LLM if result.llm and result.llm.lost else 0)


@main.command()
@click.argument("loss")
@click.option(
    "--classes",
    type=click.IntRange(1),
    help="Class count of the task, or number of outputs of a regression. [default: that of the run's task, else 10, "
    "or 1 output]",
)
@click.option(
    "--target",
    type=click.Choice(["classes", "values"]),
    help="What the model predicts: logits of classes, or the values of a regression. [default: what the zoo's loss or "
    "the run was made for, else classes]",
)
@json_option
def check(loss: str, classes: int | None, target: Target | None, as_json: bool) -> None:
    """Trace LOSS and run the gate: print its graph, or why it is rejected (exit code 1)."""
    from alphaloss.checking import check as run_check
    from alphaloss.report.console import print_check

    outcome = run_check(loss, classes=classes, target=target)
    if as_json:
        click.echo(outcome.to_json())
    else:
        print_check(outcome)
    sys.exit(0 if outcome.status == "admitted" else 1)


@main.command()
@click.argument("losses", nargs=-1, required=True, metavar="LOSS...")
@setting_options
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, help="Trainings for each loss.")
@click.option("--test", is_flag=True, help="Measure on test data instead of validation data.")
@json_option
def evaluate(
    losses: tuple[str, ...],
    seeds: int,
    test: bool,
    as_json: bool,
    workers: int | None,
    config: Path | None,
    **values: Any,
) -> None:
    """Train with each LOSS on the same seeds and compare with the reference: cross-entropy, or squared for values."""
    import json

    from alphaloss.evaluate import evaluate as run_evaluate
    from alphaloss.report.console import print_evaluations
    from alphaloss.report.progress import ConsoleProgress
    from alphaloss.training.devices import default_workers

    lines = run_evaluate(
        losses,
        read_settings(config, values),
        seeds=seeds,
        measure="test" if test else "validation",
        workers=workers or default_workers(),
        progress=ConsoleProgress(),
    )
    if as_json:
        click.echo(json.dumps([line.model_dump(mode="json") for line in lines]))
    else:
        print_evaluations(lines, "test" if test else "validation")
    asked_for = lines[-len(losses) :]  # the reference comes first where it was not named
    sys.exit(0 if any(line.mean is not None for line in asked_for) else 3)


@main.command()
@click.argument("evaluator", required=False, metavar="[EVALUATOR]")
@common_options
@click.option("--seeds", type=int, default=5, show_default=True, help="Trainings for each loss and rung, at least 3.")
@click.option(
    "--share",
    "shares",
    multiple=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Try a rung with this part of the training samples; can be given several times.",
)
@click.option(
    "--epochs",
    multiple=True,
    type=click.IntRange(1),
    help="Look at the full rung after so many epochs; can be given several times.",
)
@json_option
def calibrate(
    seeds: int,
    shares: tuple[float, ...],
    epochs: tuple[int, ...],
    as_json: bool,
    workers: int | None,
    config: Path | None,
    **values: Any,
) -> None:
    """Train the zoo on a task and tell whether a search on it is worth its time, and which rung can screen losses.

    EVALUATOR is the task, a name or your own .py file [default: digits-noisy]. Uses validation data only.
    """
    from alphaloss.calibrate import calibrate as run_calibrate
    from alphaloss.report.calibration import print_calibration
    from alphaloss.report.progress import ConsoleProgress
    from alphaloss.training.devices import default_workers

    found = run_calibrate(
        read_settings(config, values),
        seeds=seeds,
        workers=workers or default_workers(),
        progress=ConsoleProgress(),
        shares=shares,
        epochs=epochs,
    )
    if as_json:
        click.echo(found.model_dump_json())
    else:
        print_calibration(found)


@main.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@workers_option
@click.option("--seeds", type=click.IntRange(1), help="Searches of each arm. [default: that of CONFIG]")
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="One key of CONFIG, as budget.evaluations=9.")
@json_option
def benchmark(
    config: Path, folder: Path | None, workers: int | None, seeds: int | None, overrides: tuple[str, ...], as_json: bool
) -> None:
    """Compare algorithms and proposers under the same budget, as CONFIG (YAML) says, over several search seeds.

    DIR keeps all searches, the tables and the curves [default: runs/ and the name of CONFIG]. Searches that are
    finished there are not repeated, so that an interrupted comparison goes on, and the table of a finished one is
    printed at once. A random search and the reference always take part. A budget in evaluations or trainings gives the
    same table each time; one in training_seconds depends on the clock and on what else the machine does.
    """
    from alphaloss.benchmark import run_missing, summarise
    from alphaloss.benchmark.per_task import suite_tables
    from alphaloss.config import load_benchmark
    from alphaloss.report.benchmark import print_benchmark, tables_of, write_benchmark
    from alphaloss.report.progress import ConsoleProgress
    from alphaloss.training.devices import default_workers

    compared, where = load_benchmark(config, overrides, seeds=seeds), folder or Path("runs") / config.stem
    try:
        run_missing(compared, where, workers=workers or default_workers(), progress=ConsoleProgress())
    except KeyboardInterrupt:
        click.echo("Interrupted. The same command goes on with the search that was not finished.", err=True)
        sys.exit(INTERRUPTED)
    result = summarise(compared, where)
    tables = [*tables_of(result), *suite_tables(compared, where, result)]
    if as_json:
        click.echo(result.model_dump_json())
    else:
        print_benchmark(tables)
    write_benchmark(result, tables, where)
    if not as_json:
        click.echo(f"Saved: {where}/benchmark.md, benchmark.json and the curves as .png and .svg.")


@main.command()
@click.argument("name", required=False)
@json_option
def zoo(name: str | None, as_json: bool) -> None:
    """List the hand-designed losses that ship with alphaloss (those of regressions last), or print one."""
    import json

    from alphaloss.losses.zoo import zoo_names, zoo_source, zoo_target, zoo_title

    names = [*zoo_names("classes"), *zoo_names("values")]
    if name:
        source = zoo_source(name)
        click.echo(json.dumps({"name": name, "source": source}) if as_json else source.rstrip())
    elif as_json:
        click.echo(json.dumps([{"name": n, "target": zoo_target(n), "title": zoo_title(n)} for n in names]))
    else:
        for n in names:
            click.echo(f"{n:{max(map(len, names)) + 2}}{zoo_title(n)}")


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("program", required=False, metavar="[ID]")
@click.option("--rejections", is_flag=True, help="List the rejected candidates with their reasons.")
@click.option(
    "--exchanges",
    type=click.File("w", encoding="utf-8"),
    metavar="FILE",
    help="Write what language models were asked and answered into FILE (- for stdout): a JSON object a line.",
)
@json_option
def show(run: Path, program: str | None, rejections: bool, exchanges: TextIO | None, as_json: bool) -> None:
    """Show RUN: its result and best programs; or one program in full."""
    from alphaloss.report import console, runs

    with runs.open_run(run) as opened:
        if exchanges:
            for line in runs.list_exchanges(opened):
                exchanges.write(line.model_dump_json() + "\n")
            return
        if program:
            shown: Any = runs.describe_program(opened, program)
        elif rejections:
            shown = runs.list_rejections(opened)
        else:
            shown = runs.describe_run(opened, run)
    if as_json:
        click.echo(shown.model_dump_json())
    else:
        console.print_shown(shown)


@main.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@evaluator_option
@data_option
@file_options
@llm_options
@json_option
def doctor(run: Path | None, as_json: bool, config: Path | None, **values: Any) -> None:
    """Check this machine: versions, GPUs, sandbox, training; with RUN, also the integrity of its database.

    With --evaluator, measure what training on this task takes. With --llm a language model instead: whether it can be
    reached, and what the gate says to a loss that it writes.
    """
    from alphaloss.doctor import examine
    from alphaloss.doctor_llm import examine_models
    from alphaloss.report.console import print_findings

    asked = bool(values["llm"] or values["llm_url"])
    with language_model(values):
        settings = read_settings(config, values)
        findings = examine_models(settings) if asked else examine(settings, run)
    if as_json:
        click.echo(findings.model_dump_json())
    else:
        print_findings(findings)
    sys.exit(0 if findings.healthy else NO_LLM if asked else 3)
