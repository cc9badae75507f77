"""The world that a guest sees: the functions which the MicroPython artefact imports, and nothing behind them.

A `World` is made for one candidate and thrown away with it: read-only files in memory, a clock that stands still, and
one slot for the result. No function here reaches the machine. Output is dropped; sleeping is an error.
"""

from collections.abc import Callable, Mapping

from wasmtime import Caller, FuncType, Linker, Module

from .failures import FailureCode
from .files import SUCCESS, Files
from .memory import AddressError, GuestMemory

FAULT, NOTSUP = 21, 58
STREAMS = (1, 2)
RESULT_NAME = b"result"
REPLY_BYTES = 64  # what the guest reserves for the reply to its host call, which is always empty


class GuestExitError(Exception):
    """The guest ended itself."""

    def __init__(self, status: int) -> None:
        """Keep the exit status."""
        super().__init__(f"the guest ended with status {status}")
        self.status = status


class GuestRefusedError(Exception):
    """The guest broke a rule of its world: `code` says which, the message says how."""

    def __init__(self, code: FailureCode, message: str) -> None:
        """Keep the code."""
        super().__init__(message)
        self.code = code


class World(Files):
    """Everything that one guest can see and do.

    Args:
        files: The content of each file, by its path without the leading slash.
        arguments: The command line of the guest, program name first.
        host_calls: How many imported functions the guest may call.
        result_bytes: How long its result may be.
    """

    def __init__(
        self, files: Mapping[str, bytes], arguments: tuple[str, ...], *, host_calls: int, result_bytes: int
    ) -> None:
        """No result yet."""
        super().__init__(files)
        self.result: bytes | None = None
        self._arguments = [argument.encode() + b"\0" for argument in arguments]
        self._host_calls = host_calls
        self._calls = 0
        self._result_bytes = result_bytes

    def count_call(self) -> None:
        """Count one call of an imported function.

        Raises:
            GuestRefusedError: The guest has already made all the calls that it may make.
        """
        self._calls += 1
        if self._calls > self._host_calls:
            raise GuestRefusedError(
                FailureCode.SIZE,
                f"the candidate prints, opens or imports too often: {self._host_calls} system calls at most",
            )

    def host_call(
        self, memory: GuestMemory, name: int, name_size: int, data: int, size: int, reply: int, reply_size: int
    ) -> int:
        """Take the result: the one thing that leaves a guest.

        Raises:
            GuestRefusedError: It is too long, it is the second one, or another function was called.
        """
        if name_size != len(RESULT_NAME) or memory.read(name, name_size) != RESULT_NAME:
            raise GuestRefusedError(FailureCode.PROTOCOL, "the candidate called a host function that does not exist")
        if self.result is not None:
            raise GuestRefusedError(
                FailureCode.PROTOCOL, "the candidate sent a result of its own; only the recorder may send one"
            )
        if not 0 <= size <= self._result_bytes:
            raise GuestRefusedError(
                FailureCode.SIZE,
                f"the recorded trace is too long: {size} bytes, {self._result_bytes} at most; use fewer operations",
            )
        self.result = memory.read(data, size)
        return 0

    def host_result_cap(self, memory: GuestMemory) -> int:
        """How much the guest reserves for the reply to `host_call`."""
        return REPLY_BYTES

    def args_sizes_get(self, memory: GuestMemory, count: int, size: int) -> int:
        """The number of arguments and their length."""
        memory.write_u32(count, len(self._arguments))
        memory.write_u32(size, sum(map(len, self._arguments)))
        return SUCCESS

    def args_get(self, memory: GuestMemory, pointers: int, text: int) -> int:
        """The arguments."""
        for index, argument in enumerate(self._arguments):
            memory.write_u32(pointers + 4 * index, text)
            memory.write(text, argument)
            text += len(argument)
        return SUCCESS

    def environ_sizes_get(self, memory: GuestMemory, count: int, size: int) -> int:
        """The environment is empty."""
        memory.write_u32(count, 0)
        memory.write_u32(size, 0)
        return SUCCESS

    def environ_get(self, memory: GuestMemory, pointers: int, text: int) -> int:
        """The environment is empty."""
        return SUCCESS

    def clock_time_get(self, memory: GuestMemory, clock: int, precision: int, time: int) -> int:
        """The clock stands still, so that no trace depends on the time."""
        memory.write_u64(time, 0)
        return SUCCESS

    def fd_write(self, memory: GuestMemory, fd: int, buffers: int, count: int, done: int) -> int:
        """Accept output and drop it."""
        if fd not in STREAMS:
            return NOTSUP
        memory.write_u32(done, sum(size for _, size in memory.buffers(buffers, count)))
        return SUCCESS

    def proc_exit(self, memory: GuestMemory, status: int) -> None:
        """End the guest."""
        raise GuestExitError(status)

    def sched_yield(self, memory: GuestMemory) -> int:
        """There is nobody to yield to."""
        return SUCCESS

    def refuse(self, memory: GuestMemory, *arguments: int) -> int:
        """Sleeping, syncing, listing a folder."""
        return NOTSUP


IMPORTS: Mapping[str, Callable[..., int | None]] = {
    "host_call": World.host_call,
    "host_result_cap": World.host_result_cap,
    "args_get": World.args_get,
    "args_sizes_get": World.args_sizes_get,
    "environ_get": World.environ_get,
    "environ_sizes_get": World.environ_sizes_get,
    "clock_time_get": World.clock_time_get,
    "fd_close": World.fd_close,
    "fd_fdstat_get": World.fd_fdstat_get,
    "fd_prestat_get": World.fd_prestat_get,
    "fd_prestat_dir_name": World.fd_prestat_dir_name,
    "fd_read": World.fd_read,
    "fd_readdir": World.refuse,
    "fd_seek": World.fd_seek,
    "fd_sync": World.refuse,
    "fd_write": World.fd_write,
    "path_create_directory": World.refuse_change,
    "path_filestat_get": World.path_filestat_get,
    "path_open": World.path_open,
    "path_readlink": World.path_readlink,
    "path_remove_directory": World.refuse_change,
    "path_rename": World.refuse_change,
    "path_unlink_file": World.refuse_change,
    "poll_oneoff": World.refuse,
    "proc_exit": World.proc_exit,
    "sched_yield": World.sched_yield,
}


def define_imports(linker: Linker, module: Module, world: Callable[[], World]) -> None:
    """Define every import of the module as a method of the world of the moment.

    Args:
        linker: Where the functions are defined, once for all guests.
        module: The artefact.
        world: Returns the world of the guest that is running.

    Raises:
        KeyError: The module imports a function that has no counterpart here.
    """
    for wanted in module.imports:
        assert isinstance(wanted.type, FuncType)
        name = str(wanted.name)
        linker.define_func(wanted.module, name, wanted.type, _entry(IMPORTS[name], world), access_caller=True)


def _entry(function: Callable[..., int | None], world: Callable[[], World]) -> Callable[..., int | None]:
    """The function as WebAssembly calls it."""

    def entry(caller: Caller, *arguments: int) -> int | None:
        current = world()
        current.count_call()
        try:
            return function(current, GuestMemory(caller), *arguments)
        except AddressError:
            return FAULT

    return entry
