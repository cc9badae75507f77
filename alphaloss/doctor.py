"""`doctor`: does everything that a run needs work on this machine?"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from alphaloss.config import load_settings
from alphaloss.environment import environment
from alphaloss.errors import AlphalossError, InfrastructureError
from alphaloss.gate import Gate
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.progress import Progress, rung_seconds
from alphaloss.records import Candidate, Phase, Program, Record
from alphaloss.report.runs import open_run
from alphaloss.sandbox import Sandbox
from alphaloss.seeds import phase_seeds
from alphaloss.session import open_session
from alphaloss.training import TrainJob, Workers, find_evaluator
from alphaloss.training.devices import find_gpus

_TRAININGS = 5


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


def examine(run: Path | None = None, evaluator: str | None = None) -> Findings:
    """Looks at the versions and the GPUs, traces and gates a loss, and measures what training takes.

    Args:
        run: its database is checked too.
        evaluator: the task that is measured; without it the default one is, and trained to the end as well.

    Raises:
        UsageError: the folder holds no run, or there is no such evaluator.
    """
    if evaluator is not None:
        find_evaluator(evaluator)  # a wrong name is told before anything slow begins
    findings = [_machine(), _versions()]
    if run is not None:
        with open_run(run) as database:
            faults = database.integrity()
        findings.append(Finding(what=f"database of {run}", ok=not faults, message="; ".join(faults) or "sound"))
    settings = load_settings(evaluator__name=evaluator)
    try:
        with Sandbox(settings.sandbox) as sandbox:
            outcome = Gate(sandbox, settings.gate).admit(Candidate(source=zoo_source(REFERENCE), operator="doctor"))
        findings.append(_sandbox(outcome))
    except InfrastructureError as error:
        return Findings(findings=(*findings, Finding(what="sandbox", ok=False, message=str(error))))
    try:
        with open_session(settings, 1, Progress()) as session:
            findings += [_gpus(session.workers), _cost(session.workers)]
            if isinstance(outcome, Program) and evaluator is None:
                findings.append(_training(session.workers, outcome))
    except AlphalossError as error:
        findings.append(Finding(what="training", ok=False, message=str(error)))
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


def _gpus(workers: Workers) -> Finding:
    gpus = find_gpus()
    if not gpus:
        return Finding(what="GPUs", ok=True, message="none; a worker trains on a processor")
    names = ", ".join(gpu.name or "chosen by CUDA_VISIBLE_DEVICES" for gpu in gpus)
    if workers.gpus == 0:
        advice = "Install `alphaloss[gpu]`, or set CUDA_VISIBLE_DEVICES=-1 to train on the processors."
        return Finding(what="GPUs", ok=False, message=f"{len(gpus)} ({names}), but TensorFlow sees none. {advice}")
    return Finding(what="GPUs", ok=True, message=f"{len(gpus)} ({names}); TensorFlow sees its own in a worker")


def _cost(workers: Workers) -> Finding:
    """What a search with this task takes, from some steps that a worker measured with the reference."""
    info, epoch = workers.info, workers.epoch_seconds
    rungs = [f"{rung.name} {_time(rung_seconds(rung, info.rungs[-1], epoch))}" for rung in info.rungs]
    memory = workers.memory_mib
    message = (
        f"{info.name}: {1000 * epoch / info.steps_per_epoch:.2f} ms a step (with its share of the validation), "
        f"{_time(epoch)} an epoch of {info.steps_per_epoch} steps, a training: {', '.join(rungs)}"
    )
    return Finding(what="cost", ok=True, message=message + (f"; the worker holds {memory} MiB" if memory else ""))


def _training(workers: Workers, program: Program) -> Finding:
    info = workers.info
    seeds = phase_seeds(0, Phase.EVALUATION, _TRAININGS)
    trainings = workers.submit(TrainJob(graph=program.graph, rung=info.rungs[-1].name, seeds=seeds)).result()
    failed = next((training for training in trainings if training.score is None), None)
    if failed:
        return Finding(what="training", ok=False, message=failed.message)
    step = median(1000 * training.seconds / training.steps for training in trainings)
    scores = ", ".join(f"{training.score:.3f}" for training in trainings)
    message = (
        f"{trainings[0].steps} steps of {step:.2f} ms (median of {len(trainings)} trainings), {info.metric} {scores}"
    )
    return Finding(what="training", ok=True, message=message)


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
