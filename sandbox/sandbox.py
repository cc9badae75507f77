"""Traces candidates: the controller's side."""

import math
import threading
from collections.abc import Mapping
from dataclasses import replace
from keyword import iskeyword
from types import MappingProxyType, TracebackType
from typing import Self

from .failures import FailureCode, TraceFailure
from .limits import SandboxLimits
from .process import HostDiedError, HostingProcess, HostTimeoutError
from .protocol import parse_line, parse_result, request_files
from .rewrite import Rewritten, rewrite
from .splices import RewriteError
from .trace import RawTrace

ATTEMPTS = 2
NO_CONSTANTS: Mapping[str, float] = MappingProxyType({})


class Sandbox:
    """Turns the source of candidates into raw traces, in a process of its own that it restarts when that breaks.

    The process starts with the first trace (half a second) and ends with `close`; use it as a context manager. The
    methods may be called from several threads; traces run one after the other.

    Args:
        limits: What one candidate may use.
    """

    def __init__(self, limits: SandboxLimits | None = None) -> None:
        """No process runs yet."""
        self.limits = limits or SandboxLimits()
        self._lock = threading.Lock()
        self._process: HostingProcess | None = None
        self._closed = False

    def trace(
        self,
        source: str,
        *,
        inputs: tuple[str, ...] = ("y_true", "y_pred"),
        constants: Mapping[str, float] = NO_CONSTANTS,
        entry: str = "loss",
    ) -> RawTrace | TraceFailure:
        """Trace a candidate: a module that defines a loss.

        The loss is called as `loss(y_true, y_pred, **others)`, where `others` are the further inputs and the constants,
        as tensors that record. Of a subclass of `keras.losses.Loss`, `call` is called, on an instance that is made with
        the constants.

        Args:
            source: The text of the module.
            inputs: The names of the inputs. The first two have shape (batch, classes), others (classes,).
            constants: The named constants, which become scalars, and their defaults. A default decides where Python
                needs a number: in `if gamma > 0` and in `range(order)`.
            entry: The name of the loss in the module: a function, a callable, or a loss of Keras or its class.

        Returns:
            The trace, or why there is none. The same arguments give the same answer.

        Raises:
            SandboxError: The sandbox itself does not work.
            ValueError: Two names are equal or not names, a constant is not finite, there are fewer than two inputs,
                or the sandbox is closed.
        """
        candidate = self._prepared(source, inputs, constants, entry)
        if isinstance(candidate, TraceFailure):
            return candidate
        answer = self._run(request_files(candidate, inputs, constants, self.limits, entry=entry))
        if isinstance(answer, TraceFailure):
            return answer
        result = parse_result(answer, inputs, constants, self.limits)
        if isinstance(result, TraceFailure) and result.call is not None:
            line = self.locate(source, result.call, inputs=inputs, constants=constants, entry=entry)
            return replace(result, line=line)
        return result

    def locate(
        self,
        source: str,
        call: int,
        *,
        inputs: tuple[str, ...] = ("y_true", "y_pred"),
        constants: Mapping[str, float] = NO_CONSTANTS,
        entry: str = "loss",
    ) -> int | None:
        """The line of a candidate, counted from 1, that makes a recorded call; of nested functions the innermost.

        Args:
            source: As for `trace`, like the others.
            call: The index in `RawTrace.calls`.
            inputs: See `trace`.
            constants: See `trace`.
            entry: See `trace`.

        Returns:
            The line, or None where the candidate has no trace or does not let itself be stopped there.

        Raises:
            SandboxError: The sandbox itself does not work.
            ValueError: As for `trace`.
        """
        candidate = self._prepared(source, inputs, constants, entry)
        if isinstance(candidate, TraceFailure):
            return None
        answer = self._run(request_files(candidate, inputs, constants, self.limits, entry=entry, stop=call))
        return None if isinstance(answer, TraceFailure) else parse_line(answer)

    def close(self) -> None:
        """End the process. Closing twice is harmless; a trace that runs is waited for."""
        with self._lock:
            self._closed = True
            self._discard()

    @property
    def pid(self) -> int | None:
        """The id of the hosting process, or None where none runs."""
        process = self._process
        return process.pid if process else None

    def __enter__(self) -> Self:
        """The sandbox itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _prepared(
        self, source: str, inputs: tuple[str, ...], constants: Mapping[str, float], entry: str
    ) -> Rewritten | TraceFailure:
        """The candidate as the guest runs it."""
        _check_names((*inputs, *constants), len(inputs))
        for name, value in constants.items():
            if not abs(value) < math.inf:
                raise ValueError(f"the constant `{name}` must be a finite number, received {value}")
        if not entry.isidentifier():
            raise ValueError(f"`{entry}` is not the name of a loss")
        size = len(source.encode("utf-8", "surrogatepass"))
        if size > self.limits.source_bytes:
            return TraceFailure(
                FailureCode.SIZE,
                f"the source has {size} bytes; expected {self.limits.source_bytes} at most: write a shorter loss",
            )
        try:
            source.encode()
            return rewrite(source)
        except UnicodeEncodeError as error:
            line = source.count("\n", 0, error.start) + 1
            return TraceFailure(FailureCode.ERROR, "the source is not Unicode text (half a surrogate pair)", line)
        except RewriteError as error:
            return TraceFailure(FailureCode.ERROR, str(error), error.line)

    def _run(self, files: dict[str, str]) -> bytes | TraceFailure:
        """What the guest sent."""
        with self._lock:
            if self._closed:
                raise ValueError("the sandbox is closed; make another one")
            return self._ask(files)

    def _ask(self, files: dict[str, str]) -> bytes | TraceFailure:
        """What the guest sent; a process that dies is replaced and asked once more."""
        trouble = ""
        for _ in range(ATTEMPTS):
            process = self._process = self._process or HostingProcess(self.limits)
            usable = False
            try:
                code, message, payload = process.run(files)
                usable = True
            except HostTimeoutError as error:
                return TraceFailure(FailureCode.TIME, f"the candidate does not come to an end: {error}; remove loops")
            except HostDiedError as error:
                trouble = str(error)
                continue
            finally:
                if not usable:
                    self._discard()
            return payload if code is None else TraceFailure(code, message)
        return TraceFailure(
            FailureCode.CRASH,
            f"the hosting process broke down {ATTEMPTS} times on this candidate: {trouble}; write the loss more simply",
        )

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process:
            process.close()


def _check_names(names: tuple[str, ...], inputs: int) -> None:
    if inputs < 2:
        raise ValueError(f"a loss has two inputs or more, received {inputs}")
    if len(set(names)) != len(names):
        raise ValueError(f"the names of inputs and constants must differ, received {names}")
    for name in names:
        if not name.isidentifier() or iskeyword(name):
            raise ValueError(f"`{name}` is not a name for an argument of a loss")
