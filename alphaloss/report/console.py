"""What the command line prints on stdout: tables, verdicts, losses."""

from __future__ import annotations

from functools import singledispatch
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from alphaloss.checking import Check
from alphaloss.doctor import Findings
from alphaloss.evaluate import LossEvaluation
from alphaloss.losses.symbolic import latex
from alphaloss.report.runs import ProgramShown, RejectionsShown, RunShown, TrainingLine
from alphaloss.report.sentences import use_sentence, verdict_sentences
from alphaloss.result import Result
from alphaloss.wording import number

_WIDE = 110  # columns that a table of all metrics fits into
_stdout = Console(highlight=False, soft_wrap=True)


def print_result(result: Result, *, test_opened: int = 1) -> None:
    """The final table, the verdict in a few sentences, and the champion."""
    table = Table(title=f"{result.metric} on {result.task}", title_justify="left")
    table.add_column("loss")
    for column in ("search", "selection", "test"):
        table.add_column(column, justify="right")
    for line in result.table:
        name = f"{line.role} ({line.name or line.id})" if line.name != line.role else line.role
        table.add_row(escape(name), *(_number(v) for v in (line.search, line.selection, line.test)))
    _stdout.print(table)
    if result.test_metric != result.metric:
        _stdout.print(f"test: {result.test_metric}")
    if test_opened > 1:
        _stdout.print(
            f"The test data was opened {test_opened} times: only this, the first time, is independent evidence."
        )
    sentences = verdict_sentences(
        result.verdict,
        task=result.task,
        metric=result.metric,
        best_of_zoo=result.best_of_zoo.name or result.best_of_zoo.id,
        learning_rates=result.learning_rates,
    )
    for sentence in sentences:
        _stdout.print(escape(sentence))
    scale = result.champion.gradient_scale
    scaled = "" if scale == 1.0 else f" (best_loss.py also has the factor {scale:.4g} that it was trained with)"
    _stdout.print(f"\nThe champion, {result.champion.id}{scaled}:\n")
    _print_code(result.champion.source)
    graph = result.champion.graph
    letters = (
        "z logits, y labels, K classes" if graph.target == "classes" else "y values, with a hat predicted; K outputs"
    )
    _stdout.print(f"\nAs a formula ({letters}): {escape(latex(graph))}")
    rejected = sum(result.rejected.values())
    _stdout.print(
        f"\n{result.trainings} trainings, {result.admitted} programs, {rejected} rejected, "
        f"{result.duplicates} duplicate{'s' * (result.duplicates != 1)}, {result.seconds / 60:.1f} minutes, "
        f"workers busy {result.workers_busy:.0%} (content {result.content_hash[:16]})."
    )
    if result.llm:
        replayed = "; all of it replayed, at no cost" if result.llm.replayed else ""
        faults = f" Answers without a program: {_counts(result.llm.faults)}." if result.llm.faults else ""
        _stdout.print(f"Language models: {use_sentence(result.llm.use)}{replayed}.{faults}")
        if result.llm.lost:
            _stdout.print(f"[bold]They could not be asked in the end[/]: {escape(result.llm.lost)}")
    _stdout.print(f"Saved: {escape(str(result.run / 'best_loss.py'))}")


def print_check(outcome: Check) -> None:
    """The graph as code and formula, or the reason."""
    if outcome.graph is None:
        where = f" (line {outcome.line})" if outcome.line else ""
        _stdout.print(f"[bold]rejected[/]: {outcome.code}{where}: {escape(outcome.message)}")
        if outcome.text:
            _stdout.print(f"{outcome.line:5d} | {escape(_harmless(outcome.text))}")
        return
    unit = "classes" if outcome.target == "classes" else "outputs" if outcome.classes > 1 else "output"
    _stdout.print(
        f"[bold]admitted[/] for {outcome.classes} {unit}: {outcome.operations} operations, key {outcome.graph.key[:10]}"
    )
    if outcome.same_as:
        _stdout.print(f"It is the zoo's `{outcome.same_as}`, up to a factor and an offset.")
    _stdout.print()
    _print_code(str(outcome.source))
    _stdout.print(f"\n{escape(latex(outcome.graph))}")


def print_evaluations(lines: list[LossEvaluation], data: str) -> None:
    """Means with standard errors, and paired differences to the reference with their intervals; then other metrics."""
    table = Table(title=f"{lines[0].metric} on {data} data, after the last epoch", title_justify="left")
    for column in ("loss", "mean", "+- sem", f"gain over {lines[0].reference}", "seeds"):
        table.add_column(column, justify="left" if column == "loss" else "right", no_wrap=True)
    for line in lines:
        gain = [number(v, sign="+", decimals=3) for v in (line.delta, line.ci_low, line.ci_high) if v is not None]
        difference = f"{gain[0]} [{gain[1]}, {gain[2]}]" if gain else ""
        mean = line.status if line.mean is None else _number(line.mean)
        table.add_row(escape(line.loss), mean, _number(line.sem), escape(difference), str(line.seeds or "-"))
    _stdout.print(table)
    others = [name for name in max((line.metrics for line in lines), key=len) if name != lines[0].metric]
    if others and _stdout.width >= _WIDE:
        table = Table(title="other metrics", title_justify="left")
        for column in ("loss", *others):
            table.add_column(column, justify="left" if column == "loss" else "right", no_wrap=True)
        for line in lines:
            table.add_row(escape(line.loss), *(_number(line.metrics.get(name)) for name in others))
        _stdout.print(table)
    for line in lines:
        if line.test_opened is not None and line.test_opened > 1:
            _stdout.print(
                f"{escape(line.loss)}: the test data of its run was opened {line.test_opened} times; figures of later "
                "openings are not independent evidence."
            )
        if line.message:
            _stdout.print(f"{escape(line.loss)}: {escape(line.message)}")


def print_findings(findings: Findings) -> None:
    """One line a finding."""
    for finding in findings.findings:
        mark = "[green]ok[/]  " if finding.ok else "[red]FAIL[/]"
        _stdout.print(f"{mark} {escape(finding.what)}: {escape(_harmless(finding.message))}")


@singledispatch
def print_shown(shown: object) -> None:
    """What `show` found, by its type."""
    raise TypeError(f"nothing to print a {type(shown).__name__} with")


@print_shown.register
def _(shown: RunShown) -> None:
    trainings = ", ".join(f"{phase} {count}" for phase, count in shown.trainings.items())
    _stdout.print(
        f"{escape(str(shown.run))}: {shown.status}. Task {shown.task}, {shown.metric}. Trainings: {trainings}."
    )
    if shown.rungs:
        _stdout.print(f"Trainings of the search by rung: {escape(_counts(shown.rungs))}.")
    _stdout.print(f"Outcomes: {_counts(shown.outcomes)}. Rejected: {_counts(shown.rejected) or 'none'}.")
    if shown.llm and shown.result is None:
        _stdout.print(f"Language models: {use_sentence(shown.llm)}.")
    table = Table(title="best losses of the search", title_justify="left")
    for column in ("id", "zoo", "operations", "search score", "seeds"):
        table.add_column(column)
    for line in shown.best:
        table.add_row(line.id, line.name or "", str(line.operations), _number(line.search), str(line.seeds))
    _stdout.print(table)
    if shown.result is None:
        return
    if "reference_tuned" not in shown.result:
        _stdout.print("An older alphaloss made this run: `--json` has its result, RUN:ID its losses.")
        return
    result = Result.model_validate({k: v for k, v in shown.result.items() if k != "champion_key"})
    print_result(result, test_opened=shown.test_opened)


@print_shown.register
def _(shown: ProgramShown) -> None:
    parents = ", ".join(shown.parents) or "none"
    _stdout.print(
        f"{shown.id}, made by {escape(shown.operator)} from {parents}; gradient scale {shown.gradient_scale:.4g}"
    )
    for (phase, rung), trainings in groupby(shown.trainings, key=lambda t: (t.phase, t.rung)):
        told = ", ".join(_number(t.score) if t.score is not None else _reason(t) for t in trainings)
        _stdout.print(f"{phase}, rung {escape(rung)}: {escape(told)}")
    _stdout.print(f"\n{escape(shown.formula)}\n")
    _stdout.print(f"{shown.card.describe()}\n")
    _print_code(shown.source)


@print_shown.register
def _(shown: RejectionsShown) -> None:
    for line in shown.rejections:
        _stdout.print(f"wave {line.wave}, {escape(line.operator)}: [bold]{line.code}[/] {escape(line.message)}")


def _print_code(source: str) -> None:
    _stdout.print(Syntax(_harmless(source).strip("\n"), "python", background_color="default"))


def _harmless(text: str) -> str:
    """Control characters of a hostile name or text must not reach the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _reason(training: TrainingLine) -> str:
    return f"{training.status} ({training.message})" if training.message else training.status.value


def _number(value: float | None) -> str:
    return "-" if value is None else number(value)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
