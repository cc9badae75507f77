# ruff: noqa
# Prints without an end.
# ends as: TRACE_SIZE
while True:
    print("score: 1.0 " * 100)
