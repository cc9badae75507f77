"""Messages over a pipe: four bytes of length, then so many bytes."""

import struct
from typing import IO

HEAD = struct.Struct(">I")
UNUSABLE = "unusable"  # the code of a reply after which the hosting process ends: this machine cannot run guests


class FrameError(Exception):
    """The pipe ended inside a message, or the message is longer than allowed."""


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Send one message.

    Raises:
        OSError: Nobody reads the pipe any more.
    """
    stream.write(HEAD.pack(len(data)) + data)
    stream.flush()


def read_frame(stream: IO[bytes], most: int) -> bytes | None:
    """Receive one message; None at the end of the stream.

    Args:
        stream: A blocking, buffered stream.
        most: The longest message to accept, in bytes.

    Raises:
        FrameError: See the class.
    """
    head = stream.read(HEAD.size)
    if not head:
        return None
    if len(head) < HEAD.size:
        raise FrameError("the pipe ended inside the length of a message")
    (size,) = HEAD.unpack(head)
    if size > most:
        raise FrameError(f"a message of {size} bytes; expected {most} at most")
    data = stream.read(size)
    if len(data) < size:
        raise FrameError(f"the pipe ended after {len(data)} of {size} bytes")
    return data
