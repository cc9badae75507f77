# ruff: noqa
# A dictionary of ever longer keys.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
kept = {}
key = "k"
while True:
    key = key + key
    kept[key] = key
