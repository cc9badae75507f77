# ruff: noqa
# A replacement that makes each character a hundred kilobytes.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
kept = ("a" * 10000).replace("a", "b" * 100000)
