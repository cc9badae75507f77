# ruff: noqa
# A list of a billion numbers.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
kept = list(range(10**9))
