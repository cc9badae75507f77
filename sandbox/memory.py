"""Access to the memory of a guest."""

import struct
from collections.abc import Iterator

from wasmtime import Caller, Memory

ADDRESS = 0xFFFF_FFFF  # 32-bit addresses arrive as signed numbers
BUFFERS = 64  # most buffers in one read or write; wasi-libc sends two


class AddressError(Exception):
    """The guest named memory that it does not have."""


class GuestMemory:
    """Reads and writes with unsigned, checked addresses (wasmtime itself counts negative ones from the end).

    Every method raises `AddressError` where the guest named memory that it does not have.
    """

    def __init__(self, caller: Caller) -> None:
        """Find the memory of the guest that calls."""
        memory = caller["memory"]
        assert isinstance(memory, Memory)
        self._caller = caller
        self._memory = memory

    def read(self, address: int, size: int) -> bytes:
        """A copy of `size` bytes."""
        start, size = address & ADDRESS, size & ADDRESS
        self._check(start, size)
        return bytes(self._memory.read(self._caller, start, start + size))

    def write(self, address: int, data: bytes) -> None:
        """Copy bytes into the guest."""
        start = address & ADDRESS
        self._check(start, len(data))
        if data:
            self._memory.write(self._caller, data, start)

    def write_u32(self, address: int, value: int) -> None:
        """Write an unsigned 32-bit number."""
        self.write(address, struct.pack("<I", value & ADDRESS))

    def write_u64(self, address: int, value: int) -> None:
        """Write an unsigned 64-bit number."""
        self.write(address, struct.pack("<Q", value))

    def buffers(self, address: int, count: int) -> Iterator[tuple[int, int]]:
        """The (address, size) pairs of a vector of buffers."""
        if not 0 <= count <= BUFFERS:
            raise AddressError
        return struct.iter_unpack("<II", self.read(address, 8 * count))

    def _check(self, start: int, size: int) -> None:
        if start + size > self._memory.data_len(self._caller):
            raise AddressError
