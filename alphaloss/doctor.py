"""`doctor`: does everything that a run needs work on this machine?"""

from __future__ import annotations

import sys
from pathlib import Path

from alphaloss.config import Settings
from alphaloss.environment import environment
from alphaloss.errors import AlphalossError, InfrastructureError
from alphaloss.gate import Gate
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.progress import Progress
from alphaloss.records import Candidate, Phase, Program, Record
from alphaloss.report.runs import open_run
from alphaloss.sandbox import Sandbox
from alphaloss.seeds import phase_seeds
from alphaloss.session import open_session
from alphaloss.training import TrainJob


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
    except InfrastructureError as error:
        return Findings(findings=(*findings, Finding(what="sandbox", ok=False, message=str(error))))
    if isinstance(outcome, Program):
        findings.append(_training(settings, outcome))
    return Findings(findings=tuple(findings))


def _machine() -> Finding:
    found = environment()
    supported = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Finding(what="machine", ok=supported, message=f"{found['machine']}, Python {found['python']}")


def _versions() -> Finding:
    return Finding(what="packages", ok=True, message=str(environment()["packages"]))


def _sandbox(outcome: object) -> Finding:
    admitted = isinstance(outcome, Program)
    return Finding(
        what="sandbox", ok=admitted, message="traces cross-entropy" if admitted else f"refuses cross-entropy: {outcome}"
    )


def _training(settings: Settings, program: Program) -> Finding:
    try:
        with open_session(settings, 1, Progress()) as session:
            info = session.workers.info
            job = TrainJob(graph=program.graph, rung=info.rungs[-1].name, seeds=phase_seeds(0, Phase.EVALUATION, 1))
            (training,) = session.workers.submit(job).result()
    except AlphalossError as error:
        return Finding(what="training", ok=False, message=str(error))
    return Finding(
        what="training",
        ok=training.score is not None,
        message=f"{info.name}: {training.steps} steps in {training.seconds:.1f} s, {info.metric} {training.score}",
    )
