"""`WorkerProcess`: one worker process as the controller sees it: started, asked, watched, killed. No TensorFlow."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
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
    "CUDA_CACHE_PATH",
    "CUDA_DEVICE_ORDER",
    "CUDA_HOME",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    "TF_CPP_MIN_LOG_LEVEL",  # each by name: other programs keep tokens in names that begin with TF_
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_GPU_ALLOCATOR",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_WATCH_SECONDS = 0.2  # how often memory and the process are looked at while a reply is awaited
_END_SECONDS = 10.0  # how long a process that closed its pipe may take to write why and end
_STDERR_BYTES = 65536  # kept for messages
_REASON_CHARACTERS = 500
_EXCEPTION = re.compile(r"(\w+\.)*\w*(Error|Exception|Interrupt)(: .*)?")  # the last line of a traceback
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class WorkerDiedError(Exception):
    """A worker process died or was killed before it replied; says why."""


class WorkerProcess:
    """A worker in a process group of its own."""

    def __init__(self, memory_mib: int, environment: Mapping[str, str] = _NOTHING) -> None:
        """Starts the process.

        Args:
            memory_mib: resident memory at which it is killed, in MiB.
            environment: added to what it may see of the controller's, for example its GPU.

        Raises:
            OSError: the system cannot start it; nothing stays open.
        """
        self._memory_limit = memory_mib
        seen = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            requests_read, self._requests = _pipe(theirs, ours)
            self._replies, replies_write = _pipe(ours, theirs)
            inside = (requests_read, replies_write)
            self._selector = ours.enter_context(selectors.DefaultSelector())
            self._process = subprocess.Popen(
                # -P: the current folder may hold a checkout whose mapped folders are elsewhere.
                [sys.executable, "-P", "-m", "alphaloss.training.worker", *map(str, inside)],
                pass_fds=inside,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={"TF_CPP_MIN_LOG_LEVEL": "2", **seen, **environment, "KERAS_BACKEND": "tensorflow"},
                start_new_session=True,
            )
            self._descriptors = ours.pop_all()
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        self._stderr_tail = b""
        self._received = b""
        self._reaped = False
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
        self._stderr_tail = b""  # what was written during an earlier request is no reason
        try:
            os.write(self._requests, request.encode() + b"\n")
            while b"\n" not in self._received:
                self._watch(deadline, seconds)
        except BrokenPipeError:
            self._fail_ended()
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
        self._stderr.close()
        self._descriptors.close()

    def _watch(self, deadline: float, seconds: float) -> None:
        """Waits for output once, then checks that the process is alive and within its limits."""
        for key, _ in self._selector.select(_WATCH_SECONDS):
            chunk = os.read(key.fd, 65536)
            if key.fd == self._replies:
                self._received += chunk
                if not chunk:
                    self._fail_ended()
            else:
                self._hear(chunk)
        if b"\n" in self._received:
            return
        if self._process.poll() is not None:
            self._fail_ended()
        memory = self.memory_mib
        if memory is not None and memory > self._memory_limit:
            self._fail(f"used {memory} MiB of memory; the limit is {self._memory_limit} MiB")
        if time.monotonic() > deadline:
            self._fail(f"had not replied after {seconds:.0f} seconds")

    def _hear(self, chunk: bytes) -> None:
        """Keeps what was read from standard error; nothing means that it is closed."""
        if chunk:
            self._stderr_tail = (self._stderr_tail + chunk)[-_STDERR_BYTES:]
        else:
            self._selector.unregister(self._stderr)

    def _fail_ended(self) -> NoReturn:
        """Lets a process that is ending write why, then fails with that."""
        self._selector.unregister(self._replies)  # at its end, so always ready
        deadline = time.monotonic() + _END_SECONDS
        while self._process.poll() is None and (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(min(left, _WATCH_SECONDS)):
                self._hear(os.read(key.fd, 65536))
        code = self._process.returncode
        if code is None:
            how = "closed its pipe without ending"
        elif code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        else:
            how = f"ended with exit code {code}"
        last = self._last_words()
        self._fail(f"{how}: {last}" if last else how)

    def _fail(self, reason: str) -> NoReturn:
        self.kill()
        self._process.wait()
        self._reaped = True
        raise WorkerDiedError(f"The worker {reason}{'' if reason.endswith('.') else '.'}")

    def _last_words(self) -> str:
        """The last exception on its standard error, or the last lines where there is none."""
        os.set_blocking(self._stderr.fileno(), False)
        rest = self._stderr.read() or b""
        text = (self._stderr_tail + rest).decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        exceptions = [line for line in lines if _EXCEPTION.fullmatch(line)]
        return (exceptions[-1] if exceptions else " / ".join(lines[-3:]))[:_REASON_CHARACTERS]


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose two ends are closed with the stacks."""
    ends = os.pipe()
    for stack, end in zip((reader, writer), ends, strict=True):
        stack.callback(os.close, end)
    return ends
