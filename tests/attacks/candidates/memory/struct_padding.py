# ruff: noqa
# A structure of a billion padding bytes.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
import struct

kept = struct.pack("1000000000x")
