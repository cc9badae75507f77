# ruff: noqa
# Calls a function of the host that does not exist.
# ends as: TRACE_PROTOCOL
import host

host.call("set_score", "1.0")
