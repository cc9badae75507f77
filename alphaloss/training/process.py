"""`WorkerProcess`: one worker process as the controller sees it: started, asked, watched, killed. No TensorFlow."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

from alphaloss.training.protocol import REPLY, Reply

# What a worker may see of the environment: never keys or tokens, which an evaluator has no use for.
_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "KERAS_HOME",
    "CUDA_VISIBLE_DEVICES",
    "TF_CPP_MIN_LOG_LEVEL",
)
_WATCH_SECONDS = 0.2  # how often memory and the process are looked at while a reply is awaited
_STDERR_BYTES = 4096  # kept for messages
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class WorkerDiedError(Exception):
    """A worker process died or was killed before it replied; says why."""


class WorkerProcess:
    """A worker in a process group of its own."""

    def __init__(self, memory_mib: int) -> None:
        """Starts the process.

        Args:
            memory_mib: resident memory at which it is killed, in MiB.
        """
        self._memory_limit = memory_mib
        requests_read, self._requests = os.pipe()
        self._replies, replies_write = os.pipe()
        inside = (requests_read, replies_write)
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._process = subprocess.Popen(
            # -P: the current folder may hold a checkout whose mapped folders are elsewhere.
            [sys.executable, "-P", "-m", "alphaloss.training.worker", *map(str, inside)],
            pass_fds=inside,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"TF_CPP_MIN_LOG_LEVEL": "2", **environment, "KERAS_BACKEND": "tensorflow"},
            start_new_session=True,
        )
        for fd in inside:
            os.close(fd)
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        self._stderr_tail = b""
        self._received = b""
        self._reaped = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._replies, selectors.EVENT_READ)
        self._selector.register(self._stderr, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        """Process id, also the id of its group and session."""
        return self._process.pid

    @property
    def memory_mib(self) -> int | None:
        """Resident memory in MiB; None where there is no `/proc`, or when the process has ended."""
        try:
            statm = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return None
        return int(statm.split()[1]) * _PAGE_BYTES // 2**20

    def ask(self, request: str, seconds: float) -> Reply:
        """Sends one line and waits for the reply.

        Args:
            request: JSON.
            seconds: how long the reply may take.

        Raises:
            WorkerDiedError: the process ended, took too long or too much memory; it is killed then.
        """
        deadline = time.monotonic() + seconds
        try:
            os.write(self._requests, request.encode() + b"\n")
            while b"\n" not in self._received:
                self._watch(deadline, seconds)
        except BrokenPipeError:
            self._fail("ended")
        line, _, self._received = self._received.partition(b"\n")
        return REPLY.validate_json(line)

    def kill(self) -> None:
        """Ends the process with all its children; the object stays to be closed. Safe from any thread, repeatedly."""
        if not self._reaped:  # afterwards the id may belong to somebody else
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends the process and frees its descriptors."""
        self.kill()
        self._process.wait()
        self._reaped = True
        self._selector.close()
        self._stderr.close()
        os.close(self._requests)
        os.close(self._replies)

    def _watch(self, deadline: float, seconds: float) -> None:
        """Waits for output once, then checks that the process is alive and within its limits."""
        for key, _ in self._selector.select(_WATCH_SECONDS):
            chunk = os.read(key.fd, 65536)
            if key.fd == self._replies:
                self._received += chunk
                if not chunk:
                    self._fail("ended")
            elif chunk:
                self._stderr_tail = (self._stderr_tail + chunk)[-_STDERR_BYTES:]
            else:
                self._selector.unregister(self._stderr)
        if b"\n" in self._received:
            return
        if self._process.poll() is not None:
            self._fail("ended")
        memory = self.memory_mib
        if memory is not None and memory > self._memory_limit:
            self._fail(f"used {memory} MiB of memory; the limit is {self._memory_limit} MiB")
        if time.monotonic() > deadline:
            self._fail(f"had not replied after {seconds:.0f} seconds")

    def _fail(self, reason: str) -> NoReturn:
        self.kill()
        code = self._process.wait()
        self._reaped = True
        if reason == "ended":
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            last = self._last_words()
            reason = f"{how}: {last}" if last else how
        raise WorkerDiedError(f"The worker {reason}.")

    def _last_words(self) -> str:
        """The last line that it wrote to its standard error."""
        os.set_blocking(self._stderr.fileno(), False)
        rest = self._stderr.read() or b""
        lines = (self._stderr_tail + rest).decode(errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else ""
