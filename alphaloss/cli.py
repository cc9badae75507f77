"""The command line: reads arguments, calls the library, prints. No logic of its own.

Results go to stdout, progress and errors to stderr. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from alphaloss.errors import AlphalossError

if TYPE_CHECKING:
    from alphaloss.losses.types import Target

_NO_LLM = 4
_INTERRUPTED = 130


class _Group(click.Group):
    """Errors that alphaloss raises on purpose become one paragraph and their exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AlphalossError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(_INTERRUPTED)


_F = TypeVar("_F", bound=Callable[..., Any])


def _options(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several options as one decorator, in the order in which help shows them."""

    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value on stdout and nothing else.")
_evaluator_option = click.option(
    "--evaluator",
    metavar="NAME|PATH",
    help="The task: a name (digits-noisy, cnn-fashion-mnist, ...: evaluators/README.md) or your own .py file.",
)
_data_option = click.option(
    "--data",
    type=click.Path(exists=True, resolve_path=True),
    help="The task's data, for evaluators with the option `data`: an .npz file.",
)
_file_options = _options(
    click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings in YAML."),
    click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="One setting, for example search.lag=0."),
)
_common_options = _options(
    _data_option,
    click.option("--seed", type=click.IntRange(0), help="Of everything random. [default: 0]"),
    click.option("--workers", type=click.IntRange(1), help="Training processes. [default: one a GPU or processor]"),
    _file_options,
)
_setting_options = _options(_evaluator_option, _common_options)
_llm_options = _options(
    click.option(
        "--llm",
        metavar="NAME",
        help="Ask this language model; `mock` is a stand-in without a service. [default: those of the configuration]",
    ),
    click.option("--llm-url", metavar="URL", help="Where it is. [default: https://api.openai.com/v1]"),
    click.option(
        "--llm-key-env",
        metavar="VARIABLE",
        help="Environment variable with the key. [default: OPENAI_API_KEY for OpenAI's own address, else no key]",
    ),
    click.option(
        "--llm-price",
        type=click.FloatRange(0),
        nargs=2,
        metavar="IN OUT",
        help="US dollars for a million tokens of prompt and of answer.",
    ),
    click.option("--max-usd", type=click.FloatRange(0), help="Most US dollars for language models; needs prices."),
    click.option("--max-tokens", type=click.IntRange(0), help="Most tokens of prompts and answers together."),
    click.option("--max-calls", type=click.IntRange(0), help="Most requests to language models."),
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="alphaloss")
def main() -> None:
    """Finds a better loss function for your training task, and proves that it is better.

    A LOSS is a name from the zoo (`alphaloss zoo`), a Python file, a run folder (its champion), or RUN:ID.
    """


@main.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@_setting_options
@click.option("--algorithm", metavar="NAME", help="Who decides parents and survivors: islands, tournament, random.")
@click.option("--proposer", metavar="NAME", help="Who writes losses: offline, llm. [default: llm with --llm]")
@_llm_options
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
@_json_option
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
        with _language_model(values):
            settings = _settings(config or (replay / "config.yaml" if replay else None), values)
            count = workers or default_workers()
            result = run_evolve(settings, folder, workers=count, progress=ConsoleProgress(), replay=replay)
    except KeyboardInterrupt:
        kept = f" `alphaloss show {folder}` shows what was recorded." if (folder / "run.sqlite").exists() else ""
        click.echo(f"Interrupted.{kept}", err=True)
        sys.exit(_INTERRUPTED)
    if as_json:
        click.echo(result.to_json())
    else:
        print_result(result)
    sys.exit(_NO_LLM if result.llm and result.llm.lost else 0)


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
@_json_option
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
@_setting_options
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, help="Trainings for each loss.")
@click.option("--test", is_flag=True, help="Measure on test data instead of validation data.")
@_json_option
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
        _settings(config, values),
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
@_common_options
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
@_json_option
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
        _settings(config, values),
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
@click.argument("name", required=False)
@_json_option
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
@_json_option
def show(run: Path, program: str | None, rejections: bool, exchanges: TextIO | None, as_json: bool) -> None:
    """Show RUN: its result and best programs; or one program in full."""
    from alphaloss.report import console, runs

    with runs.open_run(run) as opened:
        if exchanges:
            for asked in opened.exchanges():
                exchanges.write(asked.model_dump_json() + "\n")
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
@_evaluator_option
@_data_option
@_file_options
@_llm_options
@_json_option
def doctor(run: Path | None, as_json: bool, config: Path | None, **values: Any) -> None:
    """Check this machine: versions, GPUs, sandbox, training; with RUN, also the integrity of its database.

    With --evaluator, measure what training on this task takes. With --llm a language model instead: whether it can be
    reached, and what the gate says to a loss that it writes.
    """
    from alphaloss.doctor import examine
    from alphaloss.doctor_llm import examine_models
    from alphaloss.report.console import print_findings

    asked = bool(values["llm"] or values["llm_url"])
    with _language_model(values):
        settings = _settings(config, values)
        findings = examine_models(settings) if asked else examine(settings, run)
    if as_json:
        click.echo(findings.model_dump_json())
    else:
        print_findings(findings)
    sys.exit(0 if findings.healthy else _NO_LLM if asked else 3)


@contextmanager
def _language_model(values: dict[str, Any]) -> Iterator[None]:
    """Puts the options for a language model together; the stand-in lives as long as the context."""
    from contextlib import nullcontext

    name, url = values.pop("llm"), values.pop("llm_url")
    key_env, price = values.pop("llm_key_env"), values.pop("llm_price") or (None, None)
    if url and not name:
        raise click.UsageError("--llm-url needs --llm NAME: what the service there calls the model.")
    service: Any = nullcontext()
    if name == "mock" and not url:
        from alphaloss.testing import MockLLM, answer

        service = MockLLM(then=answer)
    with service as mock:
        if name:
            values["proposer"] = values.get("proposer") or "llm"
            given = {"base_url": mock.url if mock else url, "key_env": key_env}
            given |= {"price_in": price[0], "price_out": price[1]}
            values["llm__models"] = [
                {"name": name, **{key: value for key, value in given.items() if value is not None}}
            ]
        yield


def _settings(config: Path | None, values: dict[str, Any]) -> Any:
    from alphaloss.config import load_settings

    return load_settings(
        config,
        values.pop("overrides", ()),
        evaluator__name=values.pop("evaluator", None),
        evaluator__options__data=values.pop("data", None),
        search__evaluations=values.pop("evaluations", None),
        search__minutes=values.pop("minutes", None),
        search__patience=values.pop("patience", None),
        llm__max_usd=values.pop("max_usd", None),
        llm__max_tokens=values.pop("max_tokens", None),
        llm__max_calls=values.pop("max_calls", None),
        start=values.pop("start", None) or None,
        **values,
    )
