"""Candidates that read what is not theirs: each is first seen to work in plain CPython, with an independent witness."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from attacks.payloads import HARMLESS, Payload, assert_ends_as_promised, payloads

from alphaloss.sandbox import FailureCode, RawCall, RawTrace, Ref, Sandbox, TraceFailure
from alphaloss.training.process import WorkerProcess

CANARY = "canary-5f1d"
LOSS = "\ndef loss(y_true, y_pred):\n    return y_pred * len(str(stolen)) if stolen else y_pred\n"


def run_in_cpython(source: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-I", "-c", source], env=environment, check=True, timeout=60)


@payloads("theft")
def test_nothing_is_read_or_changed(sandbox: Sandbox, payload: Payload) -> None:
    assert_ends_as_promised(sandbox, payload)


@pytest.mark.parametrize(
    "theft",
    [
        "stolen = open({secret!r}).read()",
        "import os\nstolen = os.environ['ALPHALOSS_CANARY']",
        "import os\nstolen = os.getenv('ALPHALOSS_CANARY')\nassert stolen",
        "stolen = open('/proc/self/environ').read()",
        "import os\nstolen = open(os.sep.join(['..'] * 20) + {secret!r}).read()",
        "import os\nstolen = os.fdopen(os.open({secret!r}, os.O_RDONLY)).read()",
        "import os\nos.chdir({folder!r})\nstolen = open('secret').read()",
        "import sys\nsys.path.insert(0, {folder!r})\nimport secret_module\nstolen = secret_module.VALUE",
        "import io\nstolen = io.FileIO({secret!r}).read().decode()",
        "scope = {{}}\nexec(open({secret!r} + '_module.py').read(), scope)\nstolen = scope['VALUE']",
        "import subprocess\nstolen = subprocess.run(['/bin/cat', {secret!r}], capture_output=True, text=True).stdout",
        "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.getenv.restype = ctypes.c_char_p\n"
        "stolen = libc.getenv(b'ALPHALOSS_CANARY').decode()",
    ],
)
def test_a_file_or_key_is_read_in_cpython_and_not_in_the_sandbox(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theft: str
) -> None:
    secret, loot = tmp_path / "secret", tmp_path / "loot"
    secret.write_text(CANARY)
    (tmp_path / "secret_module.py").write_text(f"VALUE = {CANARY!r}")
    monkeypatch.setenv("ALPHALOSS_CANARY", CANARY)
    theft = theft.format(secret=str(secret), folder=str(tmp_path))
    source = f"{theft}\nopen({str(loot)!r}, 'w').write(stolen)\n{LOSS}"
    run_in_cpython(source, {"ALPHALOSS_CANARY": CANARY})
    assert CANARY in loot.read_text()
    loot.unlink()
    failure = sandbox.trace(source)
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.ERROR
    assert CANARY not in failure.message
    assert not loot.exists()


def test_a_key_in_the_environment_is_not_even_in_the_hosting_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHALOSS_CANARY", CANARY)
    with Sandbox() as born_with_the_key:
        assert isinstance(born_with_the_key.trace(HARMLESS), RawTrace)
        pid = born_with_the_key.pid
        assert Path(f"/proc/{pid}/environ").read_bytes() == b""
        started = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        assert started[1:3] == [b"-I", b"-S"]
        assert not any(CANARY.encode() in argument for argument in started)


def test_a_key_in_the_environment_does_not_reach_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    worker = WorkerProcess(memory_mib=4096)
    try:
        looks = (Path(f"/proc/{worker.pid}/environ").read_bytes() for _ in range(100_000))
        environment = next(filter(None, looks))  # empty for a moment, until the kernel has put it in place
    finally:
        worker.close()
    assert b"KERAS_BACKEND=tensorflow" in environment
    assert CANARY.encode() not in environment


@pytest.mark.parametrize("module", ["socket", "requests", "ssl", "asyncio", "_socket", "lwip", "network"])
def test_the_network_is_reached_in_cpython_and_not_in_the_sandbox(sandbox: Sandbox, module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        source = f"import socket\nstolen = socket.create_connection(('127.0.0.1', {port}))\n{LOSS}"
        run_in_cpython(source, {})
        listener.accept()[0].close()
        assert isinstance(sandbox.trace(source.replace("socket", module)), TraceFailure)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_clock_moves_in_cpython_and_not_in_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    clock = "import time\nstolen = time.time()"
    run_in_cpython(f"{clock}\nopen({str(seen)!r}, 'w').write(repr(stolen))", {})
    assert float(seen.read_text()) > 1e9
    for asked in ("time.time()", "time.ticks_us()", "time.time_ns()"):
        source = f"time = __import__('time')\ndef loss(y_true, y_pred):\n    return y_pred * {asked}\n"
        assert sandbox.trace(source) == RawTrace(("y_true", "y_pred"), {}, (RawCall("multiply", (Ref(1), 0)),), Ref(2))


@pytest.mark.parametrize(
    "start",
    [
        "import os\nstolen = os.system('echo > {marker}')",
        "import subprocess\nstolen = subprocess.run(['/bin/sh', '-c', 'echo > {marker}'])",
        "import os\nif os.fork() == 0:\n    open('{marker}', 'w').close()\n    os._exit(0)\nos.wait()\nstolen = 1",
        "import threading\nt = threading.Thread(target=lambda: open('{marker}', 'w').close())\n"
        "t.start()\nt.join()\nstolen = 1",
        "import atexit\natexit.register(lambda: open('{marker}', 'w').close())\nstolen = 1",
        "import signal, os\nsignal.signal(signal.SIGUSR1, lambda *a: open('{marker}', 'w').close())\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\nstolen = 1",
        "import pickle\nclass Bomb:\n    def __reduce__(self):\n        return open, ('{marker}', 'w')\n"
        "stolen = pickle.loads(pickle.dumps(Bomb()))",
    ],
)
def test_a_process_thread_or_handler_leaves_a_marker_in_cpython_and_not_in_the_sandbox(
    sandbox: Sandbox, tmp_path: Path, start: str
) -> None:
    marker = tmp_path / "marker"
    source = start.format(marker=marker) + LOSS
    run_in_cpython(source, dict(os.environ))
    assert marker.exists()
    marker.unlink()
    assert isinstance(sandbox.trace(source), TraceFailure)
    assert not marker.exists()


def test_the_hosting_process_has_no_child_no_file_and_no_socket_after_all_that(sandbox: Sandbox) -> None:
    assert isinstance(sandbox.trace(HARMLESS), RawTrace)
    process = Path(f"/proc/{sandbox.pid}")
    assert all(not (task / "children").read_text().strip() for task in (process / "task").iterdir())
    opened = [os.readlink(entry) for entry in (process / "fd").iterdir()]
    assert all(name.startswith(("pipe:", "/dev/null", "/memfd:wasm-memory-image")) for name in opened), opened
    assert len(opened) < 16


def test_a_candidate_that_knows_where_it_runs_leaves_only_its_graph(sandbox: Sandbox, tmp_path: Path) -> None:
    """What a user can run is printed from the trace; the source that behaves otherwise elsewhere is never run."""
    marker = tmp_path / "marker"
    source = (
        "import sys\n"
        "if sys.implementation.name != 'micropython':\n"
        f"    open({str(marker)!r}, 'w').write('attacked')\n"
        "def loss(y_true, y_pred):\n"
        "    if sys.implementation.name == 'micropython':\n"
        "        return -y_pred\n"
        "    return open('/etc/passwd').read()\n"
    )
    run_in_cpython(source, {})
    assert marker.read_text() == "attacked"
    marker.unlink()
    trace = sandbox.trace(source)
    assert isinstance(trace, RawTrace)
    assert [call.op for call in trace.calls] == ["negative"]
    assert not marker.exists()
