# ruff: noqa
# Calls the host with an empty name.
# ends as: TRACE_PROTOCOL
import host

host.call("", "1.0")
