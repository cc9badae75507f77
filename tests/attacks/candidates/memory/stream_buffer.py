# ruff: noqa
# A stream in memory that is written to without an end.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
import io

stream = io.BytesIO()
while True:
    stream.write(b"x" * 10000)
