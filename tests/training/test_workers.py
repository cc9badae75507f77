"""Worker processes: same results anywhere, trouble is survived, and nothing is left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from small_task import SMALL

from alphaloss.config import WorkerSettings
from alphaloss.errors import EvaluatorError, InfrastructureError
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.records import Status
from alphaloss.training import EvaluatorRef, Rung, Workers
from alphaloss.training.process import WorkerDiedError, WorkerProcess
from alphaloss.training.protocol import Start

EVALUATOR = EvaluatorRef(path=SMALL)

# What the model does when it is built for a training, the third time, if a file `trouble` exists beside the evaluator.
TROUBLE = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
sys.path.append({folder!r})
import small_task as small
HERE = Path(__file__).parent
builds = []

def model():
    builds.append(1)
    trouble = HERE / "trouble"
    if len(builds) > 2 and trouble.exists():
        {trouble}
    return small.model()

task = replace(small.task(), model=model)
"""
TELL_AND_HANG = """
        with open(HERE / "fifo", "w") as fifo:
            fifo.write(str(os.getpid()))
        signal.pause()
"""


def troubled(folder: Path, trouble: str) -> EvaluatorRef:
    path = folder / "troubled.py"
    path.write_text(TROUBLE.format(folder=str(SMALL.parent), trouble=trouble.strip()), encoding="utf-8")
    return EvaluatorRef(path=path)


def ended(pid: int) -> bool:
    """Waits for the end of a process that need not be a child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 30)[0])
    finally:
        os.close(descriptor)


def scores(trainings):
    return [t.model_dump(exclude={"seconds"}) for t in trainings]


def test_scores_are_equal_in_any_worker_and_nothing_is_left(job, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    jobs = [job.model_copy(update={"seeds": (seed,)}) for seed in (7, 1, 2, 3, 7, 4)]
    tried = EvaluatorRef(path=SMALL, more_rungs=(Rung(name="half", epochs=6, share=0.5),))
    with Workers(tried, settings=WorkerSettings(), count=2) as two:
        assert [rung.name for rung in two.info.rungs] == ["half", "short", "full"]
        together = [f.result()[0] for f in [two.submit(j) for j in jobs]]
        pids = two.pids
        environment = Path(f"/proc/{pids[0]}/environ").read_bytes()
        assert two.busy_seconds > 0
    with Workers(EVALUATOR, settings=WorkerSettings(), count=1) as one:
        alone = one.submit(job.model_copy(update={"seeds": (4, 3, 2, 1, 7)})).result()
        with pytest.raises(EvaluatorError, match=r"no rung `ful`\. Did you mean `full`\?"):
            one.submit(job.model_copy(update={"rung": "ful"})).result()

    assert b"canary" not in environment
    assert b"KERAS_BACKEND=tensorflow" in environment
    by_seed = {t.seed: t for t in alone}
    assert scores(together) == scores([by_seed[t.seed] for t in together])
    assert all(ended(pid) for pid in pids)
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert threading.active_count() == threads
    with pytest.raises(RuntimeError, match="after close"):
        one.submit(job)


def test_a_worker_that_is_killed_while_it_trains_is_replaced(tmp_path, job):
    evaluator = troubled(tmp_path, "trouble.unlink()" + TELL_AND_HANG)  # unlinked: only the first attempt hangs
    os.mkfifo(tmp_path / "fifo")
    with Workers(evaluator, settings=WorkerSettings(), count=1) as workers:
        assert workers.info
        (tmp_path / "trouble").touch()
        future = workers.submit(job)
        with open(tmp_path / "fifo") as fifo:  # opens when the model is being built in the training
            os.kill(int(fifo.read()), signal.SIGKILL)
        assert future.result()[0].status is Status.OK


@pytest.mark.parametrize(
    ("trouble", "settings", "message"),
    [
        pytest.param("signal.pause()", {"deadline_floor_seconds": 1}, "had not replied after", id="hangs"),
        pytest.param(
            "small.np.ones(2**28), signal.pause()", {"memory_mib": 1536}, "the limit is 1536 MiB", id="memory"
        ),
        pytest.param("os._exit(3)", {}, "exit code 3", id="exits"),
        pytest.param("sys.exit('enough is enough')", {}, "exit code 1: enough is enough", id="leaves"),
    ],
)
def test_a_job_that_ends_two_workers_is_killed_with_the_reason(tmp_path, job, trouble, settings, message):
    with Workers(troubled(tmp_path, trouble), settings=WorkerSettings(**settings), count=1) as workers:
        assert workers.info
        (tmp_path / "trouble").touch()
        training = workers.submit(job).result()[0]
        (tmp_path / "trouble").unlink()
        assert training.status is Status.KILLED
        assert training.score is None
        assert message in training.message
        if "exit" in trouble:
            assert workers.submit(job).result()[0].status is Status.OK


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        pytest.param(
            # Written after the worker closed its pipe, and followed by other output.
            "import atexit\natexit.register(print, 'goodbye')\n"
            "class OwnError(BaseException): ...\nraise OwnError('out of luck')",
            "ended with exit code 1: alphaloss_evaluator_dies.OwnError: out of luck.",
            id="exception",
        ),
        pytest.param(
            "import os\nprint('the end', 'is near', sep='\\n', flush=True)\nos.abort()",
            "the end / is near.",
            id="other-words",
        ),
    ],
)
def test_the_reason_of_a_death_is_what_the_worker_wrote_last(tmp_path, file, reason):
    path = tmp_path / "dies.py"
    path.write_text(file, encoding="utf-8")
    process = WorkerProcess(WorkerSettings().memory_mib)
    try:
        with pytest.raises(WorkerDiedError) as caught:
            process.ask(Start(evaluator=EvaluatorRef(path=path)).model_dump_json(), 60)
    finally:
        process.close()
    assert str(caught.value).startswith("The worker ended ") or "was ended by SIGABRT" in str(caught.value)
    assert str(caught.value).endswith(reason)


def test_a_loss_that_keras_refuses_costs_no_worker(job):
    nodes = (
        Node(op="constant", kwargs={"value": -1.0}),
        Node(op="constant", kwargs={"value": 0.5}),
        Node(op="power", args=(2, 3)),  # a complex number
        Node(op="multiply", args=(1, 4)),
        Node(op="sum", args=(5,), kwargs={"axis": -1}),
    )
    graph = LossGraph(inputs=("y_true", "y_pred"), nodes=nodes, output=6)
    with Workers(EVALUATOR, settings=WorkerSettings(threads=2, deterministic=False), count=1) as workers:
        assert workers.info
        pids = workers.pids
        failed = workers.submit(job.model_copy(update={"graph": graph, "seeds": (1, 2)})).result()
        assert [t.status for t in failed] == [Status.FAILED] * 2
        assert failed[0].message.startswith("Keras cannot compute this loss: TypeError: Expected float32")
        assert workers.submit(job).result()[0].status is Status.OK
        assert workers.pids == pids


@pytest.mark.parametrize("count", [1, 2])
def test_an_interpreter_that_cannot_be_started_is_an_infrastructure_error(tmp_path, monkeypatch, job, count):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    descriptors = len(os.listdir("/proc/self/fd"))
    with Workers(EVALUATOR, settings=WorkerSettings(), count=count) as workers:
        futures = [workers.submit(job) for _ in range(3)]
        with pytest.raises(InfrastructureError, match=r"FileNotFoundError.*no-python"):
            _ = workers.info
        for future in futures:
            with pytest.raises(InfrastructureError, match="no-python"):
                future.result()
        assert workers.pids == []
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_a_reply_that_is_none_is_an_infrastructure_error_and_replaces_the_worker(tmp_path, job):
    garbage = 'os.write(int(sys.argv[2]), b"{}" + os.linesep.encode())'
    with Workers(troubled(tmp_path, garbage), settings=WorkerSettings(), count=1) as workers:
        assert workers.info
        pids = workers.pids
        (tmp_path / "trouble").touch()
        with pytest.raises(InfrastructureError, match="ValidationError"):
            workers.submit(job).result()
        (tmp_path / "trouble").unlink()
        assert workers.submit(job).result()[0].status is Status.OK
        assert workers.pids != pids


def test_closing_before_a_worker_is_ready_frees_who_waits_for_it(tmp_path, job):
    path = tmp_path / "hangs.py"
    path.write_text("import signal\nsignal.pause()", encoding="utf-8")
    workers = Workers(EvaluatorRef(path=path), settings=WorkerSettings(), count=2)
    future = workers.submit(job)
    workers.close()
    assert future.cancelled()
    with pytest.raises(InfrastructureError, match="closed"):
        _ = workers.info


def test_closing_ends_a_training_and_its_children(tmp_path, job):
    child = 'import subprocess; child = subprocess.Popen(["sleep", "1000"])\n        '
    tell = TELL_AND_HANG.replace("os.getpid()", "child.pid")
    os.mkfifo(tmp_path / "fifo")
    workers = Workers(troubled(tmp_path, child + tell.strip()), settings=WorkerSettings(), count=1)
    assert workers.info
    (tmp_path / "trouble").touch()
    running, waiting = workers.submit(job), workers.submit(job)
    with open(tmp_path / "fifo") as fifo:
        pid = int(fifo.read())
    workers.close()
    workers.close()
    assert ended(pid)
    assert waiting.cancelled()
    with pytest.raises(InfrastructureError, match="closed"):
        running.result()


def test_a_wrong_evaluator_is_reported_by_the_pool(tmp_path, job):
    path = tmp_path / "wrong.py"
    path.write_text("1 / 0", encoding="utf-8")
    with Workers(EvaluatorRef(path=path), settings=WorkerSettings(), count=1) as workers:
        with pytest.raises(EvaluatorError, match=r"wrong\.py, line 1: ZeroDivisionError: division by zero"):
            _ = workers.info
        with pytest.raises(EvaluatorError, match="ZeroDivisionError"):
            workers.submit(job).result()


def test_a_worker_ends_when_its_controller_is_killed():
    script = f"""
import sys
from pathlib import Path
from alphaloss.config import WorkerSettings
from alphaloss.training import EvaluatorRef, Workers
workers = Workers(EvaluatorRef(path=Path({str(SMALL)!r})), settings=WorkerSettings(), count=1)
assert workers.info
assert not any(name.split(".")[0] in ("tensorflow", "keras") for name in sys.modules)
print(workers.pids[0], flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as controller:
        pid = int(controller.stdout.readline())
        controller.kill()
    assert ended(pid)
