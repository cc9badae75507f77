# ruff: noqa
# Calls the host with a name of a hundred kilobytes.
# ends as: TRACE_PROTOCOL
import host

host.call("result" * 20000, "1.0")
