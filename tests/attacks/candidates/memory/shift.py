# ruff: noqa
# An integer shifted by ten billion bits.
# ends as: TRACE_ERROR
# in CPython: MemoryError
kept = 1 << 10**10
