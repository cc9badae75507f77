# ruff: noqa
# One large string joined to itself through a separator.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
part = "x" * 1000
kept = part.join([part] * 10**6)
