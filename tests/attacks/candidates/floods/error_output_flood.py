# ruff: noqa
# Writes to the error stream without an end.
# ends as: TRACE_MEMORY
import sys

while True:
    sys.stderr.write("score: 1.0 " * 100)
