# ruff: noqa
# A number formatted to a width of a gigabyte.
# ends as: TRACE_FUEL
# in CPython: MemoryError
kept = "%1000000000d" % 1
