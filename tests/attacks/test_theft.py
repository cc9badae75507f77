"""Candidates that read what is not theirs: each is first seen to work in plain CPython, with an independent witness."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from alphaloss.sandbox import FailureCode, RawTrace, Sandbox, TraceFailure

CANARY = "canary-5f1d"
LOSS = "\ndef loss(y_true, y_pred):\n    return y_pred * len(str(stolen)) if stolen else y_pred\n"


def run_in_cpython(source: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-I", "-c", source], env=environment, check=True, timeout=60)


@pytest.mark.parametrize(
    "theft",
    [
        "stolen = open({secret!r}).read()",
        "import os\nstolen = os.environ['ALPHALOSS_CANARY']",
        "import os\nstolen = os.getenv('ALPHALOSS_CANARY')\nassert stolen",
        "stolen = open('/proc/self/environ').read()",
        "import os\nstolen = open(os.sep.join(['..'] * 20) + {secret!r}).read()",
    ],
)
def test_a_file_or_key_is_read_in_cpython_and_not_in_the_sandbox(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theft: str
) -> None:
    secret, loot = tmp_path / "secret", tmp_path / "loot"
    secret.write_text(CANARY)
    monkeypatch.setenv("ALPHALOSS_CANARY", CANARY)
    theft = theft.format(secret=str(secret))
    source = f"{theft}\nopen({str(loot)!r}, 'w').write(stolen)\n{LOSS}"
    run_in_cpython(source, {"ALPHALOSS_CANARY": CANARY})
    assert CANARY in loot.read_text()
    loot.unlink()
    with Sandbox() as born_with_the_key:
        for trapped in (sandbox, born_with_the_key):
            failure = trapped.trace(source)
            assert isinstance(failure, TraceFailure)
            assert failure.code is FailureCode.ERROR
            assert CANARY not in failure.message
    assert not loot.exists()


def test_the_network_is_reached_in_cpython_and_not_in_the_sandbox(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        source = f"import socket\nstolen = socket.create_connection(('127.0.0.1', {port}))\n{LOSS}"
        run_in_cpython(source, {})
        listener.accept()[0].close()
        for module in ("socket", "requests", "ssl", "_asyncio"):
            sandbox.trace(source.replace("socket", module))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_clock_moves_in_cpython_and_stands_still_in_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    clock = "import time\nstolen = time.time()"
    run_in_cpython(f"{clock}\nopen({str(seen)!r}, 'w').write(repr(stolen))", {})
    assert float(seen.read_text()) > 1e9
    trace = sandbox.trace(f"{clock}\ndef loss(y_true, y_pred):\n    return stolen\n")
    assert isinstance(trace, RawTrace)
    assert trace.output == 0


def test_a_process_is_started_in_cpython_and_not_in_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    source = f"import os\nstolen = os.system('echo > {marker}')\n{LOSS}"
    run_in_cpython(source, dict(os.environ))
    assert marker.exists()
    marker.unlink()
    assert isinstance(sandbox.trace(source), TraceFailure)
    assert not marker.exists()


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
