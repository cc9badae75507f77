# ruff: noqa
# A string that grows by its own length.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
text = "ab"
while True:
    text = text + text
