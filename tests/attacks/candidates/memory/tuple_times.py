# ruff: noqa
# A tuple repeated a billion times.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
kept = (0,) * 10**9
