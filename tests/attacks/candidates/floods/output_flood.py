# ruff: noqa
# Prints without an end.
# ends as: TRACE_SIZE
# in CPython: SIGPROF
while True:
    print("score: 1.0 " * 100)
