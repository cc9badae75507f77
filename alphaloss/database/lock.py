"""One writer a run: a file lock that the operating system drops with its owner, however the owner ends."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from alphaloss.errors import UsageError


class RunLock:
    """The right to write to a run, held from construction to `release`.

    `flock` belongs to the open file: a second opener is refused even within one process, and a SIGKILL frees it.
    Started programs do not inherit the descriptor, so a worker that outlives its controller does not hold the
    lock. The file stays: if it were removed, two owners could hold two files of one name.
    """

    def __init__(self, path: Path) -> None:
        """Takes the lock file at `path`, making it if needed.

        Raises:
            UsageError: another writer holds it; the sentence names its pid and host.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._descriptor, 1000, 0).decode(errors="replace").strip() or "another process"
            os.close(self._descriptor)
            raise UsageError(
                f"the run in `{path.parent}` has a writer already: {owner}; expected none. "
                "Wait for it or stop it, or choose another run."
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"pid {os.getpid()} on host {socket.gethostname()}\n".encode(), 0)

    def release(self) -> None:
        """Lets the next writer in."""
        os.close(self._descriptor)
