"""Whole runs whose trainings are made up and whose language model is a script on loopback."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from factories import FakeWorkers, make_training

from alphaloss import records
from alphaloss.cli import main
from alphaloss.losses.zoo import zoo_source
from alphaloss.records import Training
from alphaloss.sandbox import Sandbox
from alphaloss.testing import Answer, Line, MockLLM, Request, answer
from alphaloss.training import Rung, TrainJob

QUICK = (
    *("--evaluations", "12", "--set=search.reference_seeds=2", "--set=selection.seeds=2", "--set=verdict.seeds=2"),
    *("--set=selection.programs=2", "--set=selection.zoo=1", "--set=selection.learning_rates=[0.5]"),
    *("--set=llm.pause_seconds=0.001", "--set=islands.repeats=0", "--set=search.wave=3"),
)
ALL_BY_MODEL = ("--set=llm.offline=0", "--set=variation.refine=0")


def score_of(graph_key: str, constants: dict[str, float]) -> float:
    """The `q` of a loss of the GCE family; of any other a number below all of theirs that depends on nothing else."""
    return constants.get("q", int(graph_key[:6], 16) / 2**24 / 10)


def trained(job: TrainJob, seed: int) -> Training:
    score = score_of(job.graph.key, job.graph.constants) + seed % 7 / 1e4
    test = None
    if job.measure == "test":
        samples = (score,) * 20
        test = records.TestResult(score=score, samples=samples, early_epoch=1, early_score=score, early_samples=samples)
    return make_training(job, seed, score, test)


class RunWorkers(FakeWorkers):
    """Stands for `Workers` in a session; a subclass may name other rungs."""

    rungs: tuple[Rung, ...] = (Rung(name="full", epochs=1),)

    def __init__(self, evaluator: object, *, settings: object, count: int) -> None:
        super().__init__(trained, rungs=self.rungs, newest_first=True)

    def __enter__(self) -> RunWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def without_training(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """No worker process starts, all runs share a sandbox, and the zoo has two losses."""
    monkeypatch.setattr("alphaloss.session.Workers", RunWorkers)
    monkeypatch.setattr("alphaloss.session.Sandbox", lambda limits: nullcontext(sandbox))
    monkeypatch.setattr("alphaloss.initial.zoo_names", lambda target: ["cross-entropy", "mae"])


def evolve(folder: Path, llm: MockLLM | None, *more: str) -> Result:
    """`alphaloss evolve`, asking a service."""
    named = ("--llm", "mock", "--llm-url", llm.url) if llm else ()
    return alphaloss("evolve", folder, *QUICK, *named, *more)


def alphaloss(*args: str | Path) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def gce(q: float) -> str:
    """An answer with a loss of the GCE family."""
    source = zoo_source("gce").replace("q=0.7", f"q={q:.4g}")
    return f"Name: power {q:.4g}\nIdea: q is {q:.4g}.\n\n```python\n{source}```\n"


def is_hello(request: Request) -> bool:
    return len(request.messages) == 1


def better_and_better() -> Callable[[Request], Line]:
    """A model whose every loss is better than the one before."""
    numbers = itertools.count(1)

    def respond(request: Request) -> Line:
        if is_hello(request):
            return "OK"
        if "Write no loss" in request.prompt:
            return "- A larger q is better.\n"
        return gce(0.2 + 0.02 * next(numbers))

    return respond


def after(good: int, then: Line, said: Callable[[Request], Line] | None = None) -> Callable[[Request], Line]:
    """A model that answers so often, hello not counted, and then fails in one way for ever."""
    said = said or better_and_better()
    left = itertools.count(good, -1)

    def respond(request: Request) -> Any:
        return said(request) if is_hello(request) or next(left) > 0 else then

    return respond


def stand_in(pace: Sequence[float] = ()) -> Callable[[Request], Line]:
    """The stand-in that ships; its answers take these seconds in turn."""
    turns = itertools.cycle(pace or (0.0,))

    def respond(request: Request) -> Line:
        return "OK" if is_hello(request) else Answer(answer(request), seconds=next(turns))

    return respond
