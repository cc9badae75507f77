# ruff: noqa
# Sends a result of a megabyte.
# ends as: TRACE_SIZE
import host

host.call("result", "x" * 10**6)
