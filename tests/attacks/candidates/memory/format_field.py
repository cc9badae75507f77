# ruff: noqa
# A format field whose width is a gigabyte.
# ends as: TRACE_FUEL
# in CPython: MemoryError
kept = "{:>1000000000}".format(1)
