# ruff: noqa
# Sends a number as a result.
# ends as: TRACE_ERROR
import host

host.call("result", 1.0)
