# ruff: noqa
# Bytes for a gigabyte, asked for at once.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
kept = bytearray(10**9)
