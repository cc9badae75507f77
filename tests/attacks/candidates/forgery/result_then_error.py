# ruff: noqa
# Sends a result and raises.
# ends as: TRACE_PROTOCOL
import host

host.call("result", '{"output": {"ref": 0}, "calls": []}')
raise ValueError
