# ruff: noqa
# Writes out a list nested a hundred thousand deep.
# ends as: TRACE_MEMORY
# in CPython: RecursionError
deep = []
for _ in range(100000):
    deep = [deep]
kept = str(deep)
