"""The file system of a guest: a few read-only files in memory.

Names, arguments and error numbers are those of `wasi_snapshot_preview1`
(https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md). Descriptors 0 to 2 are the standard streams, 3 is
the root folder, regular files follow.
"""

import struct
from collections.abc import Mapping

from .memory import GuestMemory

SUCCESS, BADF, INVAL, MFILE, NOENT, ROFS = 0, 8, 28, 33, 44, 69
CHARACTER_DEVICE, DIRECTORY, REGULAR_FILE = 2, 3, 4
OPEN_DIRECTORY, OPEN_WRITING = 0b0010, 0b1101  # oflags of path_open: `directory`; `creat`, `excl`, `trunc`
ROOT_FD = 3
FILE_FDS = range(ROOT_FD + 1, ROOT_FD + 17)
PATH_BYTES = 256
NOWHERE = "\0"  # names no file
ALL_RIGHTS = 2**64 - 1


class OpenFile:
    """A file that the guest has opened, and how far it has read."""

    def __init__(self, data: bytes) -> None:
        """Start at the beginning."""
        self.data = data
        self.position = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes from the position on."""
        data = self.data[self.position : self.position + size]
        self.position += len(data)
        return data


class Files:
    """The functions of WASI that open, read and describe files.

    Args:
        files: The content of each file, by its path without the leading slash.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Nothing is open."""
        self._files = files
        self._folders = {""} | {path.rpartition("/")[0] for path in files}
        self._open: dict[int, OpenFile] = {}

    def fd_prestat_get(self, memory: GuestMemory, fd: int, prestat: int) -> int:
        """The root is the one folder that is open from the start."""
        if fd != ROOT_FD:
            return BADF
        memory.write(prestat, struct.pack("<II", 0, len("/")))
        return SUCCESS

    def fd_prestat_dir_name(self, memory: GuestMemory, fd: int, name: int, size: int) -> int:
        """The name of the root."""
        if fd != ROOT_FD or size < len("/"):
            return BADF
        memory.write(name, b"/")
        return SUCCESS

    def fd_fdstat_get(self, memory: GuestMemory, fd: int, stat: int) -> int:
        """The kind of a descriptor. Rights are not restricted here: no function grants anything."""
        if 0 <= fd < ROOT_FD:
            kind = CHARACTER_DEVICE
        elif fd == ROOT_FD:
            kind = DIRECTORY
        elif fd in self._open:
            kind = REGULAR_FILE
        else:
            return BADF
        memory.write(stat, struct.pack("<BxHxxxxQQ", kind, 0, ALL_RIGHTS, ALL_RIGHTS))
        return SUCCESS

    def path_filestat_get(self, memory: GuestMemory, fd: int, flags: int, path: int, size: int, stat: int) -> int:
        """The kind and the length of a file or folder; every time is zero."""
        name = self._path(memory, fd, path, size)
        if name in self._files:
            kind, length = REGULAR_FILE, len(self._files[name])
        elif name in self._folders:
            kind, length = DIRECTORY, 0
        else:
            return NOENT
        memory.write(stat, struct.pack("<QQBxxxxxxxQQQQQ", 0, 0, kind, 1, length, 0, 0, 0))
        return SUCCESS

    def path_readlink(
        self, memory: GuestMemory, fd: int, path: int, size: int, target: int, target_size: int, done: int
    ) -> int:
        """Nothing is a link (MicroPython asks when it resolves the path of the program)."""
        name = self._path(memory, fd, path, size)
        return INVAL if name in self._files or name in self._folders else NOENT

    def path_open(  # noqa: PLR0913 PLR0917, WASI fixes the arguments
        self,
        memory: GuestMemory,
        fd: int,
        lookup: int,
        path: int,
        size: int,
        oflags: int,
        rights: int,
        inherited: int,
        flags: int,
        opened: int,
    ) -> int:
        """Open a file for reading."""
        if oflags & OPEN_WRITING:
            return ROFS
        name = self._path(memory, fd, path, size)
        if name not in self._files or oflags & OPEN_DIRECTORY:
            return NOENT
        free = next((number for number in FILE_FDS if number not in self._open), None)
        if free is None:
            return MFILE
        self._open[free] = OpenFile(self._files[name])
        memory.write_u32(opened, free)
        return SUCCESS

    def fd_read(self, memory: GuestMemory, fd: int, buffers: int, count: int, done: int) -> int:
        """Read on in an open file."""
        file = self._open.get(fd)
        if file is None:
            return BADF
        start = file.position
        for address, size in memory.buffers(buffers, count):
            memory.write(address, file.read(size))
        memory.write_u32(done, file.position - start)
        return SUCCESS

    def fd_seek(self, memory: GuestMemory, fd: int, offset: int, whence: int, position: int) -> int:
        """Move in an open file."""
        file = self._open.get(fd)
        if file is None:
            return BADF
        origins = (0, file.position, len(file.data))
        if not 0 <= whence < len(origins) or not 0 <= origins[whence] + offset <= len(file.data):
            return INVAL
        file.position = origins[whence] + offset
        memory.write_u64(position, file.position)
        return SUCCESS

    def fd_close(self, memory: GuestMemory, fd: int) -> int:
        """Close an open file."""
        return BADF if self._open.pop(fd, None) is None else SUCCESS

    def refuse_change(self, memory: GuestMemory, *arguments: int) -> int:
        """Every function that would change a file or folder."""
        return ROFS

    def _path(self, memory: GuestMemory, fd: int, path: int, size: int) -> str:
        """A path below the root without `.` and empty parts, or `NOWHERE`.

        A path with `..` stays as it is and therefore names nothing.
        """
        if fd != ROOT_FD or not 0 <= size <= PATH_BYTES:
            return NOWHERE
        parts = memory.read(path, size).decode("utf-8", "replace").split("/")
        return "/".join(part for part in parts if part not in ("", "."))
