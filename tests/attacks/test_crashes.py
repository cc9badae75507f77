"""The hosting process dies, hangs or sends nonsense: the trace is repeated or ends as a typed failure."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from attacks.payloads import CANDIDATES, HARMLESS, read

from alphaloss.config import GateSettings
from alphaloss.errors import InfrastructureError
from alphaloss.gate import Gate
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.records import Candidate
from alphaloss.sandbox import RawTrace, Sandbox, SandboxError

LONG = "def loss(y_true, y_pred):\n    for _ in range(300):\n        y_pred = y_pred * 0.5\n    return y_pred\n"
# A frame that says "no failure", followed by a trace that nobody recorded.
FORGED_REPLY = b'{"code": null, "message": ""}\n' + b"\n".join([b'{"output": {"ref": 0}, "calls": []}'] * 3)


def running(sandbox: Sandbox) -> int:
    assert isinstance(sandbox.trace(HARMLESS), RawTrace)
    assert sandbox.pid is not None
    return sandbox.pid


def test_a_process_that_is_ended_at_any_moment_is_replaced(sandbox: Sandbox) -> None:
    expected = sandbox.trace(LONG)
    with Sandbox() as box:
        for milliseconds, end in ((0, signal.SIGKILL), (4, signal.SIGTERM), (8, signal.SIGABRT)):
            pid = running(box)
            killer = threading.Timer(milliseconds / 1e3, os.kill, (pid, end))
            killer.start()
            assert box.trace(LONG) == expected
            killer.join()
            assert running(box) != pid


def test_garbage_on_the_pipe_of_the_replies_costs_a_restart(sandbox: Sandbox) -> None:
    with Sandbox() as box:
        for garbage in (
            b"\xff\xff\xff\xff",  # a length of four gigabytes
            b'\0\0\0\x0c{"code": 1.0}',  # a reply without a message
            b'\0\0\0\x1e{"code": "ok", "message": "x"}',  # a code that does not exist
        ):
            pid = running(box)
            (pipe,) = reply_pipes(pid)
            with open(pipe, "wb", buffering=0) as stream:
                stream.write(garbage)
            assert box.trace(HARMLESS) == sandbox.trace(HARMLESS)
            assert box.pid != pid


def test_garbage_on_the_pipe_of_the_requests_costs_a_restart() -> None:
    with Sandbox() as box:
        pid = running(box)
        with open(f"/proc/{pid}/fd/0", "wb", buffering=0) as stream:
            stream.write(b"\0\0\0\2[]")
        assert running(box) != pid


def test_what_the_process_prints_is_not_taken_for_a_reply(sandbox: Sandbox) -> None:
    with Sandbox() as box:
        pid = running(box)
        for number in (1, 2):
            with open(f"/proc/{pid}/fd/{number}", "wb", buffering=0) as stream:
                stream.write(len(FORGED_REPLY).to_bytes(4, "big") + FORGED_REPLY)
        assert box.trace(HARMLESS) == sandbox.trace(HARMLESS)
        assert box.pid == pid


def reply_pipes(pid: int) -> list[Path]:
    """The pipes of a process beside the one that it reads requests from."""
    requests = os.readlink(f"/proc/{pid}/fd/0")
    links = {entry: os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    return [entry for entry, target in links.items() if target.startswith("pipe:") and target != requests]


def test_a_machine_without_room_for_a_guest_is_not_the_fault_of_a_candidate() -> None:
    with Sandbox() as box:
        resource.prlimit(running(box), resource.RLIMIT_AS, (2**30, 2**30))
        with pytest.raises(SandboxError, match="address space"):
            box.trace(HARMLESS)
        resource.prlimit(running(box), resource.RLIMIT_AS, (2**30, 2**30))
        with pytest.raises(InfrastructureError, match="address space"):
            Gate(box, GateSettings()).admit(Candidate(source=HARMLESS, operator="test"))


def test_a_trace_is_the_same_in_any_process_and_thread(sandbox: Sandbox) -> None:
    paths = [path for path in CANDIDATES.glob("[ft]*/*.py") if read(path).ends_as == "trace"]
    sources = [LONG, *map(zoo_source, zoo_names()), *(path.read_text() for path in paths)]
    expected = {source: repr(sandbox.trace(source)) for source in sources}
    with Sandbox() as other:
        seen: list[tuple[str, str]] = []

        def trace_all(box: Sandbox, order: list[str]) -> None:
            seen.extend((source, repr(box.trace(source))) for source in order)

        threads = [
            threading.Thread(target=trace_all, args=(box, order))
            for box, order in ((sandbox, sources), (other, sources), (other, sources[::-1]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 3 * len(sources)
    assert all(expected[source] == trace for source, trace in seen)


def test_a_trace_is_the_same_whatever_the_controller_hashes_with(sandbox: Sandbox) -> None:
    program = (
        "import sys\nfrom alphaloss.sandbox import Sandbox\n"
        "with Sandbox() as box:\n    print(repr(box.trace(sys.argv[1])), end='')\n"
    )
    source = zoo_source("sce")
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    arguments = [sys.executable, "-P", "-c", program, source]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == repr(sandbox.trace(source))
